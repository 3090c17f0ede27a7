"""Signals, readings, decisions, the audit log, segments."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from api.signals.components_schemas import ComponentView, components_of
from config.settings import Settings
from operators.signals.params import HealthParams, SignalOverride
from tests.api.conftest import Api, Tenant

Run = Callable[..., int]


@pytest.fixture
def insert(settings: Settings) -> Run:
    """Runs one INSERT … RETURNING id."""

    def run(statement: str, *values: object) -> int:
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            row = conn.execute(statement.encode(), values).fetchone()
            assert row is not None
            return int(row[0])

    return run


@pytest.fixture
def read(tenant: Tenant, insert: Run) -> Callable[[str, int, float | None], int]:
    """Adds a reading: signal, minute of an hour, score."""

    def add(signal: str, minute: int, score: float | None) -> int:
        return insert(
            "INSERT INTO readings (workspace_id, signal, read_at, score, status, sample,"
            " components, reasons) VALUES (%s, %s, %s, %s, %s, 100, %s, %s) RETURNING id",
            tenant.id,
            signal,
            f"2026-09-21T10:{minute:02}:00Z",
            score,
            "unknown" if score is None else "healthy",
            Jsonb({"freshness": {"score": score}}),
            Jsonb(["because"]),
        )

    return add


def test_every_signal_shows_its_latest_reading_and_a_silent_source_is_unknown(
    tenant: Tenant, api: Api, read: Callable[[str, int, float | None], int]
) -> None:
    for minute in range(5):
        read("platform:meta", minute, 80.0 + minute)
    read("platform:tiktok", 1, None)

    signals = {each["signal"]: each for each in api.get("/cdp/signals")["items"]}

    assert signals.keys() == {"platform:meta", "platform:tiktok", f"source:{tenant.source}"}
    assert signals["platform:meta"]["reading"]["score"] == 84.0
    assert signals["platform:meta"]["reading"]["components"] == {
        "freshness": {
            "name": "freshness",
            "score": 84.0,
            "weight": 0.0,
            "critical": True,
            "floor": 70.0,
            "sample": 0,
            "reason": "",
            "inputs": {},
        }
    }
    assert signals["platform:tiktok"]["status"] == "unknown"
    assert signals[f"source:{tenant.source}"] == {
        "signal": f"source:{tenant.source}",
        "name": "web",
        "status": "unknown",
        "reading": None,
    }


@pytest.mark.parametrize(
    ("components", "shown"),
    [
        ({}, {}),
        ([], {}),
        ({"volume": None, "freshness": {}}, {"freshness": (None, 0, {})}),
        ({"gone": {"score": 5, "inputs": {"a_s": 1, "b": None}}}, {"gone": (5, 0, {"a_s": 1})}),
        ({"volume": {"name": "volume", "sample": 9, "inputs": None}}, {"volume": (None, 9, {})}),
    ],
)
def test_readings_of_earlier_versions_are_answered_with_what_they_have(
    tenant: Tenant, api: Api, insert: Run, components: Any, shown: dict[str, Any]
) -> None:
    insert(
        "INSERT INTO readings (workspace_id, signal, read_at, score, status, sample, components,"
        " reasons) VALUES (%s, 'platform:meta', now(), 50, 'degraded', 9, %s, '[]') RETURNING id",
        tenant.id,
        Jsonb(components),
    )

    answers = [
        api.get("/cdp/signals")["items"][0],
        api.get("/cdp/signals/platform:meta"),
        {"reading": api.get("/cdp/signals/platform:meta/readings")["items"][0]},
    ]

    for answer in answers:
        assert {
            name: (one["score"], one["sample"], one["inputs"])
            for name, one in answer["reading"]["components"].items()
        } == shown


def test_what_is_critical_is_said_as_it_is_configured_for_the_signal() -> None:
    stored = {"freshness": {"score": 20.0, "weight": 1.0}, "volume": {"score": 30.0, "weight": 1.0}}
    params = HealthParams(
        signals={"source:1": SignalOverride(critical=frozenset({"volume"}), floor=40.0)}
    )

    one, other = (
        ComponentView.from_component(component, params.of("source:1"))
        for component in components_of(stored)
    )

    assert (one.name, one.critical, one.floor) == ("freshness", False, None)
    assert (other.name, other.critical, other.floor) == ("volume", True, 40.0)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, None),
        (
            {"before": 3, "adds": 2, "removes": 1},
            {"before": 3, "adds": 2, "removes": 1, "first": False, "confirmed": False},
        ),
    ],
)
def test_the_size_of_a_push_is_shown_also_of_earlier_versions(
    tenant: Tenant, api: Api, insert: Run, stored: Any, shown: Any
) -> None:
    made = insert(
        "INSERT INTO decisions (workspace_id, destination, action, verdict, automation, reasons,"
        " reading_ids, decided_at, size)"
        " VALUES (%s, 'meta:1', 'push', 'pass', 'execute', '[\"fine\"]', '{}', now(), %s)"
        " RETURNING id",
        tenant.id,
        None if stored is None else Jsonb(stored),
    )

    found = api.get(f"/cdp/decisions/{made}")

    assert (found["size"], found["reasons"]) == (shown, ["fine"])


def test_a_signals_history_is_paged_newest_first_within_a_time_range(
    api: Api, read: Callable[[str, int, float | None], int]
) -> None:
    numbers = [read("platform:meta", minute // 2, 80.0) for minute in range(12)]
    path = "/cdp/signals/platform:meta/readings"

    assert [each["id"] for each in api.everything(path, limit=5)] == numbers[::-1]
    assert (
        len(
            api.everything(
                path, since="2026-09-21T10:01:00Z", until="2026-09-21T10:03:00Z", limit=3
            )
        )
        == 4
    )
    assert api.get("/cdp/signals/platform:other/readings")["items"] == []


def test_decisions_are_listed_filtered_and_read(tenant: Tenant, api: Api, insert: Run) -> None:
    numbers = [
        insert(
            "INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict,"
            " automation, reasons, reading_ids, decided_at)"
            " VALUES (%s, 'meta:1', %s, 'push', %s, %s, %s, '{1,2}', now()) RETURNING id",
            tenant.id,
            audience,
            verdict,
            automation,
            Jsonb(["a reason"]),
        )
        for audience, verdict, automation in (
            (1, "pass", "execute"),
            (1, "hold", "alert_only"),
            (2, "block", "manual_required"),
        )
    ]

    assert [each["id"] for each in api.everything("/cdp/decisions", limit=1)] == numbers[::-1]
    assert [each["id"] for each in api.everything("/cdp/decisions", verdict="hold")] == [numbers[1]]
    assert [each["id"] for each in api.everything("/cdp/decisions", audience=1)] == [
        numbers[1],
        numbers[0],
    ]
    assert api.get(f"/cdp/decisions/{numbers[2]}")["reading_ids"] == [1, 2]
    api.get("/cdp/decisions/999", 404)


def test_the_audit_log_is_paged_and_filtered(tenant: Tenant, api: Api, insert: Run) -> None:
    for number in range(9):
        insert(
            "INSERT INTO audit (workspace_id, at, actor, action, subject, detail)"
            " VALUES (%s, '2026-09-21T10:00:00Z'::timestamptz + %s * interval '1 minute', %s, %s,"
            " %s, %s) RETURNING id",
            tenant.id,
            number,
            "engine" if number % 2 else "key:1",
            "decision" if number < 5 else "request",
            f"audience:{number % 3}",
            Jsonb({"number": number}),
        )

    def numbers(**params: str | int) -> list[int | None]:
        return [
            entry["detail"].get("number")
            for entry in api.everything("/cdp/audit", limit=2, **params)
        ]

    assert numbers() == [
        *range(9)[::-1],
        None,
        None,
    ], "after the two rows that a workspace begins with"
    assert numbers(actor="engine", action="decision") == [3, 1]
    assert numbers(subject="audience:1") == [7, 4, 1]
    assert numbers(since="2026-09-21T10:03:00Z", until="2026-09-21T10:05:00Z") == [4, 3]


def test_segments_show_their_members(tenant: Tenant, api: Api) -> None:
    tenant.feed(
        *(
            tenant.event(
                event="Order Completed",
                userId=f"u{number}",
                properties={"revenue": 1},
                context={"consent": {"categoryPreferences": {"advertising": number % 2 == 0}}},
            )
            for number in range(10)
        )
    )

    (segment,) = api.get("/cdp/segments")["items"]
    members = api.everything(f"/cdp/segments/{segment['id']}/members", limit=2)

    assert segment["name"] == "consented_customers"
    assert segment["members"] == {"value": 5, "exact": True}
    assert len({member["profile_id"] for member in members}) == 5
    assert all(
        [one["name"] for one in api.get(f"/cdp/profiles/{member['profile_id']}")["segments"]]
        == ["consented_customers"]
        for member in members
    )
    api.get("/cdp/segments/999/members", 404)
