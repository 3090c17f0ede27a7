"""Lifting the ban of a link: the people that an unmerge parted are one again, also at a replay."""

import time
from collections.abc import Callable

import pytest
from psycopg import OperationalError

from config.settings import Settings
from tests.api.conftest import START_MS, Api, Tenant
from tests.api.profiles.test_cache import drop
from tests.api.test_identity import family, person

EMAIL = {"kind": "email", "value": "family@example.com"}
CHILD = {"kind": "anonymous_id", "value": "a1"}
USER = {"kind": "user_id", "value": "u1"}


Feed = Callable[..., None]


@pytest.fixture
def feed(tenant: Tenant, settings: Settings) -> Feed:
    """Commits records as the engine does: what readers know of whom they change is dropped."""

    def commit(*records: bytes) -> None:
        changed = [facts for facts in tenant.feed(*records) if facts.profiles]
        if changed:
            drop(settings, changed)

    return commit


def parted(tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]) -> list[bytes]:
    """The child is taken out of the family; answers the command's record."""
    family(tenant)
    whole = person(api, "user_id", "u1")
    api.post(f"/cdp/profiles/{whole}/unmerge", {"identifiers": [CHILD], "reason": "the daughter"})
    records = drain()
    tenant.feed(*records)
    assert person(api, "anonymous_id", "a1") != person(api, "user_id", "u1")
    return records


def test_a_lifted_ban_makes_them_one_person_again(
    tenant: Tenant, api: Api, feed: Feed, drain: Callable[[], list[bytes]]
) -> None:
    banned = parted(tenant, api, drain)

    accepted = api.post("/cdp/links/allow", {"links": [[CHILD, EMAIL]], "reason": "the mother"})
    command = f"/cdp/commands/{accepted['command_id']}"

    assert [{end["value"] for end in pair} for pair in accepted["links"]] == [
        {"family@example.com", "a1"}
    ]
    assert api.get(command)["status"] == "pending"
    lifted = drain()
    feed(*lifted)
    said = api.get(command)
    assert (said["kind"], said["status"]) == ("allow", "processed")
    whole = person(api, "user_id", "u1")
    assert whole == person(api, "anonymous_id", "a1")
    graph = api.get(f"/cdp/profiles/{whole}/graph")
    assert {(link["status"], link["reason"]) for link in graph["links"]} == {("linked", "")}
    (entry,) = api.get("/cdp/audit", action="allow")["items"]
    assert entry["detail"]["reason"] == "the mother"
    assert entry["subject"] == said["subject"]
    newest = api.get(f"/cdp/profiles/{whole}/merges")["items"][0]
    assert (newest["kind"], newest["cause"]["type"]) == ("merge", "allow")
    assert newest["cause"]["message_id"] == accepted["command_id"]
    feed(*lifted, *banned)  # delivered again, in the wrong order
    assert person(api, "user_id", "u1") == person(api, "anonymous_id", "a1")


def test_a_process_whose_clock_is_behind_gives_no_earlier_commands(
    tenant: Tenant,
    api: Api,
    feed: Feed,
    drain: Callable[[], list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parted(tenant, api, drain)
    clock = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: clock() - 3_600 * 10**9)
    api.post("/cdp/links/allow", {"links": [[CHILD, EMAIL]], "reason": "the mother"})
    monkeypatch.undo()
    feed(*drain())

    assert person(api, "user_id", "u1") == person(api, "anonymous_id", "a1")


def test_of_two_commands_the_later_one_counts_in_whatever_order_they_are_read(
    tenant: Tenant, api: Api, feed: Feed, drain: Callable[[], list[bytes]]
) -> None:
    parted(tenant, api, drain)
    api.post("/cdp/links/allow", {"links": [[CHILD, EMAIL]], "reason": "the mother"})
    feed(*drain())
    whole = person(api, "user_id", "u1")
    again = {"links": [[CHILD, EMAIL]], "reason": "the daughter after all"}
    api.post(f"/cdp/profiles/{whole}/unmerge", again)
    ban = drain()
    feed(*ban)
    api.post("/cdp/links/allow", {"links": [[EMAIL, CHILD]], "reason": "no, the mother"})
    lift = drain()
    api.post("/cdp/links/allow", {"links": [[EMAIL, CHILD]], "reason": "meant once"})
    twice = drain()

    feed(*twice)
    feed(*lift)

    assert person(api, "user_id", "u1") == person(api, "anonymous_id", "a1")
    api.post("/cdp/links/allow", again, 409)


def test_what_was_said_during_a_ban_counts_when_it_is_lifted(
    tenant: Tenant, api: Api, feed: Feed, drain: Callable[[], list[bytes]]
) -> None:
    parted(tenant, api, drain)
    feed(
        tenant.event(
            "identify", START_MS - 5, anonymousId="a1", messageId="before",
            traits={"email": "family@example.com"},
        )
    )  # fmt: skip
    api.post("/cdp/links/allow", {"links": [[CHILD, EMAIL]], "reason": "the mother"})
    feed(*drain())

    graph = api.get(f"/cdp/profiles/{person(api, 'user_id', 'u1')}/graph")

    assert min(link["stated_at"] for link in graph["links"]) == "2026-09-21T14:13:19.995000Z"


def test_a_command_that_lifts_no_ban_is_refused_and_does_nothing(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    parted(tenant, api, drain)
    before = len(api.get("/cdp/audit")["items"])

    for body, status in (
        ({"links": [[USER, EMAIL]], "reason": "a mistake"}, 409),
        ({"links": [[CHILD, EMAIL], [USER, EMAIL]], "reason": "a mistake"}, 409),
        ({"links": [[USER, CHILD]], "reason": "a mistake"}, 422),
        ({"links": [[CHILD, CHILD]], "reason": "a mistake"}, 422),
        ({"links": [[CHILD, EMAIL]], "reason": ""}, 422),
        ({"links": [[CHILD, EMAIL]]}, 422),
        ({"links": [], "reason": "a mistake"}, 422),
        ({"links": [[CHILD, {"kind": "email"}]], "reason": "a mistake"}, 422),
    ):
        api.post("/cdp/links/allow", body, status)

    assert drain() == []
    assert len(api.get("/cdp/audit")["items"]) == before


def test_lifting_a_ban_needs_the_admin_scope(
    tenant: Tenant, api: Api, asks: Callable[[str], Api], drain: Callable[[], list[bytes]]
) -> None:
    parted(tenant, api, drain)
    body = {"links": [[CHILD, EMAIL]], "reason": "a mistake"}

    asks(tenant.write).post("/cdp/links/allow", body, 403)


def test_a_command_is_not_found_under_another_kind(
    tenant: Tenant, api: Api, drain: Callable[[], list[bytes]]
) -> None:
    parted(tenant, api, drain)
    body = {"links": [[CHILD, EMAIL]], "reason": "a mistake"}
    command = api.post("/cdp/links/allow", body)["command_id"]

    api.get(f"/cdp/commands/{command.replace('allow', 'unmerge')}", 404)
    api.get(f"/cdp/commands/{command}")


def test_another_workspace_lifts_no_ban_by_the_keys_of_identifiers(
    tenant: Tenant,
    api: Api,
    drain: Callable[[], list[bytes]],
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
) -> None:
    parted(tenant, api, drain)
    graph = api.get(f"/cdp/profiles/{person(api, 'user_id', 'u1')}/graph")
    (banned,) = (link for link in graph["links"] if link["status"] == "banned")
    keys = [{"key": banned[end]["key"]} for end in ("a", "b")]
    body = {"links": [keys], "reason": "theft"}

    asks(tenants("second").admin).post("/cdp/links/allow", body, 422)

    assert drain() == []
    api.post("/cdp/links/allow", body, 202)


def test_a_command_that_is_in_the_audit_log_needs_the_database_no_more(
    tenant: Tenant,
    api: Api,
    drain: Callable[[], list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    family(tenant)
    whole = person(api, "user_id", "u1")

    async def away(*_: object) -> None:
        raise OperationalError("the server went away")

    monkeypatch.setattr("store.audit.read.by_id", away)
    wish = {"identifiers": [CHILD], "reason": "the daughter"}
    given = api.post(f"/cdp/profiles/{whole}/unmerge", wish)["command_id"]

    (record,) = drain()
    assert given.encode() in record
