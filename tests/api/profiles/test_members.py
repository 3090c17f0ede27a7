"""Members of a segment with who they are."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.api.conftest import START_MS, Api, Tenant

CONSENT: dict[str, Any] = {"context": {"consent": {"categoryPreferences": {"advertising": True}}}}


def customer(tenant: Tenant, user: str, email: str) -> bytes:
    return tenant.event(
        event="Order Completed",
        userId=user,
        at_ms=START_MS,
        properties={"revenue": 19.99, "currency": "USD"},
        context=CONSENT["context"] | {"traits": {"email": email}},
    )


def seeded(tenant: Tenant, api: Api, people: int) -> int:
    tenant.feed(*(customer(tenant, f"u{n}", f"u{n}@example.com") for n in range(people)))
    segment: int = api.get("/cdp/segments")["items"][0]["id"]
    return segment


def who(member: Any) -> str:
    user: str = next(
        each["value"] for each in member["person"]["identifiers"] if each["kind"] == "user_id"
    )
    return user


def test_members_come_with_the_person(tenant: Tenant, api: Api) -> None:
    segment = seeded(tenant, api, 1)

    (member,) = api.get(f"/cdp/segments/{segment}/members")["items"]

    (listed,) = api.get("/cdp/profiles")["items"]
    assert member["person"] == listed
    assert member["profile_id"] == listed["id"]
    assert member["person"]["revenue"][0]["amount"] == "19.99"


def test_members_are_found_by_the_beginning_of_any_identifier_once_each(
    tenant: Tenant, api: Api
) -> None:
    segment = seeded(tenant, api, 12)
    tenant.feed(tenant.event("identify", userId="u99"))
    path = f"/cdp/segments/{segment}/members"

    assert [who(member) for member in api.everything(path, search="U11@EXAMPLE")] == ["u11"]
    assert api.everything(path, search="u99") == []
    assert sorted(who(one) for one in api.everything(path, search="u1", limit=1)) == [
        "u1",
        "u10",
        "u11",
    ]
    assert sorted(who(one) for one in api.everything(path, limit=5)) == sorted(
        f"u{n}" for n in range(12)
    )


def test_a_page_of_members_takes_as_many_statements_for_one_as_for_many(
    tenant: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/cdp/segments/{seeded(tenant, api, 40)}/members"
    api.get(path)  # names of segments are known from here on
    executed: list[object] = []
    execute = psycopg.AsyncCursor.execute

    async def counted(cursor: Any, query: Any, *args: Any, **options: Any) -> Any:
        executed.append(query)
        return await execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)

    def statements(limit: int, **asked: Any) -> int:
        executed.clear()
        assert len(api.get(path, limit=limit, **asked)["items"]) == limit
        return len(executed)

    assert 0 < statements(1) == statements(40)
    # A search looks again, at more rows, where a page is short: twice at most for so few people.
    assert statements(40, search="u") <= statements(1, search="u") + 4


def test_a_cursor_of_members_belongs_to_its_search(tenant: Tenant, api: Api) -> None:
    path = f"/cdp/segments/{seeded(tenant, api, 4)}/members"
    plain = api.get(path, limit=1)["next"]
    searched = api.get(path, limit=1, search="u")["next"]

    api.get(path, cursor=plain, search="u", expect=400)
    api.get(path, cursor=searched, expect=400)
    refusal = api.get(path, cursor=searched, search="u1", expect=400)
    assert "another search" in refusal["detail"]


def test_members_of_another_workspaces_segment_are_not_found(
    tenant: Tenant, tenants: Callable[[str], Tenant], asks: Callable[[str], Api], api: Api
) -> None:
    segment = seeded(tenant, api, 1)

    other = asks(tenants("second").read)

    other.get(f"/cdp/segments/{segment}/members", search="u", expect=404)
