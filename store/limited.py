"""Connections and pools that wait for Postgres no longer than they may, whatever it does.

A server that stands still, or whose network is gone, takes connections and never answers. Its own
``statement_timeout`` then ends nothing; neither does psycopg, which asks the server of a cancelled
statement for ten seconds to cancel it. Here this process's clock ends every wait, and whoever is
cancelled goes at once. The connection is closed then, because nobody knows what its server still
does: a pool makes another. A server that still works on a statement of a closed connection notices
within a second, and ends it.
"""

import os
import socket
from asyncio import CancelledError, current_task
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from time import monotonic
from typing import Any, Final, cast

from psycopg import AsyncConnection, Connection, OperationalError, waiting
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from domain.instants import MS

_LOOK_S: Final = 0.1
"""How often a wait looks whether its connection is still open, as psycopg does."""
_MARGIN: Final = timedelta(seconds=1)
"""For the way: a server that answers ends a statement itself, and says so."""
_LEFT: Final = timedelta(seconds=1)
"""How often a busy server looks whether its client is still there: what was given up ends."""
_SHORTEST_CHECK_S: Final = 0.2
"""A connection that is lent at the end of a wait still has so long to answer."""
_SHORTEST_S: Final = 2
"""The shortest ``connect_timeout`` there is."""
_until_s: ContextVar[float] = ContextVar("until_s")
"""When whoever borrows a connection gives up, monotonic seconds."""


@dataclass(frozen=True)
class Limits:
    """How long may be waited for Postgres.

    Attributes:
        connection: for a connection that answers.
        statement: for the answer to one statement; zero for no limit.
    """

    connection: timedelta
    statement: timedelta

    @property
    def arguments(self) -> dict[str, Any]:
        """What a connection is opened with."""
        return {
            "options": f"-c statement_timeout={self.statement // MS}"
            f" -c client_connection_check_interval={_LEFT // MS}",
            "connect_timeout": max(_SHORTEST_S, ceil(self.connection.total_seconds())),
        }


def _patience_s(statement: timedelta) -> float | None:
    """How long this process waits for a statement that the server ends after so long."""
    return (statement + _MARGIN).total_seconds() if statement else None


class LimitedAsyncConnection(AsyncConnection[Any]):
    """A connection whose waits end.

    Attributes:
        limit_s: longest wait for one answer; None for no limit.
    """

    limit_s: float | None = None

    async def wait(
        self,
        gen: PQGen[RV],
        interval: float = _LOOK_S,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> RV:
        """See `psycopg.AsyncConnection.wait`.

        Raises:
            psycopg.OperationalError: no answer in time; the connection is closed.
        """
        limit_s = self.limit_s if timeout is None else timeout
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval, limit_s)
        except (OperationalError, CancelledError):
            _give_up(self)
            raise


class LimitedConnection(Connection[Any]):
    """A blocking connection whose waits end.

    Attributes:
        limit_s: longest wait for one answer; None for no limit.
    """

    limit_s: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = _LOOK_S, timeout: float | None = None) -> RV:
        """See `psycopg.Connection.wait`.

        Raises:
            psycopg.OperationalError: no answer in time; the connection is closed.
        """
        try:
            return super().wait(gen, interval, self.limit_s if timeout is None else timeout)
        except OperationalError:
            _give_up(self)
            raise


def _give_up(conn: LimitedAsyncConnection | LimitedConnection) -> None:
    """Close a connection whose statement was not answered to its end."""
    if conn.pgconn.transaction_status == TransactionStatus.ACTIVE:
        conn.pgconn.finish()


def connect(dsn: str, limits: Limits) -> LimitedConnection:
    """Open a blocking autocommit connection.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    conn = LimitedConnection.connect(dsn, autocommit=True, **limits.arguments)
    conn.limit_s = _patience_s(limits.statement)
    return conn


def allow(conn: Connection[Any], statement: timedelta) -> None:
    """Let the statements of this transaction take so long, on a connection of a `LimitedPool`."""
    conn.execute(f"SET LOCAL statement_timeout = {statement // MS}".encode())
    if isinstance(conn, LimitedConnection):
        conn.limit_s = _patience_s(statement)


def hang_up(conn: Connection[Any]) -> None:
    """End a connection that another thread works on: its statement fails, and all that follow.

    Nothing happens where the connection has ended meanwhile.
    """
    with (
        suppress(OperationalError, OSError),
        socket.socket(fileno=os.dup(conn.pgconn.socket)) as same,
    ):
        same.shutdown(socket.SHUT_RDWR)


class LimitedAsyncPool(AsyncConnectionPool[AsyncConnection[Any]]):
    """A pool of autocommit connections, each of which has just answered when it is lent.

    Args:
        dsn: of the database.
        limits: of its waits. Connections are tried for as long, then by the next who wants one.
        size: connections at most.
        name: of the application.
    """

    def __init__(self, dsn: str, limits: Limits, size: int, name: str) -> None:
        patience_s = limits.connection.total_seconds()
        super().__init__(
            dsn,
            connection_class=LimitedAsyncConnection,
            kwargs={"autocommit": True, "application_name": name, **limits.arguments},
            min_size=1,
            max_size=size,
            timeout=patience_s,
            reconnect_timeout=patience_s,
            check=_check_async,
            open=False,
        )
        self._statement_s = _patience_s(limits.statement)

    async def getconn(
        self,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncConnection[Any]:
        """See `psycopg_pool.AsyncConnectionPool.getconn`; its check counts as waiting.

        Raises:
            asyncio.CancelledError: also where the wait lost it, as `asyncio.wait_for` does before
                Python 3.12 if its result comes at the same moment.
        """
        _until_s.set(monotonic() + (self.timeout if timeout is None else timeout))
        task = current_task()
        cancelled = task and task.cancelling()
        conn = await super().getconn(timeout)
        if task and task.cancelling() != cancelled:
            await self.putconn(conn)
            raise CancelledError
        _limit(conn, self._statement_s)
        return conn


class LimitedPool(ConnectionPool[Connection[Any]]):
    """A pool of blocking connections, each of which has just answered when it is lent.

    Args:
        dsn: of the database.
        limits: of its waits. Connections are tried for as long, then by the next who wants one.
        size: connections at most.
    """

    def __init__(self, dsn: str, limits: Limits, size: int) -> None:
        patience_s = limits.connection.total_seconds()
        super().__init__(
            dsn,
            connection_class=LimitedConnection,
            # Not prepared: plans fit their parameters.
            kwargs={"prepare_threshold": None, **limits.arguments},
            min_size=1,
            max_size=size,
            timeout=patience_s,
            reconnect_timeout=patience_s,
            check=_check,
            open=False,
        )
        self._statement_s = _patience_s(limits.statement)

    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        """See `psycopg_pool.ConnectionPool.getconn`; its check counts as waiting."""
        _until_s.set(monotonic() + (self.timeout if timeout is None else timeout))
        conn = super().getconn(timeout)
        _limit(conn, self._statement_s)
        return conn


def _limit(conn: AsyncConnection[Any] | Connection[Any], limit_s: float | None) -> None:
    cast("LimitedAsyncConnection | LimitedConnection", conn).limit_s = limit_s


def _check_s() -> float:
    """How long a connection may take to show that it answers: time is left for another one."""
    return max(_SHORTEST_CHECK_S, (_until_s.get() - monotonic()) / 2)


async def _check_async(conn: AsyncConnection[Any]) -> None:
    _limit(conn, _check_s())
    await LimitedAsyncPool.check_connection(conn)


def _check(conn: Connection[Any]) -> None:
    _limit(conn, _check_s())
    LimitedPool.check_connection(conn)
