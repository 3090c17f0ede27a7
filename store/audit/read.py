"""Reads the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class AuditRow:
    """One recorded operation.

    Attributes:
        actor: ``engine``, or ``key:<id>`` of the API key.
        action: what was done.
        subject: what it was done to.
        detail: its particulars, as JSON.
        seq: place in the workspace's chain (`operators.audit`); None where somebody wrote past it.
        hash: of that link, 32 bytes.
    """

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Any
    seq: int | None
    hash: bytes | None


@dataclass(frozen=True)
class AuditFilter:
    """Which rows are wanted; None means any.

    Attributes:
        since: recorded at or after.
        until: recorded before.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_SELECT: Final = """
    SELECT id, at, actor, action, subject, detail, seq, hash FROM audit LEFT
        JOIN audit_chain c ON c.audit_id = id
    WHERE audit.workspace_id = %(workspace)s
"""

PAGE: Final = _SELECT + """
        AND (%(actor)s::text IS NULL OR actor = %(actor)s)
        AND (%(action)s::text IS NULL OR action = %(action)s)
        AND (%(subject)s::text IS NULL OR subject = %(subject)s)
        AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
        AND (%(after)s::bigint IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
    """  # fmt: skip
"""The newest rows that fit a filter."""


async def page(
    pool: Pool, workspace: int, filter_by: AuditFilter, after: int | None, limit: int
) -> list[AuditRow]:
    """List audit rows, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        filter_by: which.
        after: the last id of the previous page; None for the first page.
        limit: rows per page.
    """
    params = {
        "workspace": workspace,
        "actor": filter_by.actor,
        "action": filter_by.action,
        "subject": filter_by.subject,
        "since": filter_by.since,
        "until": filter_by.until,
        "after": after,
        "limit": limit,
    }
    return await fetch(pool, AuditRow, PAGE, params)


async def by_id(pool: Pool, workspace: int, row: int) -> AuditRow | None:
    """One audit row; None where the workspace has no such row."""
    return await fetch_one(
        pool, AuditRow, _SELECT + " AND id = %(id)s", {"workspace": workspace, "id": row}
    )
