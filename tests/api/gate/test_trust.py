"""Signals, readings, decisions, the audit log, segments."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
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
    assert signals["platform:meta"]["reading"]["components"] == {"freshness": {"score": 84.0}}
    assert signals["platform:tiktok"]["status"] == "unknown"
    assert signals[f"source:{tenant.source}"] == {
        "signal": f"source:{tenant.source}",
        "name": "web",
        "status": "unknown",
        "reading": None,
    }


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
        api.get(f"/cdp/profiles/{member['profile_id']}")["segments"] == ["consented_customers"]
        for member in members
    )
    api.get("/cdp/segments/999/members", 404)
