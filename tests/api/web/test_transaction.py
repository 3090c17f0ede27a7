"""Transactions of routes: committed or rolled back, on connections that are whole."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import TypeVar

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from api.web.transaction import Conn, NoThreadError, Transactions, open_transactions
from config.settings import Settings
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import wait_until
from store.limited import hang_up
from tests.api.collector.test_outages import away
from tests.support.frozen import frozen

T = TypeVar("T")


def within(settings: Settings, use: Callable[[Transactions], Awaitable[T]]) -> T:
    """Open transactions in an event loop, use them, close them."""

    async def run() -> T:
        async with open_transactions(settings) as transactions:
            return await use(transactions)

    return asyncio.run(run())


@pytest.fixture
def single(settings: Settings) -> Settings:
    """One connection, and little patience."""
    postgres = settings.postgres.model_copy(update={"pool_size": 1})
    edge = replace(settings.edge, pool_timeout=timedelta(seconds=1))
    return settings.model_copy(update={"postgres": postgres, "edge": edge})


def backend(conn: Conn) -> int:
    assert conn.info.transaction_status is TransactionStatus.IDLE
    return conn.info.backend_pid


def add(conn: Conn) -> None:
    conn.execute("INSERT INTO workspaces (name, salt) VALUES ('added', '\\x00')")


def count(conn: Conn) -> int:
    row = conn.execute("SELECT count(*) FROM workspaces WHERE name = 'added'").fetchone()
    return int(row[0]) if row else -1


def test_a_transaction_is_committed_and_a_failed_one_leaves_nothing(single: Settings) -> None:
    def fails(conn: Conn) -> None:
        add(conn)
        raise LookupError

    async def use(transactions: Transactions) -> tuple[int, int]:
        with pytest.raises(LookupError):
            await transactions.run(fails)
        before = await transactions.run(count)
        await transactions.run(add)
        return before, await transactions.run(count)

    assert within(single, use) == (0, 1)


def test_a_connection_is_used_again_after_an_error_but_not_when_it_is_broken(
    single: Settings,
) -> None:
    def breaks(conn: Conn) -> None:
        conn.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def use(transactions: Transactions) -> list[int]:
        backends = [await transactions.run(backend)]
        with pytest.raises(psycopg.errors.UndefinedTable):
            await transactions.run(lambda conn: conn.execute("SELECT 1 FROM nothing"))
        backends.append(await transactions.run(backend))
        with pytest.raises(psycopg.OperationalError):
            await transactions.run(breaks)
        return [*backends, await transactions.run(backend)]

    first, second, third = within(single, use)

    assert first == second != third


def test_a_longer_statement_timeout_ends_with_its_transaction(single: Settings) -> None:
    def timeout(conn: Conn) -> str:
        row = conn.execute("SHOW statement_timeout").fetchone()
        return str(row[0]) if row else ""

    async def use(transactions: Transactions) -> list[str]:
        longer = await transactions.run(timeout, timedelta(minutes=1))
        return [longer, await transactions.run(timeout)]

    assert within(single, use) == ["1min", "15s"]


def test_without_its_database_a_transaction_fails_and_succeeds_once_it_is_back(
    single: Settings,
) -> None:
    async def use(transactions: Transactions) -> None:
        await transactions.run(backend)
        with away(single.postgres.dsn.get_secret_value()):
            for _ in range(2):
                with pytest.raises(psycopg.OperationalError):
                    await transactions.run(backend)
        async with asyncio.timeout(10):
            while True:
                try:
                    await transactions.run(backend)
                except psycopg.OperationalError:
                    continue
                return

    within(single, use)


def test_transactions_on_a_server_that_stands_still_fail_in_time_and_free_their_threads(
    settings: Settings, postgres_server: EmbeddedPostgres
) -> None:
    second = timedelta(seconds=1)
    edge = replace(settings.edge, pool_timeout=second, statement_timeout=second)
    hasty = settings.model_copy(update={"edge": edge})
    asleep = threading.Semaphore(0)

    def sleep(conn: Conn) -> None:
        asleep.release()
        conn.execute("SELECT pg_sleep(60)")

    async def fail(transactions: Transactions, work: Callable[[Conn], object]) -> float:
        began_s = monotonic()
        with pytest.raises(psycopg.OperationalError):
            await transactions.run(work)
        return monotonic() - began_s

    async def use(transactions: Transactions) -> list[float]:
        under_way = asyncio.ensure_future(fail(transactions, sleep))
        await asyncio.to_thread(asleep.acquire)
        with frozen(postgres_server):
            many = 4 * settings.postgres.pool_size
            took = await asyncio.gather(*(fail(transactions, backend) for _ in range(many)))
            took.append(await under_way)
        async with asyncio.timeout(30):
            while True:
                try:
                    await transactions.run(backend)
                except psycopg.OperationalError:
                    continue
                return took

    assert max(within(hasty, use)) < 10


def test_a_transaction_waits_for_a_thread_no_longer_than_for_a_connection(
    single: Settings,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def long(conn: Conn) -> int:
        begun.set()
        assert go_on.wait(60)
        return backend(conn)

    async def use(transactions: Transactions) -> None:
        first = asyncio.ensure_future(transactions.run(long))
        await asyncio.to_thread(begun.wait)
        ran = threading.Event()
        with pytest.raises(NoThreadError):
            await transactions.run(lambda _: ran.set())
        go_on.set()
        await first
        assert await transactions.run(backend)
        assert not ran.is_set()

    within(single, use)


def test_a_transaction_that_runs_at_shutdown_is_committed(single: Settings) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def slow(conn: Conn) -> None:
        begun.set()
        assert go_on.wait(10)
        add(conn)
        done.set()

    async def use(transactions: Transactions) -> None:
        asking = asyncio.ensure_future(transactions.run(slow))
        await asyncio.to_thread(begun.wait, 10)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    within(single, use)
    go_on.set()
    assert done.wait(10)

    with psycopg.connect(single.postgres.dsn.get_secret_value(), autocommit=True) as conn:
        assert wait_until(lambda: count(conn) == 1, 10)


def test_a_read_that_nobody_waits_for_ends_and_frees_its_thread(settings: Settings) -> None:
    postgres = settings.postgres.model_copy(update={"pool_size": 1})
    begun = threading.Event()

    def slow(conn: Conn) -> None:
        begun.set()
        conn.execute("SELECT pg_sleep(60)")

    async def use(transactions: Transactions) -> int:
        for _ in range(3):
            begun.clear()
            reading = asyncio.ensure_future(transactions.read(slow))
            assert await asyncio.to_thread(begun.wait, 30)
            queued = asyncio.ensure_future(transactions.read(slow))
            await asyncio.sleep(0)
            for one in (queued, reading):
                one.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await one
        return await transactions.run(backend)

    assert within(settings.model_copy(update={"postgres": postgres}), use)


def test_giving_up_a_connection_that_is_gone_is_no_error(settings: Settings) -> None:
    with psycopg.connect(settings.postgres.dsn.get_secret_value()) as conn:
        hang_up(conn)
        hang_up(conn)
        conn.pgconn.finish()
        hang_up(conn)
