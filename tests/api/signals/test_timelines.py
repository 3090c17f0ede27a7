"""The hours of all signals in one answer: the same as each signal's own, and cheap."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from store.signals import timelines
from store.signals.signals import roll_up
from tests.api.activation.test_audience_list import counted_statements
from tests.api.conftest import Api, Tenant

PATH = "/cdp/signals/hours"
HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)
THIS_HOUR = NOW.replace(minute=0, second=0, microsecond=0)
READ = """
    INSERT INTO readings (workspace_id, signal, read_at, score, status, sample, components, reasons)
    VALUES (%s, %s, %s, %s, %s, 1, '{}', '[]')
"""


@pytest.fixture
def tell(execute: Callable[..., Any]) -> Callable[..., None]:
    """Stores a reading."""

    def write(tenant: Tenant, signal: str, at: datetime, score: float | None, status: str) -> None:
        execute(READ, tenant.id, signal, at, score, status)

    return write


def sum_up(settings: Settings, since: datetime, until: datetime) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        roll_up(conn, since, until)


def test_each_signals_hours_are_those_of_its_own_page(
    api: Api, tenant: Tenant, settings: Settings, tell: Callable[..., None]
) -> None:
    for hours in range(6):
        at = THIS_HOUR - hours * HOUR
        tell(tenant, "platform:meta", at + timedelta(minutes=1), 90.0 - hours, "healthy")
        tell(tenant, "platform:meta", at + timedelta(minutes=2), None, "unknown")
        if hours % 2:
            tell(tenant, f"source:{tenant.source}", at, 50.0, "degraded")
    sum_up(settings, THIS_HOUR - 24 * HOUR, THIS_HOUR - 2 * HOUR)
    whole: dict[str, Any] = {"since": (THIS_HOUR - 24 * HOUR).isoformat()}

    found = api.get(PATH, **whole, until=(THIS_HOUR + HOUR).isoformat())["items"]

    assert [(each["signal"], each["name"]) for each in found] == [
        ("platform:meta", None),
        (f"source:{tenant.source}", "web"),
    ]
    for each in found:
        alone = api.get(f"/cdp/signals/{each['signal']}/hours", **whole)["items"]
        assert each["hours"] == alone
    assert len(found[0]["hours"]) in {5, 6}  # a reading of this hour may lie ahead of the clock
    assert len(found[1]["hours"]) == 3


def test_hours_stay_when_their_readings_are_gone(
    api: Api,
    tenant: Tenant,
    settings: Settings,
    tell: Callable[..., None],
    execute: Callable[..., Any],
) -> None:
    at = THIS_HOUR - 3 * HOUR
    tell(tenant, "platform:gone", at, 10.0, "unhealthy")
    sum_up(settings, at, at + HOUR)
    execute("DELETE FROM readings")

    (gone, never) = api.get(PATH)["items"]

    assert [hour["last_status"] for hour in gone["hours"]] == ["unhealthy"]
    assert (never["signal"], never["hours"]) == (f"source:{tenant.source}", [])


def test_only_the_range_and_the_signals_asked_for(
    api: Api, tenant: Tenant, tell: Callable[..., None]
) -> None:
    for hours in (1, 5, 30):
        for platform in ("meta", "google", "tiktok"):
            tell(tenant, f"platform:{platform}", THIS_HOUR - hours * HOUR, 90.0, "healthy")

    found = api.get(PATH, signal=["platform:meta", "platform:tiktok", "platform:none"])["items"]
    older = api.get(
        PATH,
        signal="platform:meta",
        since=(THIS_HOUR - 40 * HOUR).isoformat(),
        until=(THIS_HOUR - 5 * HOUR).isoformat(),
    )["items"]

    assert [(each["signal"], len(each["hours"])) for each in found] == [
        ("platform:meta", 2),
        ("platform:tiktok", 2),
    ]
    assert [len(each["hours"]) for each in older] == [1]


def test_pages_go_on_where_the_one_before_ended(
    api: Api, tenant: Tenant, tell: Callable[..., None]
) -> None:
    for number in range(5):
        tell(tenant, f"platform:p{number}", THIS_HOUR - HOUR, 90.0, "healthy")

    found = api.everything(PATH, limit=2)

    assert [each["signal"] for each in found] == [
        *(f"platform:p{number}" for number in range(5)),
        f"source:{tenant.source}",
    ]


@pytest.mark.parametrize(
    ("status", "query"),
    [
        (422, {"since": "now"}),
        (422, {"since": (NOW - 49 * HOUR).isoformat()}),
        (422, {"since": (NOW + 24 * HOUR).isoformat()}),
        (422, {"since": (NOW - HOUR).isoformat(), "until": (NOW - 2 * HOUR).isoformat()}),
        (422, {"since": "0001-01-01T00:00:00Z"}),
        (422, {"signal": "x" * 257}),
        (422, {"signal": ["source:1"] * 201}),
        (422, {"signal": "a\x00b"}),
        (400, {"cursor": "mine"}),
        (200, {"until": "0001-01-03T00:00:00Z"}),
        (422, {"until": "0001-01-01T00:00:00Z"}),
    ],
)
def test_a_range_that_makes_no_sense_is_refused(api: Api, status: int, query: Any) -> None:
    api.get(PATH, status, **query)


def test_the_path_takes_nothing_but_questions(api: Api) -> None:
    assert api.post(PATH, {}, 405)["code"] == "method_not_allowed"
    assert api.get("/cdp/signals/hour", 404)["code"] == "not_found"


def test_another_workspaces_signals_are_not_told(
    api: Api, tenant: Tenant, tenants: Callable[[str], Tenant], tell: Callable[..., None]
) -> None:
    other = tenants("other")
    tell(other, "platform:meta", THIS_HOUR - HOUR, 90.0, "healthy")

    assert [each["signal"] for each in api.get(PATH)["items"]] == [f"source:{tenant.source}"]
    assert api.get(PATH, signal="platform:meta")["items"] == []


def test_a_thousand_signals_cost_as_many_statements_as_one_and_no_scan(
    api: Api,
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
    execute: Callable[..., Any],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few = asks(tenants("few").read)
    execute(
        "INSERT INTO reading_hours SELECT %s, 'platform:p' || p, %s - make_interval(hours => h),"
        " 60, 0, 80, 90, 100, 'healthy' FROM generate_series(1, 1000) p, generate_series(2, 100) h",
        tenant.id,
        THIS_HOUR,
    )
    execute(
        "INSERT INTO readings (workspace_id, signal, read_at, score, status, sample, components,"
        " reasons) SELECT %s, 'platform:p' || p, %s - make_interval(mins => m), 90, 'healthy', 1,"
        " '{}', '[]' FROM generate_series(1, 1000) p, generate_series(1, 60, 2) m",
        tenant.id,
        THIS_HOUR,
    )
    params = {
        "workspace": tenant.id, "since": NOW - 24 * HOUR, "until": NOW, "signals": None,
        "after": None, "limit": 200,
    }  # fmt: skip
    with psycopg.connect(settings.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        conn.execute("ANALYZE readings, reading_hours")
        plan = "\n".join(row[0] for row in conn.execute("EXPLAIN " + timelines._TIMELINES, params))
    executed = counted_statements(monkeypatch)

    def statements(asking: Api) -> int:
        executed.clear()
        asking.get(PATH, limit=200)
        return len(executed)

    assert "Seq Scan on reading" not in plan
    assert 0 < statements(api) == statements(few) < 8
    day: dict[str, Any] = {
        "since": (THIS_HOUR - 24 * HOUR).isoformat(),
        "until": THIS_HOUR.isoformat(),
    }
    page = api.get(PATH, limit=200, **day)["items"]
    assert (len(page), {len(each["hours"]) for each in page}) == (200, {24})
