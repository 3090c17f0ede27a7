"""Everybody in a workspace: how many, and page by page from a random place in id order."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.errors import QueryCanceled

from domain.instants import MS

_PEOPLE: Final = "FROM profiles WHERE workspace_id = %s"
_AFTER: Final = "SELECT id, doc " + _PEOPLE + " AND id > %s ORDER BY id LIMIT %s"
_UP_TO: Final = "SELECT id, doc " + _PEOPLE + " AND id > %s AND id <= %s ORDER BY id LIMIT %s"
_NIL: Final = UUID(int=0)


def count_people(conn: Connection[Any], workspace: int, longest: timedelta) -> tuple[int, bool]:
    """How many people there are, and whether they were counted.

    Args:
        conn: in a transaction.
        workspace: tenant.
        longest: that counting may take; beyond, it is the planner's estimate.
    """
    try:
        with conn.transaction():
            before = conn.execute("SHOW statement_timeout").fetchone()
            conn.execute(f"SET LOCAL statement_timeout = {longest // MS}".encode())
            row = conn.execute("SELECT count(*) " + _PEOPLE, (workspace,)).fetchone()
            conn.execute(f"SET LOCAL statement_timeout = '{before[0] if before else 0}'".encode())
            return (int(row[0]) if row else 0), True
    except QueryCanceled:
        plan = conn.execute("EXPLAIN (FORMAT JSON) SELECT 1 " + _PEOPLE, (workspace,)).fetchone()
        return (int(plan[0][0]["Plan"]["Plan Rows"]) if plan else 0), False


def ring(
    conn: Connection[Any], workspace: int, start: UUID, size: int
) -> Iterator[list[tuple[bytes, bytes]]]:
    """Everybody's id and document, once, page by page.

    Args:
        conn: within a snapshot, with `store.connection.adapt`.
        workspace: tenant.
        start: where in id order it begins; it wraps around.
        size: people per page.
    """
    cursor = conn.cursor(binary=True)
    after = start
    while page := cursor.execute(_AFTER, (workspace, after, size)).fetchall():
        yield page
        after = UUID(bytes=page[-1][0])
    after = _NIL
    while page := cursor.execute(_UP_TO, (workspace, after, start, size)).fetchall():
        yield page
        after = UUID(bytes=page[-1][0])
