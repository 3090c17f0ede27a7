"""Why somebody would be in by a rule that is not live: what its segment will say once it is."""

import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI

from api.web.concurrency import ConcurrencyLimit
from domain.ids import SegmentId
from store.unify import history
from tests.api.conftest import Api, Tenant
from tests.support.rules_generators import rules

BOUGHT = {"type": "event", "event": {"name": "Order Completed"}, "window": "30d"}
NEVER_THERE = "00000000-0000-0000-0000-000000000000"
ASKED = 25
OF_THE_SEGMENT = ("segment_id", "segment", "version", "member_stored")


@pytest.fixture
def person(tenant: Tenant, api: Api) -> str:
    """Somebody of whom much is known."""
    rng, now_ms = random.Random(7), time.time_ns() // 1_000_000
    tenant.feed(
        tenant.event("identify", now_ms, userId="u1", traits={"plan": "pro", "age": 2}),
        *(
            tenant.event(
                event=rng.choice(("Viewed", "Clicked", "Order Completed")),
                at_ms=now_ms - rng.randrange(70 * 86_400_000),
                userId="u1",
                properties={"amount": rng.choice((0, 1, 2.5)), "sku": rng.choice("abc")},
            )
            for _ in range(40)
        ),
    )
    return str(api.get("/cdp/profiles/lookup", kind="user_id", value="u1")["id"])


def _publish(api: Api, name: str, rule: Any) -> int:
    made = int(api.post("/cdp/segments", {"name": name, "rule": rule}, 201)["id"])
    api.post(f"/cdp/segments/{made}/publish")
    return made


def _live(api: Api, person: str, segment: int, at: str) -> Any:
    """What the segment says, once the API has read the definitions again."""
    deadline = time.monotonic() + 30
    while True:
        answer = api.http.get(f"/cdp/profiles/{person}/segments/{segment}/why", params={"at": at})
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code == 404
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _acceptable(api: Api, rng: random.Random, segments: tuple[SegmentId, ...]) -> Any:
    while True:
        rule = msgspec.to_builtins(rules(rng, segments=segments))
        answer = api.http.post("/cdp/segments/validate", json={"rule": rule})
        if answer.status_code == 200:
            return rule
        assert answer.status_code == 422


def test_a_draft_is_explained_as_it_is_once_it_is_published(api: Api, person: str) -> None:
    rng = random.Random(20)
    first = _publish(api, "recent buyers", BOUGHT)
    second = _publish(
        api, "not recent", {"type": "not", "of": {"type": "segment", "segment": first}}
    )
    pool = (SegmentId(first), SegmentId(second))
    drafts = [{"type": "segment", "segment": second}]
    drafts += [_acceptable(api, rng, pool) for _ in range(ASKED)]
    at = (datetime.now(UTC) + timedelta(hours=2)).isoformat()

    told = [
        api.post("/cdp/segments/why", {"rule": rule, "profile_id": person, "at": at}, 200)
        for rule in drafts
    ]
    published = [_publish(api, f"draft {number}", rule) for number, rule in enumerate(drafts)]

    for rule, draft, segment in zip(drafts, told, published, strict=True):
        live = _live(api, person, segment, at)
        assert [draft[field] for field in OF_THE_SEGMENT] == [None] * 4
        assert {**draft, **{field: live[field] for field in OF_THE_SEGMENT}} == live, rule
    assert {draft["member"] for draft in told} == {True, False}
    assert told[0]["flips_at"] is not None, "what it refers to changes by itself, and so does it"


def test_a_draft_of_a_segment_says_what_the_segment_says_now(
    tenant: Tenant, api: Api, person: str
) -> None:
    segment = _publish(api, "everybody", {"type": "all", "of": []})
    tenant.feed(tenant.event(event="Viewed", userId="u1"))
    nobody = {"type": "any", "of": []}
    asked = {"rule": nobody, "profile_id": person, "segment": segment}

    answer = api.post("/cdp/segments/why", asked, 200)

    assert [answer[field] for field in OF_THE_SEGMENT] == [segment, "everybody", None, True]
    assert (answer["member"], answer["why"]["rule"]) == (False, nobody)
    assert api.get("/cdp/segments/" + str(segment))["rule"] == {"type": "all", "of": []}


def test_events_of_the_past_are_cited_though_nothing_kept_them(api: Api, person: str) -> None:
    once = {**BOUGHT, "condition": {"op": "at_least", "value": 1}}
    node = api.post("/cdp/segments/why", {"rule": once, "profile_id": person}, 200)["why"]
    assert node["value"] == node["events_total"] > 0
    assert {event["name"] for event in node["events"]} == {"Order Completed"}


def test_what_cannot_be_explained_says_so(api: Api, person: str) -> None:
    def asked(expect: int, **more: Any) -> Any:
        body = {"rule": BOUGHT, "profile_id": person, **more}
        return api.post("/cdp/segments/why", body, expect)

    assert "profile" in asked(404, profile_id=NEVER_THERE)["detail"].lower()
    assert "segment" in asked(404, segment=999)["detail"].lower()
    wrong = {"type": "all", "of": [{"type": "segment", "segment": 999}]}
    assert [each["field"] for each in asked(422, rule=wrong)["errors"]] == ["$.of[0].segment"]
    assert api.http.get("/cdp/segments/why").status_code == 405


def test_explanations_are_a_few_at_a_time_and_refused_beyond(
    app: FastAPI, api: Api, person: str
) -> None:
    segment = _publish(api, "recent buyers", BOUGHT)
    _live(api, person, segment, datetime.now(UTC).isoformat())
    limit = ConcurrencyLimit("explanations", at_once=1, waiting=-1)
    app.state.heavy_reads.explanations = limit

    body = {"profile_id": person, "rule": BOUGHT}
    refused = api.http.post("/cdp/segments/why", json=body)

    assert (refused.status_code, refused.json()["code"]) == (429, "busy")
    assert int(refused.headers["retry-after"]) > 0
    live = f"/cdp/profiles/{person}/segments/{segment}/why"
    assert api.get(live, expect=429)["code"] == "busy"
    api.get(f"/cdp/profiles/{person}")


def test_a_person_with_too_many_events_is_not_explained(
    api: Api, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = _publish(api, "recent buyers", BOUGHT)
    _live(api, person, segment, datetime.now(UTC).isoformat())
    body = {"profile_id": person, "rule": BOUGHT}
    api.post("/cdp/segments/why", body, expect=200)
    monkeypatch.setattr(history, "EVENTS_LIMIT", 40)

    assert "too many" in api.post("/cdp/segments/why", body, expect=409)["detail"]
    live = f"/cdp/profiles/{person}/segments/{segment}/why"
    assert "too many" in api.get(live, expect=409)["detail"]
