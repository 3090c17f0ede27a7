"""Waits for a Postgres that stands still: they end in time, and it is found again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import TypeVar

import psycopg
import pytest

from local.servers.postgres import EmbeddedPostgres
from store.fetch import fetch, transaction
from store.limited import LimitedAsyncPool, LimitedPool, Limits, allow, connect
from tests.support.frozen import frozen

T = TypeVar("T")
SHORT = Limits(timedelta(seconds=0.5), timedelta(seconds=0.5))
LATEST_S = 10.0
"""A machine may be slow; without limits nothing would come at all."""


def with_pool(dsn: str, limits: Limits, use: Callable[[LimitedAsyncPool], Awaitable[T]]) -> T:
    async def run() -> T:
        async with LimitedAsyncPool(dsn, limits, 2, "test") as pool:
            return await use(pool)

    return asyncio.run(run())


async def found_again(pool: LimitedAsyncPool) -> bool:
    async with asyncio.timeout(30):
        while True:
            try:
                return await fetch(pool, int, "SELECT 1", {}) == [1]
            except psycopg.OperationalError:
                continue


async def under_way(dsn: str) -> None:
    """Wait until a statement sleeps."""
    sleeps = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = %s"
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        while not await (await conn.execute(sleeps, ("PgSleep",))).fetchone():
            await conn.execute("SELECT pg_stat_clear_snapshot()")


async def slept(pool: LimitedAsyncPool) -> None:
    await fetch(pool, str, "SELECT pg_sleep(60)::text", {})


async def transacted(pool: LimitedAsyncPool) -> None:
    async with transaction(pool) as conn:
        await conn.execute("SELECT pg_sleep(60)")


def test_a_connection_is_waited_for_only_so_long_and_found_again(
    postgres_dsn: str, postgres_server: EmbeddedPostgres
) -> None:
    async def use(pool: LimitedAsyncPool) -> float:
        assert await found_again(pool)
        with frozen(postgres_server):
            began_s = monotonic()
            answers = await asyncio.gather(
                *(fetch(pool, int, "SELECT 1", {}) for _ in range(20)), return_exceptions=True
            )
            took_s = monotonic() - began_s
        assert {isinstance(each, psycopg.OperationalError) for each in answers} == {True}
        assert await found_again(pool)
        return took_s

    assert 0.4 < with_pool(postgres_dsn, SHORT, use) < LATEST_S


@pytest.mark.parametrize("work", [slept, transacted])
def test_a_statement_is_waited_for_only_so_long(
    work: Callable[[LimitedAsyncPool], Awaitable[None]],
    postgres_dsn: str,
    postgres_server: EmbeddedPostgres,
) -> None:
    async def use(pool: LimitedAsyncPool) -> float:
        began_s = monotonic()
        asking = asyncio.ensure_future(work(pool))
        await under_way(postgres_dsn)
        with frozen(postgres_server):
            with pytest.raises(psycopg.OperationalError) as ended:
                await asking
            took_s = monotonic() - began_s
        assert ended.value.sqlstate is None  # not by the server
        assert await found_again(pool)
        return took_s

    patient = Limits(timedelta(seconds=30), timedelta(seconds=1))
    assert 0.9 < with_pool(postgres_dsn, patient, use) < LATEST_S


@pytest.mark.parametrize("work", [slept, transacted])
def test_who_is_cancelled_goes_at_once(
    work: Callable[[LimitedAsyncPool], Awaitable[None]],
    postgres_dsn: str,
    postgres_server: EmbeddedPostgres,
) -> None:
    async def use(pool: LimitedAsyncPool) -> float:
        asking = asyncio.ensure_future(work(pool))
        await under_way(postgres_dsn)
        with frozen(postgres_server):
            began_s = monotonic()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            took_s = monotonic() - began_s
        assert await found_again(pool)
        return took_s

    patient = Limits(timedelta(seconds=30), timedelta(seconds=60))
    assert with_pool(postgres_dsn, patient, use) < 4  # psycopg waits for ten seconds


def test_a_connection_on_which_a_statement_was_cancelled_is_not_lent_again(
    postgres_dsn: str,
) -> None:
    async def use(pool: LimitedAsyncPool) -> None:
        for _ in range(5):
            asking = asyncio.ensure_future(slept(pool))
            await under_way(postgres_dsn)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await fetch(pool, int, "SELECT 7", {}) == [7]

    with_pool(postgres_dsn, Limits(timedelta(seconds=30), timedelta(seconds=60)), use)


def test_a_statement_that_the_server_ends_leaves_its_connection_open(postgres_dsn: str) -> None:
    with connect(postgres_dsn, SHORT) as conn:
        with pytest.raises(psycopg.errors.QueryCanceled):
            conn.execute("SELECT pg_sleep(60)")
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_no_limit_is_none(postgres_dsn: str) -> None:
    with connect(postgres_dsn, Limits(SHORT.connection, timedelta())) as conn:
        assert conn.limit_s is None
        assert conn.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_a_transaction_that_may_take_longer_ends_with_what_it_was_allowed(
    postgres_dsn: str,
) -> None:
    with LimitedPool(postgres_dsn, Limits(timedelta(seconds=30), SHORT.statement), 1) as pool:
        with pool.connection() as conn:
            allow(conn, timedelta(seconds=30))
            conn.execute("SELECT pg_sleep(1.6)")
        with pytest.raises(psycopg.errors.QueryCanceled), pool.connection() as conn:
            conn.execute("SELECT pg_sleep(60)")


def test_nothing_is_opened_for_longer_than_a_connection_may_take(
    postgres_dsn: str, postgres_server: EmbeddedPostgres
) -> None:
    with frozen(postgres_server):
        began_s = monotonic()
        with pytest.raises(psycopg.OperationalError):
            connect(postgres_dsn, SHORT)
        assert monotonic() - began_s < LATEST_S


def test_who_is_cancelled_as_a_connection_is_handed_over_ends_and_leaves_it(
    postgres_dsn: str,
) -> None:
    async def cancelled_after(steps: int, pool: LimitedAsyncPool) -> None:
        waiting: asyncio.Task[None]
        async with pool.connection():
            waiting = asyncio.create_task(slept(pool))
            await asyncio.sleep(0.01)
        for _ in range(steps):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await fetch(pool, int, "SELECT 1", {}) == [1]

    async def run() -> None:
        async with LimitedAsyncPool(postgres_dsn, patient, 1, "test") as pool:
            for steps in range(30):
                await cancelled_after(steps, pool)

    patient = Limits(timedelta(seconds=30), timedelta(seconds=5))
    asyncio.run(run())


def test_a_server_stops_working_on_what_was_given_up(postgres_dsn: str) -> None:
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'given up' AND state = 'active'"
    )

    async def run() -> None:
        async with LimitedAsyncPool(postgres_dsn, patient, 1, "given up") as pool:
            asking = asyncio.create_task(slept(pool))
            await under_way(postgres_dsn)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    patient = Limits(timedelta(seconds=30), timedelta(seconds=60))
    asyncio.run(run())
    with psycopg.connect(postgres_dsn, autocommit=True) as conn:
        until_s = monotonic() + LATEST_S
        while conn.execute(busy).fetchone() != (0,):
            assert monotonic() < until_s
            time.sleep(0.05)
