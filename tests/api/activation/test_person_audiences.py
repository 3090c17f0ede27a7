"""Where one person is on a platform's list, and why or why not."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from config.settings import Settings
from tests.api.conftest import Api, Tenant

CONSENT = {"consent": {"categoryPreferences": {"advertising": True}}}


@pytest.fixture
def audience(asks: Callable[[str], Api], tenant: Tenant) -> int:
    operator = asks(tenant.write)
    (segment,) = operator.get("/cdp/segments")["items"]
    body = {
        "segment_id": segment["id"],
        "platform": "meta",
        "name": "Customers",
        "interval_s": 7200,
    }
    return int(operator.post("/cdp/audience-sync/audiences", body, expect=201)["id"])


@pytest.fixture
def person(tenant: Tenant, api: Api) -> Callable[..., str]:
    """A customer; gives the profile's id."""

    def make(user: str, consents: bool = True, email: bool = True) -> str:
        context: dict[str, Any] = dict(CONSENT) if consents else {}
        if email:
            context["traits"] = {"email": f"{user}@example.com"}
        tenant.feed(tenant.event(event="Order Completed", userId=user, context=context))
        return str(api.get("/cdp/profiles/lookup", kind="user_id", value=user)["id"])

    return make


def found(api: Api, profile: str) -> tuple[str, str]:
    (one,) = api.get(f"/cdp/profiles/{profile}/audiences")
    return one["state"], one["reason"]


def test_why_a_person_is_on_a_list_or_not(
    api: Api, audience: int, person: Callable[..., str], settings: Settings
) -> None:
    member, silent = person("mary"), person("sam", consents=False)
    assert found(api, member) == ("not_on_the_list", "next_push")
    assert found(api, silent) == ("not_on_the_list", "not_a_member")
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute(
            "INSERT INTO audience_members VALUES (%s, %s, '[]', 'present', now())",
            (audience, UUID(member)),
        )
        assert found(api, member) == ("on_the_list", "member")
        conn.execute("UPDATE audience_members SET state = 'refused'")
        assert found(api, member) == ("refused", "refused_by_platform")
        conn.execute("DELETE FROM audience_members")
        conn.execute("UPDATE audiences SET holdout_percent = 90, intent = 'x'")
        held = api.get(f"/cdp/profiles/{member}/audiences")[0]["held_out"]
        assert found(api, member)[1] == ("held_out" if held else "next_push")
        conn.execute("UPDATE audiences SET holdout_percent = 0, status = 'paused'")
        assert found(api, member) == ("not_on_the_list", "audience_inactive")


@pytest.mark.usefixtures("audience")
def test_a_member_with_nothing_to_match_on(api: Api, person: Callable[..., str]) -> None:
    assert found(api, person("mary", email=False)) == ("not_on_the_list", "no_identifier")
