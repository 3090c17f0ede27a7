"""The list of audiences: the gate's word, the newest push and the next one, without a query per
row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.signals.reading import Reading, Status
from store.signals.signals import write_readings
from tests.api.conftest import Api, Tenant

AUDIENCES = "/cdp/audience-sync/audiences"
PLATFORMS = ("meta", "google", "tiktok", "snapchat")


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn) as conn:
        yield conn


def make(dsn: str, tenant: Tenant, count: int) -> list[int]:
    """Audiences on all platforms in turn."""
    with connected(dsn) as conn:
        return [
            int(row[0])
            for number in range(count)
            for row in conn.execute(
                "INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id,"
                " interval_s, intent) SELECT %s, id, %s, %s, '1', 3600, 'x' FROM segments WHERE"
                " workspace_id = %s RETURNING id",
                (tenant.id, PLATFORMS[number % 4], f"a{number}", tenant.id),
            )
        ]


def read(dsn: str, tenant: Tenant, scores: list[float | None]) -> None:
    """Readings of the workspace's source, five seconds apart, the last one now."""
    now = datetime.now(UTC)
    signal = f"source:{tenant.source}"
    with connected(dsn) as conn:
        conn.execute(
            "INSERT INTO observations (workspace_id, signal, minute_at, shard, metric, value)"
            " VALUES (%s, %s, date_trunc('minute', now()), 0, 'accepted', 100)"
            " ON CONFLICT DO NOTHING",
            (tenant.id, signal),
        )
        write_readings(
            conn,
            [
                Reading(
                    WorkspaceId(tenant.id),
                    signal,
                    to_ms(now - timedelta(seconds=5 * (len(scores) - 1 - place))),
                    score,
                    Status.UNKNOWN
                    if score is None
                    else Status.HEALTHY
                    if score >= 70
                    else Status.DEGRADED,
                    100,
                    (),
                    (),
                )
                for place, score in enumerate(scores)
            ],
        )


def said(one: Any) -> tuple[str, list[str], str]:
    return one["verdict"], one["codes"], one["mode"]


@pytest.mark.parametrize("scores", [[], [90.0] * 10, [90.0, 50.0, 90.0], [90.0, 20.0], [None]])
def test_every_row_says_what_the_gate_says_of_it(
    api: Api, tenant: Tenant, postgres_dsn: str, scores: list[float | None]
) -> None:
    made = make(postgres_dsn, tenant, 9)
    read(postgres_dsn, tenant, scores)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    reason = {"reason": "a test", "expires_at": soon}
    api.put("/cdp/gate/mode", {"scope": f"audience:{made[0]}", "mode": "frozen"} | reason)
    api.put("/cdp/gate/mode", {"scope": "platform:tiktok", "mode": "advisory"} | reason)
    api.post(
        "/cdp/gate/overrides",
        {"scope": "platform:google", "codes": ["degraded", "no_signal", "unknown"]} | reason,
        201,
    )
    api.post(f"{AUDIENCES}/{made[4]}/release", reason, 201)
    with connected(postgres_dsn) as conn:  # one with a memory of its own, one unreadable
        conn.execute(
            "INSERT INTO gate_states SELECT %s, 'meta:' || %s, %s, now()",
            (
                tenant.id,
                made[8],
                Jsonb(
                    {
                        "signals": {
                            f"source:{tenant.source}": {
                                "reading_id": 1,
                                "read_ms": to_ms(datetime.now(UTC)) - 60_000,
                                "streak": 5,
                                "trouble_ms": to_ms(datetime.now(UTC)) - 30_000,
                            }
                        }
                    }
                ),
            ),
        )
        conn.execute(
            "INSERT INTO gate_states SELECT %s, 'snapchat:' || %s, '[]', now()",
            (tenant.id, made[7]),
        )

    listed = {one["id"]: one["gate"] for one in api.get(AUDIENCES)["items"]}

    for audience in made:
        alone = api.get(f"{AUDIENCES}/{audience}/gate")
        assert said(listed[audience]) == said(alone), audience
        assert said(api.get(f"{AUDIENCES}/{audience}")["gate"]) == said(alone)
    assert listed[made[0]]["codes"][0] == "frozen"
    assert listed[made[2]]["codes"][0] == "advisory"


def test_a_list_takes_as_many_statements_for_many_as_for_one(
    asks: Callable[[str], Api],
    tenants: Callable[[str], Tenant],
    postgres_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many = tenants("few"), tenants("many")
    make(postgres_dsn, few, 1)
    make(postgres_dsn, many, 200)
    for tenant in (few, many):
        read(postgres_dsn, tenant, [90.0] * 100)
    executed = counted_statements(monkeypatch)

    def statements(tenant: Tenant) -> int:
        executed.clear()
        assert len(asks(tenant.read).get(AUDIENCES, limit=200)["items"]) in {1, 200}
        return len(executed)

    assert 0 < statements(many) == statements(few) < 15


def test_audiences_are_listed_by_their_segment(api: Api, tenant: Tenant, postgres_dsn: str) -> None:
    made = make(postgres_dsn, tenant, 3)
    with connected(postgres_dsn) as conn:
        row = conn.execute(
            "INSERT INTO segments (workspace_id, name) VALUES (%s, 'other') RETURNING id",
            (tenant.id,),
        ).fetchone()
        assert row is not None
        conn.execute("UPDATE audiences SET segment_id = %s WHERE id = %s", (row[0], made[1]))

    def ids(**asked: Any) -> list[int]:
        return [one["id"] for one in api.everything(AUDIENCES, limit=1, **asked)]

    assert ids(segment=row[0]) == [made[1]]
    assert ids() == made
    assert ids(segment=row[0] + 1) == []


def counted_statements(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collects every statement of this process from now on."""
    executed: list[object] = []
    blocking, waiting = psycopg.Cursor.execute, psycopg.AsyncCursor.execute

    def execute(cursor: Any, statement: Any, *rest: Any, **named: Any) -> Any:
        executed.append(statement)
        return blocking(cursor, statement, *rest, **named)

    async def execute_waiting(cursor: Any, statement: Any, *rest: Any, **named: Any) -> Any:
        executed.append(statement)
        return await waiting(cursor, statement, *rest, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", execute)
    monkeypatch.setattr(psycopg.AsyncCursor, "execute", execute_waiting)
    return executed


def push(conn: psycopg.Connection[Any], tenant: Tenant, audience: int, **fields: Any) -> int:
    named = {
        "workspace_id": tenant.id,
        "audience_id": audience,
        "kind": "scheduled",
        "status": "done",
        "started_at": datetime.now(UTC),
        "ended_at": datetime.now(UTC),
    } | fields
    names = ", ".join(named)
    places = ", ".join(f"%({name})s" for name in named)
    sql = f"INSERT INTO pushes ({names}) VALUES ({places}) RETURNING id"
    row = conn.execute(sql.encode(), named).fetchone()
    assert row is not None
    return int(row[0])


def test_the_newest_push_is_shown_withdrawals_aside(
    api: Api, tenant: Tenant, postgres_dsn: str
) -> None:
    first, second = make(postgres_dsn, tenant, 2)
    with connected(postgres_dsn) as conn:
        push(conn, tenant, first, adds=1)
        newest = push(
            conn, tenant, first, adds=12, removes=2, rejected=3, readback=Jsonb({"match_rate": 71})
        )
        push(conn, tenant, first, kind="urgent", removes=1)

    shown = {one["id"]: one["last_push"] for one in api.get(AUDIENCES)["items"]}

    assert shown[second] is None
    assert shown[first]["id"] == newest
    assert [shown[first][name] for name in ("status", "adds", "removes", "rejected")] == [
        "done",
        12,
        2,
        3,
    ]
    assert shown[first]["match_rate"] == 0.71


def test_a_platform_that_does_not_tell_is_no_match_rate_of_zero(
    api: Api, tenant: Tenant, postgres_dsn: str
) -> None:
    untold, zero = make(postgres_dsn, tenant, 2)
    with connected(postgres_dsn) as conn:
        push(conn, tenant, untold, readback=Jsonb({"match_rate": -1}))
        push(conn, tenant, zero, readback=Jsonb({"match_rate": 0}))

    shown = {one["id"]: one["last_push"]["match_rate"] for one in api.get(AUDIENCES)["items"]}

    assert shown == {untold: None, zero: 0.0}


def test_when_the_next_push_is_due(api: Api, tenant: Tenant, postgres_dsn: str) -> None:
    at = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    hours = timedelta(hours=1)
    states: dict[str, tuple[str, dict[str, Any] | None, str | None]] = {
        "never pushed": ("last_pushed_at = NULL, created_at = %(at)s", None, "09:00"),
        "by interval": ("last_pushed_at = %(at)s", None, "10:00"),
        "asked for": ("last_pushed_at = %(at)s, requested_at = %(asked)s", None, "09:30"),
        "at once": ("last_pushed_at = %(at)s, interval_s = 0", None, None),
        "paused": ("last_pushed_at = %(at)s, status = 'paused'", None, None),
        "deleted": ("last_pushed_at = %(at)s, status = 'deleted'", None, None),
        "under way": ("last_pushed_at = %(at)s", {"status": "running", "ended_at": None}, None),
        "failed": ("last_pushed_at = %(at)s", {"status": "failed", "ended_at": at}, "09:05"),
        "held": ("last_pushed_at = %(at)s", {"status": "held", "ended_at": at}, "09:00"),
    }
    made = make(postgres_dsn, tenant, len(states))
    with connected(postgres_dsn) as conn:
        for audience, (change, last, _) in zip(made, states.values(), strict=True):
            sql = f"UPDATE audiences SET {change} WHERE id = %(id)s"
            conn.execute(sql.encode(), {"id": audience, "at": at, "asked": at + hours / 2})
            if last is not None:
                push(conn, tenant, audience, **last)

    shown = [one["next_due_at"] for one in api.get(AUDIENCES)["items"]]

    assert dict(zip(states, shown, strict=True)) == {
        name: None if clock is None else f"2026-03-01T{clock}:00Z"
        for name, (_, _, clock) in states.items()
    }


def test_nothing_is_judged_where_no_push_will_come(
    api: Api, tenant: Tenant, postgres_dsn: str
) -> None:
    make(postgres_dsn, tenant, 2)
    with connected(postgres_dsn) as conn:
        conn.execute("UPDATE audiences SET status = 'deleting' WHERE name = 'a0'")
        conn.execute("UPDATE audiences SET status = 'paused' WHERE name = 'a1'")

    deleting, paused = api.get(AUDIENCES)["items"]

    assert deleting["gate"] is None
    assert paused["gate"]["verdict"] == "hold"
