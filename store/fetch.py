"""Runs read queries on the shared asynchronous pool: the one place where a read model borrows a connection."""

from collections.abc import Callable, Mapping
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection
from psycopg.rows import args_row
from psycopg_pool import AsyncConnectionPool

T = TypeVar("T")

Pool = AsyncConnectionPool[AsyncConnection[Any]]
"""What read models borrow connections from; opened by the process that serves requests."""


async def fetch(pool: Pool, make: Callable[..., T], sql: LiteralString, params: Mapping[str, Any]) -> list[T]:
    """Run one read query and build one value per row.

    The statement is planned for its parameters each time: filters that are not given are folded away.

    Args:
        pool: open pool.
        make: called with the columns of a row, in order.
        sql: the statement, with named parameters.
        params: their values.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached (`psycopg_pool.PoolTimeout` among them).
    """
    async with pool.connection() as connection, connection.cursor(row_factory=args_row(make)) as cursor:
        await cursor.execute(sql, params, prepare=False)
        return await cursor.fetchall()


async def fetch_one(pool: Pool, make: Callable[..., T], sql: LiteralString, params: Mapping[str, Any]) -> T | None:
    """Like `fetch`, for at most one row: the first one, or None."""
    rows = await fetch(pool, make, sql, params)
    return rows[0] if rows else None
