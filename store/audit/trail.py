"""Appends to the audit log.

Rows are never changed (a trigger of the schema sees to that) and hold no personal data.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, Connection
from psycopg.rows import args_row
from psycopg.types.json import Jsonb

_APPEND: Final = """
    INSERT INTO audit (workspace_id, at, actor, action, subject, detail)
    VALUES (%s, clock_timestamp(), %s, %s, %s, %s) RETURNING id, at
"""


def reason_detail(reason: str | None) -> dict[str, str]:
    """Detail of an entry that keeps why something is done.

    Args:
        reason: a sentence of whoever does it; None or empty where nobody said.

    Returns:
        JSON values; empty where nobody said.
    """
    return {"reason": reason} if reason else {}


def append(
    conn: Connection[Any],
    workspace_id: int,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> int:
    """Record one operation.

    It holds once the caller's transaction commits, which must be before the operation takes effect.

    Args:
        conn: the connection of the caller's transaction.
        workspace_id: tenant.
        actor: ``engine``, or ``key:<id>`` of an API key.
        action: what is done, for example ``request`` or ``audience.create``.
        subject: what it is done to, for example ``audience:3``.
        detail: its particulars, JSON values; never personal data.

    Returns:
        The row's id.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    return enter(conn, workspace_id, actor, action, subject, detail).id


class Entered(NamedTuple):
    """A row of the audit log.

    Attributes:
        id: its number.
        at: when, by the database's clock.
    """

    id: int
    at: datetime


def enter(
    conn: Connection[Any],
    workspace_id: int,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> Entered:
    """Like `append`; tells when, too."""
    with conn.cursor(row_factory=args_row(Entered)) as cursor:
        cursor.execute(_APPEND, (workspace_id, actor, action, subject, Jsonb(detail)))
        (row,) = cursor.fetchall()
    return row


async def append_async(
    conn: AsyncConnection[Any],
    workspace_id: int,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
) -> Entered:
    """Like `append`, on a connection of the API's pool.

    Args:
        conn: inside the caller's transaction.
        workspace_id: tenant.
        actor: ``engine``, or ``key:<id>`` of an API key.
        action: what is done, for example ``request`` or ``audience.create``.
        subject: what it is done to, for example ``audience:3``.
        detail: its particulars, JSON values; never personal data.

    Returns:
        The row's id, and when it was entered.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    async with conn.cursor(row_factory=args_row(Entered)) as cursor:
        await cursor.execute(_APPEND, (workspace_id, actor, action, subject, Jsonb(detail)))
        (row,) = await cursor.fetchall()
    return row
