"""Runs the API's queries on its asynchronous pool: the one place that borrows a connection."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection, Connection, OperationalError
from psycopg.rows import args_row
from psycopg_pool import AsyncConnectionPool

from store.errors import StoreUnavailable

T = TypeVar("T")

AsyncConn = AsyncConnection[Any]
"""A connection of such a pool, as `transaction` lends it."""
Pool = AsyncConnectionPool[AsyncConnection[Any]]
"""What read models borrow connections from; opened by the process that serves requests."""


async def fetch(
    pool: Pool, make: Callable[..., T], sql: LiteralString, params: Mapping[str, Any]
) -> list[T]:
    """Run one read query and build one value per row.

    The statement is planned for its parameters each time: filters that are not given are folded
    away.

    Args:
        pool: open pool.
        make: called with the columns of a row, in order.
        sql: the statement, with named parameters.
        params: their values.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached, gives no connection in time, or
            cancels the statement.
    """
    async with (
        pool.connection() as connection,
        connection.cursor(row_factory=args_row(make)) as cursor,
    ):
        await cursor.execute(sql, params, prepare=False)
        return await cursor.fetchall()


async def fetch_one(
    pool: Pool, make: Callable[..., T], sql: LiteralString, params: Mapping[str, Any]
) -> T | None:
    """Like `fetch`, for at most one row.

    Args:
        pool: open pool.
        make: builds the result of a row.
        sql: one statement.
        params: its parameters, by name.

    Returns:
        The first row, or None.
    """
    rows = await fetch(pool, make, sql, params)
    return rows[0] if rows else None


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[AsyncConnection[Any]]:
    """Borrow a connection for one transaction: committed at the end, rolled back on any error.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached; the transaction may have been
            committed only if that happened at its very end.
    """
    async with pool.connection() as connection, connection.transaction():
        yield connection


@contextmanager
def read_snapshot(conn: Connection[Any]) -> Iterator[None]:
    """A read-only transaction in which every statement sees the same state.

    Args:
        conn: in autocommit mode.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


async def ping(pool: Pool) -> None:
    """Ask Postgres for a sign of life.

    Raises:
        StoreUnavailable: there is none.
    """
    try:
        await fetch(pool, int, "SELECT 1", {})
    except OperationalError as error:
        raise StoreUnavailable(type(error).__name__) from error
