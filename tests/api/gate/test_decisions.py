"""Decisions: found by destination, reason and range, with the push and the alerts that came of
them, and the readings that they rest on."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.api.conftest import Api, Insert, Tenant

DECISIONS = "/cdp/decisions"
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def decided(insert: Insert, tenant: Tenant) -> Insert:
    """Adds a decision of the first workspace."""

    def add(**values: Any) -> int:
        usual = {
            "workspace_id": tenant.id,
            "destination": "meta:1",
            "audience_id": 1,
            "action": "push",
            "verdict": "hold",
            "automation": "alert_only",
            "reasons": Jsonb(["a reason"]),
            "codes": ["degraded"],
            "reading_ids": [],
            "decided_at": AT,
        }
        return insert("decisions", **(usual | values))

    return add


@pytest.fixture
def alerted(insert: Insert, tenant: Tenant) -> Insert:
    """Adds an alert of the first workspace."""

    def add(key: str, opened_at: datetime, **values: Any) -> int:
        usual = {
            "workspace_id": tenant.id,
            "dedup_key": f"{key}@{opened_at}{values}",
            "key": key,
            "kind": "gate",
            "severity": "warning",
            "worst": "warning",
            "summary": "",
            "members": Jsonb([]),
            "opened_at": opened_at,
            "changed_at": opened_at,
        }
        return insert("alerts", **(usual | values))

    return add


def ids(api: Api, **filters: Any) -> list[int]:
    return [one["id"] for one in api.everything(DECISIONS, limit=2, **filters)]


def test_decisions_are_found_by_destination_reason_and_range(api: Api, decided: Insert) -> None:
    first = decided(decided_at=AT)
    second = decided(decided_at=AT + MINUTE, destination="google:2", codes=["frozen", "degraded"])
    third = decided(decided_at=AT + 2 * MINUTE, verdict="pass", codes=["trusted"])

    assert ids(api) == [third, second, first]
    assert ids(api, destination="google:2") == [second]
    assert ids(api, destination="google:20") == []
    assert ids(api, code="degraded") == [second, first]
    assert ids(api, code="frozen", destination="meta:1") == []
    assert ids(api, since=(AT + MINUTE).isoformat()) == [third, second]
    assert ids(api, until=(AT + MINUTE).isoformat()) == [first]
    assert ids(api, since="9999-01-01T00:00:00Z") == []
    assert ids(api, verdict="pass", code="trusted", until="2026-03-02T00:00:00+05:00") == [third]


def test_pages_neither_skip_nor_repeat_decisions_of_one_instant(api: Api, decided: Insert) -> None:
    made = [decided() for _ in range(7)]

    assert ids(api) == made[::-1]


@pytest.mark.parametrize(
    "query",
    [{"code": "no_such_reason"}, {"since": "yesterday"}, {"since": "2026-03-01T00:00:00"},
     {"destination": "x" * 257}, {"verdict": "maybe"}],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_refused(api: Api, query: dict[str, str]) -> None:
    api.get(DECISIONS, 422, **query)


def test_a_decision_names_the_push_that_came_of_it(
    api: Api, decided: Insert, insert: Insert, tenant: Tenant, tenants: Callable[[str], Tenant]
) -> None:
    passed, held = decided(verdict="pass", automation="execute"), decided()
    with_segment = api.get("/cdp/segments")["items"][0]["id"]
    audience = insert(
        "audiences",
        workspace_id=tenant.id,
        segment_id=with_segment,
        platform="meta",
        name="A",
        account_id="1",
        interval_s=0,
    )
    fields = {"audience_id": audience, "kind": "manual", "status": "done", "started_at": AT}
    insert("pushes", workspace_id=tenants("other").id, decision_id=held, **fields)
    push = insert("pushes", workspace_id=tenant.id, decision_id=passed, **fields)

    assert api.get(f"{DECISIONS}/{passed}")["push_id"] == push
    assert api.get(f"{DECISIONS}/{held}")["push_id"] is None


def test_a_decision_names_the_alerts_that_told_of_it(
    api: Api, decided: Insert, alerted: Insert, tenants: Callable[[str], Tenant]
) -> None:
    told = alerted("gate:meta:1", AT + MINUTE)
    within = alerted("signal:source:1", AT - MINUTE, members=Jsonb(["x", "gate:meta:1"]))
    alerted("gate:meta:1", AT - 5 * MINUTE, resolved_at=AT - MINUTE)
    alerted("gate:meta:1", AT + 6 * MINUTE)
    alerted("gate:meta:10", AT)
    alerted("signal:source:1", AT, members=Jsonb(["gate:meta:10"]))
    alerted("gate:meta:1", AT, workspace_id=tenants("other").id)
    held, passed = decided(), decided(verdict="pass")

    assert api.get(f"{DECISIONS}/{held}")["alert_ids"] == [told, within]
    assert api.get(f"{DECISIONS}/{passed}")["alert_ids"] == []


def test_a_reading_is_found_by_its_id_with_its_signal(
    api: Api, insert: Insert, tenant: Tenant, tenants: Callable[[str], Tenant], asks: Any
) -> None:
    reading = insert(
        "readings",
        workspace_id=tenant.id,
        signal="platform:meta",
        read_at=AT,
        score=63,
        status="degraded",
        sample=100,
        components=Jsonb({"freshness": {"name": "freshness", "score": 63, "weight": 0.2}}),
        reasons=Jsonb(["because"]),
    )

    found = api.get(f"/cdp/readings/{reading}")

    assert (found["signal"], found["score"], found["status"]) == ("platform:meta", 63, "degraded")
    listed = api.get("/cdp/signals/platform:meta/readings")["items"][0]
    assert {name: value for name, value in found.items() if name != "signal"} == listed
    api.get(f"/cdp/readings/{reading + 1}", 404)
    api.get("/cdp/readings/9223372036854775808", 422)
    asks(tenants("other").admin).get(f"/cdp/readings/{reading}", 404)
