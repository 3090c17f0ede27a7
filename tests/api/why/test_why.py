"""Why somebody is in a segment: every answer is checked against what it cites, and against what
then happens."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from domain.instants import to_ms
from tests.api.conftest import START_MS, Api, Tenant

CONSENT = {"consent": {"categoryPreferences": {"advertising": True}}}
BOUGHT_TWICE = {
    "type": "event",
    "event": {"name": "Order Completed"},
    "window": "30d",
    "condition": {"op": "at_least", "value": 2},
}
GOLD = {"type": "trait", "name": "plan", "condition": {"op": "equals", "value": "gold"}}


@pytest.fixture
def live(api: Api) -> Callable[[Any], int]:
    """Publishes a rule."""

    def publish(rule: Any) -> int:
        made = api.post(
            "/cdp/segments", {"name": f"segment {time.monotonic_ns()}", "rule": rule}, 201
        )["id"]
        api.post(f"/cdp/segments/{made}/publish")
        return int(made)

    return publish


def why(api: Api, segment: int, expect: int = 200, user: str = "u1", **params: str) -> Any:
    profile = api.get("/cdp/profiles/lookup", kind="user_id", value=user)["id"]
    return api.get(f"/cdp/profiles/{profile}/segments/{segment}/why", expect, **params)


def ms(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_each_node_shows_its_answer_its_value_and_the_events_that_count(
    tenant: Tenant, api: Api, live: Callable[[Any], int]
) -> None:
    segment = live({"type": "all", "of": [GOLD, BOUGHT_TWICE]})
    recent = now_ms() - 3_600_000
    tenant.feed(
        tenant.event("identify", recent, userId="u1", traits={"plan": "gold"}),
        tenant.event(event="Order Completed", at_ms=recent + 1, userId="u1", messageId="first"),
        tenant.event(event="Order Completed", at_ms=recent + 2, userId="u1", messageId="second"),
        tenant.event(
            event="Order Completed",
            at_ms=recent - 40 * 86_400_000,
            userId="u1",
            messageId="too long ago",
        ),
    )

    answer = why(api, segment)

    assert (answer["member"], answer["member_stored"], answer["flips_exactly"]) == (
        True,
        True,
        True,
    )
    trait, bought = answer["why"]["of"]
    assert (trait["holds"], trait["value"], trait["decides"], trait["changes_at"]) == (
        True,
        "gold",
        True,
        None,
    )
    assert trait["says"] == "the trait plan is “gold”"
    assert (bought["holds"], bought["value"], bought["decides"], bought["events_total"]) == (
        True,
        2,
        True,
        2,
    )
    assert [event["message_id"] for event in bought["events"]] == [
        "second",
        "first",
    ], "newest first, and only those that count"
    until = min(ms(event["counts_until"]) for event in bought["events"])
    assert ms(answer["flips_at"]) == until == ms(bought["changes_at"]), (
        "without the older one there is one too few"
    )


def test_the_answer_at_the_flip_is_the_other_one_and_not_before(
    tenant: Tenant, api: Api, live: Callable[[Any], int]
) -> None:
    segment = live({"type": "not", "of": BOUGHT_TWICE})
    recent = now_ms() - 86_400_000
    tenant.feed(
        *(
            tenant.event(event="Order Completed", at_ms=recent + number, userId="u1")
            for number in range(3)
        )
    )

    flips = ms(why(api, segment)["flips_at"])
    before, then = (
        datetime.fromtimestamp(at / 1000).astimezone().isoformat() for at in (flips - 1, flips)
    )

    assert [why(api, segment, at=at)["member"] for at in (before, then)] == [False, True]


def test_what_would_change_it_is_marked(
    tenant: Tenant, api: Api, live: Callable[[Any], int]
) -> None:
    segment = live(
        {"type": "any", "of": [GOLD, BOUGHT_TWICE, {"type": "identifier", "kind": "email"}]}
    )
    tenant.feed(tenant.event("identify", userId="u1", traits={"plan": "gold"}))

    only = why(api, segment)
    assert [node["decides"] for node in only["why"]["of"]] == [True, False, False]
    assert only["flips_at"] is None

    tenant.feed(
        tenant.event("identify", START_MS + 1, userId="u1", traits={"email": "u1@example.com"})
    )
    assert [node["decides"] for node in why(api, segment)["why"]["of"]] == [
        False,
        False,
        False,
    ], "two hold: neither alone decides"


def test_what_cannot_be_explained_says_so(
    tenant: Tenant, api: Api, live: Callable[[Any], int]
) -> None:
    segment = live(GOLD)
    tenant.feed(tenant.event("identify", userId="u1", traits={"plan": "gold"}))

    assert "segment" in why(api, 999, 404)["detail"].lower()
    nobody = "00000000-0000-0000-0000-000000000000"
    assert (
        "profile"
        in api.get(f"/cdp/profiles/{nobody}/segments/{segment}/why", 404)["detail"].lower()
    )
    api.post(f"/cdp/segments/{segment}/pause")
    assert "resume" in _settled(lambda: why_any(api, segment))["detail"].lower()


def why_any(api: Api, segment: int) -> Any:
    profile = api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["id"]
    return api.http.get(f"/cdp/profiles/{profile}/segments/{segment}/why").json()


def _settled(ask: Callable[[], Any]) -> Any:
    """The answer once the API has read the definitions again, which it does every second."""
    deadline = time.monotonic() + 30
    while "detail" not in (answer := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer
