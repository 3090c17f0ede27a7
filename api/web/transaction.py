"""Runs blocking transactions of the store for routes: in threads, on a bounded connection pool."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import Annotated, Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg_pool import PoolTimeout

from api.web.deps import state
from config.settings import Settings
from store.limited import LimitedPool, allow, hang_up

T = TypeVar("T")
Conn = Connection[Any]
"""A blocking connection inside a transaction."""


class NoThreadError(PoolTimeout):
    """Other transactions kept all threads busy: nobody has asked Postgres."""


class _Lent:
    """The connection that a thread reads on, for the caller that may not want the answer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._conn: Conn | None = None
        self._unwanted = False

    def to(self, work: Callable[[Conn], T]) -> Callable[[Conn], T]:
        """The same work, which `give_up` ends."""

        def lent(conn: Conn) -> T:
            with self._lock:
                if self._unwanted:
                    raise OperationalError("nobody waits for the answer")
                self._conn = conn
            try:
                return work(conn)
            finally:
                with self._lock:
                    self._conn = None

        return lent

    def give_up(self) -> None:
        """End the statement that runs; none begins any more."""
        with self._lock:
            self._unwanted = True
            if self._conn is not None:
                hang_up(self._conn)


class Transactions:
    """Threads with as many pooled connections, so that no transaction waits for a connection.

    Args:
        threads: run the transactions; what is beyond their number queues, as long as a connection
            may be waited for.
        pool: open pool of at least as many connections.
    """

    def __init__(self, threads: ThreadPoolExecutor, pool: LimitedPool) -> None:
        self._threads = threads
        self._pool = pool

    async def run(self, work: Callable[[Conn], T], statement_timeout: timedelta | None = None) -> T:
        """Run one transaction: committed when `work` returns, rolled back on any error.

        A cancelled caller cancels a queued transaction; one that has begun runs to its end. The
        connection returns to the pool idle, and is discarded if it is broken.

        Args:
            work: called with the connection in a thread. It may change the session only until the
                transaction ends; `store.connection.adapt` may stay, as it changes binary results
                only.
            statement_timeout: longest time of a statement, instead of ``edge.statement_timeout``.

        Raises:
            NoThreadError: all threads are busy for longer than a connection may be waited for.
            psycopg.OperationalError: Postgres does not answer, or cancels a statement.
        """
        return await self._answer(self._begin(work, statement_timeout))

    async def read(
        self, work: Callable[[Conn], T], statement_timeout: timedelta | None = None
    ) -> T:
        """As `run`, for work that only reads: a cancelled caller ends its statement.

        Its thread is waited for, unless the caller is cancelled once more.

        Args:
            work: called with the connection in a thread.
            statement_timeout: longest time of a statement, instead of ``edge.statement_timeout``.

        Raises:
            NoThreadError: all threads are busy for longer than a connection may be waited for.
            psycopg.OperationalError: Postgres does not answer, or cancels a statement.
        """
        lent = _Lent()
        turn = self._begin(lent.to(work), statement_timeout)
        try:
            return await self._answer(turn)
        except asyncio.CancelledError:
            lent.give_up()
            await asyncio.gather(asyncio.wrap_future(turn), return_exceptions=True)
            raise

    def _begin(self, work: Callable[[Conn], T], statement_timeout: timedelta | None) -> Future[T]:
        until_s = monotonic() + self._pool.timeout

        def transact() -> T:
            with self._pool.connection(until_s - monotonic()) as conn:
                if statement_timeout is not None:
                    allow(conn, statement_timeout)
                return work(conn)

        return self._threads.submit(transact)

    async def _answer(self, turn: Future[T]) -> T:
        too_late = asyncio.get_running_loop().call_later(self._pool.timeout, turn.cancel)
        try:
            return await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
            raise NoThreadError("no thread in time") from None
        finally:
            too_late.cancel()


@asynccontextmanager
async def open_transactions(settings: Settings) -> AsyncIterator[Transactions]:
    """Open the threads and their pool, and close both.

    Postgres may be away: connections are opened in the background. Transactions that run when this
    ends are committed, and their connections closed.

    The connections have no application name of ours: transactions of connections named
    ``stratum-*`` delay the reading of minutes (`store.signals.signals`).
    """
    size = settings.postgres.pool_size
    threads = ThreadPoolExecutor(size, "transactions")
    pool = LimitedPool(settings.postgres.dsn.get_secret_value(), settings.edge.waits, size)
    pool.open(wait=False)
    try:
        yield Transactions(threads, pool)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(pool.close)


TransactionsDep = Annotated[Transactions, state("transactions")]
"""Parameter of a route that runs blocking transactions."""
