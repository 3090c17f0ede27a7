"""What the last 24 hours brought, hour by hour."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from api.app import open_pool
from api.operation.hours_routes import SharedHours, stands_s
from config.settings import Settings
from store.profiles.hours import HOUR, Hours
from store.profiles.statistics import LASTING_OF_SOURCES
from tests.api.conftest import Api, Tenant

PATH = "/cdp/statistics/hours"


@pytest.fixture
def came(settings: Settings) -> Callable[[timedelta], datetime]:
    """Lets everything counted so far have come some time ago; answers the hour."""

    def move(ago: timedelta) -> datetime:
        at = (datetime.now(UTC) - ago).replace(second=0, microsecond=0)
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            conn.execute("UPDATE observations SET minute_at = %s, shard = shard + 100", (at,))
        return at.replace(minute=0)

    return move


def counts(hour: Any) -> dict[str, Any]:
    return {name: value for name, value in hour.items() if name != "hour_at" and value}


def test_each_hour_tells_what_came_in_it(
    tenant: Tenant, api: Api, came: Callable[[timedelta], datetime]
) -> None:
    bought = {"revenue": 10.5, "currency": "USD"}
    tenant.feed(
        tenant.event(event="Order Completed", userId="u1", properties=bought),
        tenant.event(event="Order Completed", userId="u2", properties=bought),
        tenant.event("track", userId="u1"),
        again := tenant.event("page", anonymousId="a1"),
        again,
    )
    hour = came(timedelta(hours=3))

    answer = api.get(PATH)

    found = {each["hour_at"]: counts(each) for each in answer["hours"] if counts(each)}
    assert found == {
        hour.strftime("%Y-%m-%dT%H:%M:%SZ"): {
            "people_created": 3,
            "events": 3,
            "duplicates": 1,
            "rejected": 1,
            "orders": 2,
            "revenue": [{"currency": "USD", "orders": 2, "amount_minor": 2100, "amount": "21.00"}],
        }
    }


def test_every_hour_is_told_once_and_what_is_older_is_not(
    tenant: Tenant, api: Api, came: Callable[[timedelta], datetime]
) -> None:
    tenant.feed(tenant.event("page", userId="u1"))
    came(timedelta(hours=25))

    answer = api.get(PATH)

    begins = [datetime.fromisoformat(each["hour_at"]) for each in answer["hours"]]
    assert len(begins) == 24
    assert {later - before for before, later in itertools.pairwise(begins)} == {timedelta(hours=1)}
    as_of = datetime.fromisoformat(answer["as_of"])
    assert begins[-1] <= as_of < begins[-1] + timedelta(hours=1)
    assert [counts(each) for each in answer["hours"]] == [{}] * 24


def test_hours_are_of_one_workspace(
    tenant: Tenant,
    tenants: Callable[[str], Tenant],
    asks: Callable[[str], Api],
    came: Callable[[timedelta], datetime],
) -> None:
    other = tenants("second")
    tenant.feed(tenant.event("page", userId="u1"))
    came(timedelta(0))

    assert sum(each["events"] for each in asks(tenant.read).get(PATH)["hours"]) == 1
    assert sum(each["events"] for each in asks(other.read).get(PATH)["hours"]) == 0


@pytest.fixture
def counted(settings: Settings, tenant: Tenant) -> Callable[[timedelta, int, timedelta], None]:
    """Counts events that came some time ago, in a transaction of some time ago."""

    def count(ago: timedelta, events: int, written: timedelta) -> None:
        now = datetime.now(UTC)
        with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
            conn.execute(
                "INSERT INTO observations"
                " (workspace_id, signal, minute_at, shard, metric, value, updated_at)"
                " VALUES (%s, %s, date_trunc('minute', %s), 0, 'accepted', %s, %s)"
                " ON CONFLICT (workspace_id, signal, minute_at, shard, metric)"
                " DO UPDATE SET value = observations.value + excluded.value,"
                " updated_at = excluded.updated_at",
                (tenant.id, f"source:{tenant.source}", now - ago, events, now - written),
            )

    return count


def test_hours_that_are_over_are_read_again_only_where_they_changed(
    tenant: Tenant,
    settings: Settings,
    counted: Callable[[timedelta, int, timedelta], None],
) -> None:
    begin = datetime.now(UTC)
    first = begin.replace(minute=0, second=0, microsecond=0) - 23 * HOUR
    past = timedelta(days=1)
    clock = itertools.count()

    async def play() -> list[int]:
        async with open_pool(settings) as pool:
            hours = Hours(pool, settings.query.statistics, settings.log.watched)

            async def events() -> int:
                now = begin + next(clock) * timedelta(minutes=1)
                answer = await hours.read(tenant.id, first, now)
                return sum(counts["accepted"] for counts in answer.hours.values())

            counted(6 * HOUR, 1, past)
            sums = [await events()]
            counted(6 * HOUR, 10, past)  # as if nothing had been written since: not read again
            counted(timedelta(), 100, past)  # of the hour under way
            sums.append(await events())
            counted(4 * HOUR, 1_000, -timedelta(minutes=3))
            sums.append(await events())
            counted(7 * HOUR, 10_000, -timedelta(minutes=3))
            sums.append(await events())
            return sums

    assert asyncio.run(play()) == [1, 101, 1_101, 11_111]


def test_hours_that_are_over_are_summed_anew_after_a_while_though_somebody_looks(
    tenant: Tenant,
    settings: Settings,
    counted: Callable[[timedelta, int, timedelta], None],
) -> None:
    begin = datetime.now(UTC)
    first = begin.replace(minute=0, second=0, microsecond=0) - 23 * HOUR

    async def play() -> list[int]:
        async with open_pool(settings) as pool:
            hours = Hours(pool, settings.query.statistics, settings.log.watched)
            sums = []
            for minute in range(13):
                if minute == 1:  # by a transaction that was open longer than is allowed for
                    counted(6 * HOUR, 10, timedelta(days=1))
                now = begin + minute * timedelta(minutes=1)
                answer = await hours.read(tenant.id, first, now)
                sums.append(sum(counts["accepted"] for counts in answer.hours.values()))
            return sums

    sums = asyncio.run(play())
    assert sums[1] == 0
    assert sums[-1] == 10


def test_who_asks_within_a_second_shares_one_reading(app: FastAPI, api: Api) -> None:
    seconds = iter([0.0, 0.0, 0.2, 0.9, 1.1, 1.2, 1.3])  # of each look at the clock
    api.get("/cdp/statistics/hours")
    app.state.shared_hours = SharedHours(stands_s, lambda: next(seconds))

    first, again, later, anew = (api.get("/cdp/statistics/hours")["as_of"] for _ in range(4))

    assert first == again == later != anew


def test_counters_that_are_kept_for_good_are_found_by_their_index(
    postgres_dsn: str,
) -> None:
    with psycopg.connect(postgres_dsn) as conn:
        conn.execute("SET enable_seqscan = off")
        plan = conn.execute(
            "EXPLAIN SELECT FROM observations WHERE workspace_id = 1 AND minute_at > now() AND "
            + LASTING_OF_SOURCES
        ).fetchall()
    assert "observations_lasting" in str(plan)
