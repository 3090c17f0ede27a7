"""An audience's pushes over time: every step, and nothing made up where nothing is known."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from config.settings import Settings
from store.pushes import push_statistics
from tests.api.activation.test_audience_list import connected, make, push
from tests.api.conftest import Api, Tenant

PATH = "/cdp/statistics/pushes"
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = {"pushes": 0, "held": 0, "adds": 0, "removes": 0, "sent": 0, "rejected": 0,
           "members": None, "match_rate": None}  # fmt: skip


@pytest.fixture
def audience(postgres_dsn: str, tenant: Tenant) -> int:
    return make(postgres_dsn, tenant, 1)[0]


def told(size: Any, rate: Any) -> Jsonb:
    return Jsonb({"size_lower": size, "size_upper": size, "match_rate": rate})


def decide(dsn: str, tenant: Tenant, audience: int, at: datetime, verdict: str) -> None:
    with connected(dsn) as conn:
        conn.execute(
            "INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict,"
            " automation, reasons, reading_ids, decided_at) VALUES (%s, 'meta:1', %s, 'push', %s,"
            " 'execute', '[]', '{}', %s)",
            (tenant.id, audience, verdict, at),
        )


def points(api: Api, audience: int, since: datetime, until: datetime, **query: Any) -> list[Any]:
    ends: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
    answer = api.get(PATH, audience=audience, **ends, **query)
    return [{"at": datetime.fromisoformat(point.pop("at")), **point} for point in answer["points"]]


def test_pushes_and_holds_are_counted_where_they_began(
    api: Api, tenant: Tenant, audience: int, postgres_dsn: str
) -> None:
    with connected(postgres_dsn) as conn:
        sizes = {"adds": 5, "removes": 2, "sent": 7, "rejected": 1}
        push(conn, tenant, audience, started_at=AT, readback=told(1000, 60), **sizes)
        push(conn, tenant, audience, started_at=AT + 59 * MINUTE, readback=told(1100, 71), **sizes)
        push(conn, tenant, audience, started_at=AT + HOUR, kind="urgent", removes=1)
        push(conn, tenant, audience, started_at=AT + 3 * HOUR, adds=9)
    decide(postgres_dsn, tenant, audience, AT + MINUTE, "hold")
    decide(postgres_dsn, tenant, audience, AT + 2 * MINUTE, "block")
    decide(postgres_dsn, tenant, audience, AT + 2 * MINUTE, "pass")
    decide(postgres_dsn, tenant, audience, AT + 2 * HOUR, "hold")

    assert points(api, audience, AT, AT + 3 * HOUR) == [
        {"at": AT, "pushes": 2, "held": 2, "adds": 10, "removes": 4, "sent": 14, "rejected": 2,
         "members": 1100, "match_rate": 0.71},
        {"at": AT + HOUR} | NOTHING | {"pushes": 1, "removes": 1},
        {"at": AT + 2 * HOUR} | NOTHING | {"held": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("readback", "members", "match_rate"),
    [
        (None, None, None),
        (Jsonb({}), None, None),
        (told(-1, -1), None, None),
        (told(0, 0), 0, 0.0),
        (told(10**12, 100), 10**12, 1.0),
        (told("many", "most"), None, None),
        (told(None, 101), None, None),
        (Jsonb([1]), None, None),
        (Jsonb("text"), None, None),
    ],
)
def test_what_the_platform_does_not_tell_is_not_zero(
    api: Api, tenant: Tenant, audience: int, postgres_dsn: str,
    readback: Any, members: Any, match_rate: Any,
) -> None:  # fmt: skip
    with connected(postgres_dsn) as conn:
        push(conn, tenant, audience, started_at=AT, readback=readback)

    (point,) = points(api, audience, AT, AT + HOUR)

    assert (point["members"], point["match_rate"]) == (members, match_rate)


def test_a_later_push_that_tells_nothing_hides_nothing(
    api: Api, tenant: Tenant, audience: int, postgres_dsn: str
) -> None:
    with connected(postgres_dsn) as conn:
        push(conn, tenant, audience, started_at=AT, readback=told(7, 50))
        push(conn, tenant, audience, started_at=AT + MINUTE, readback=told(-1, -1))
        push(conn, tenant, audience, started_at=AT + MINUTE)

    (point,) = points(api, audience, AT, AT + HOUR)

    assert (point["members"], point["match_rate"]) == (7, 0.5)


def test_days_begin_in_the_workspaces_zone_and_change_with_its_clock(
    api: Api,
    tenant: Tenant,
    audience: int,
    postgres_dsn: str,
    execute: Callable[..., Any],
) -> None:
    execute("UPDATE workspaces SET time_zone = 'America/New_York' WHERE id = %s", tenant.id)
    midnight = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)  # of a day of 23 hours
    with connected(postgres_dsn) as conn:
        push(conn, tenant, audience, started_at=midnight - MINUTE, adds=1)
        push(conn, tenant, audience, started_at=midnight, adds=2)
        push(conn, tenant, audience, started_at=midnight + 23 * HOUR, adds=4)

    found = points(api, audience, midnight - HOUR, midnight + 24 * HOUR, step="day")

    assert [(point["at"], point["adds"]) for point in found] == [
        (midnight - 24 * HOUR, 1),
        (midnight, 2),
        (midnight + 23 * HOUR, 4),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"audience": -1},
        {"audience": 2**31},
        {"audience": "meta"},
        {"step": "week"},
        {"since": "2026-03-01T09:00:00Z", "until": "2026-03-01T09:00:00Z"},
        {"since": "2026-01-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"},
        {"since": "2020-01-01T00:00:00Z", "step": "day"},
        {"since": "3000-01-01T00:00:00Z"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    api: Api, audience: int, query: dict[str, Any]
) -> None:
    api.get(PATH, 422, **({"audience": audience} | query if query else {}))


def test_another_workspaces_audience_is_none(
    api: Api, audience: int, tenants: Callable[[str], Tenant], asks: Callable[[str], Api]
) -> None:
    asks(tenants("second").admin).get(PATH, 404, audience=audience)
    api.get(PATH, 404, audience=audience + 1)


def test_the_steps_are_found_by_indexes(
    tenant: Tenant, audience: int, postgres_dsn: str, settings: Settings
) -> None:
    with connected(postgres_dsn) as conn:
        conn.execute(
            "INSERT INTO pushes (workspace_id, audience_id, kind, status, started_at)"
            " SELECT %s, %s, 'scheduled', 'done', now() - make_interval(mins => n)"
            " FROM generate_series(1, 20000) n",
            (tenant.id, audience),
        )
        conn.execute(
            "INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict,"
            " automation, reasons, reading_ids, decided_at) SELECT %s, 'meta:1', %s, 'push',"
            " 'hold', 'execute', '[]', '{}', now() - make_interval(mins => n)"
            " FROM generate_series(1, 20000) n",
            (tenant.id, audience),
        )
    now = datetime.now(UTC)
    params = {
        "workspace": tenant.id, "audience": audience, "since": now - 24 * HOUR, "until": now,
        "step": "hour", "stride": 900,
    }  # fmt: skip
    dsn = settings.postgres.dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("ANALYZE pushes, decisions")
        plan = "\n".join(
            row[0] for row in conn.execute("EXPLAIN " + push_statistics._POINTS, params)
        )

    assert "Seq Scan on pushes" not in plan
    assert "Seq Scan on decisions" not in plan
