"""Reads dead letters and changes their status.

Open → retrying, and back where the log could not be reached; UNIFY closes the rest.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg import AsyncConnection

from domain.intake.dead_letter import DeadLetterStatus
from store.counting import Count, count
from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class DeadLetterRow:
    """One input that could not be processed.

    Attributes:
        workspace_id: None where no source was recognised.
        reason: a key of `domain.failure.REASONS`.
        detail: where in the record.
        payload: the record as it lay in the log, whole; empty in lists.
        payload_bytes: its size.
        retry_of: the dead letter that this record re-drove.
        command: kind of the operator's command that it is; empty for events.
    """

    id: int
    workspace_id: int | None
    source_id: int | None
    log: str
    partition: int
    position: int
    index: int
    reason: str
    detail: str
    payload: bytes
    payload_bytes: int
    received_at: datetime | None
    recorded_at: datetime
    status: str
    retry_of: int | None
    command: str


@dataclass(frozen=True)
class DeadLetterFilter:
    """Which letters are wanted; None means any.

    Attributes:
        workspace: tenant. None reads every tenant's and those of no tenant: for the operator's
            console only.
        reason: reason code.
        status: open, retrying or resolved.
        source: source id.
    """

    workspace: int | None
    reason: str | None = None
    status: str | None = None
    source: int | None = None

    def params(self) -> dict[str, int | str | None]:
        """Named parameters of the statements below."""
        return {
            "workspace": self.workspace,
            "reason": self.reason,
            "status": self.status,
            "source": self.source,
        }


_HEAD: Final = "id, workspace_id, source_id, log, partition, position, index, reason, detail"
_REST: Final = "octet_length(payload), received_at, recorded_at, status, retry_of, command"
# A workspace that is not given is no condition, and a custom plan drops it.
_WHERE: Final = """
    WHERE (%(workspace)s::integer IS NULL OR workspace_id = %(workspace)s)
      AND (%(reason)s::text IS NULL OR reason = %(reason)s)
      AND (%(status)s::text IS NULL OR status = %(status)s)
      AND (%(source)s::integer IS NULL OR source_id = %(source)s)
"""


async def page(
    pool: Pool, filter_by: DeadLetterFilter, after: int | None, limit: int
) -> list[DeadLetterRow]:
    """The next letters, newest first, without their payloads.

    Args:
        pool: open pool.
        filter_by: filters.
        after: id of the last letter of the page before.
        limit: letters per page.
    """
    sql = (
        "SELECT " + _HEAD + ", ''::bytea, " + _REST + " FROM dead_letters" + _WHERE
        + " AND (%(after)s::bigint IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s"
    )  # fmt: skip
    return await fetch(
        pool, DeadLetterRow, sql, {**filter_by.params(), "after": after, "limit": limit}
    )


async def by_id(pool: Pool, workspace: int | None, dead_letter: int) -> DeadLetterRow | None:
    """One letter with its payload; None where the workspace has no such letter."""
    sql = (
        "SELECT "
        + _HEAD
        + ", payload, "
        + _REST
        + " FROM dead_letters"
        + _WHERE
        + " AND id = %(id)s"
    )
    return await fetch_one(
        pool, DeadLetterRow, sql, {**DeadLetterFilter(workspace).params(), "id": dead_letter}
    )


async def total(pool: Pool, filter_by: DeadLetterFilter, cap: int) -> Count:
    """How many letters match; exact up to `cap`."""
    return await count(pool, "FROM dead_letters" + _WHERE, filter_by.params(), cap)


@dataclass(frozen=True)
class DeadLetterGroup:
    """Letters of one reason and source.

    Attributes:
        source_id: None where no source was recognised.
        newest_at: when the newest one was recorded.
    """

    reason: str
    source_id: int | None
    open: int
    retrying: int
    resolved: int
    newest_at: datetime


_GROUPS: Final = f"""
    SELECT reason, source_id, count(*) FILTER (WHERE status = '{DeadLetterStatus.OPEN}'),
        count(*) FILTER (WHERE status = '{DeadLetterStatus.RETRYING}'),
        count(*) FILTER (WHERE status = '{DeadLetterStatus.RESOLVED}'), max(recorded_at)
    FROM (SELECT reason, source_id, status, recorded_at FROM dead_letters
          WHERE workspace_id = %(workspace)s ORDER BY id DESC LIMIT %(look)s) newest
    GROUP BY 1, 2 ORDER BY 3 DESC, 6 DESC, 1, 2 LIMIT %(groups)s
"""
GROUPS_LIMIT: Final = 500
"""Groups of letters that are told apart at most."""


async def groups(pool: Pool, workspace: int, look: int) -> list[DeadLetterGroup]:
    """A workspace's letters by reason and source, those with the most open ones first.

    Args:
        pool: open pool.
        workspace: tenant.
        look: newest letters that are looked at.
    """
    params = {"workspace": workspace, "look": look, "groups": GROUPS_LIMIT}
    return await fetch(pool, DeadLetterGroup, _GROUPS, params)


async def claim(
    connection: AsyncConnection,
    filter_by: DeadLetterFilter,
    ids: list[int] | None,
    after: int,
    limit: int,
) -> list[DeadLetterRow]:
    """Mark letters as retrying, oldest first, and give them with their payloads.

    Letters that another caller is claiming at this moment are left to it.

    Args:
        connection: inside a transaction of the caller, which also holds the audit row.
        filter_by: filters.
        ids: only these; None for all that match.
        after: only later letters than this id.
        limit: letters at most.
    """
    cursor = await connection.execute(
        f"UPDATE dead_letters SET status = '{DeadLetterStatus.RETRYING}' "
        "WHERE id IN (SELECT id FROM dead_letters" + _WHERE
        + " AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s)) AND id > %(after)s"
        + " ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)"
        + " RETURNING " + _HEAD + ", payload, " + _REST,
        {**filter_by.params(), "ids": ids, "after": after, "limit": limit},
    )  # fmt: skip
    return sorted(
        (DeadLetterRow(*row) for row in await cursor.fetchall()), key=lambda letter: letter.id
    )


async def reopen(connection: AsyncConnection, ids: list[int]) -> None:
    """Put claimed letters back to open: they did not reach the log."""
    sql = (
        f"UPDATE dead_letters SET status = '{DeadLetterStatus.OPEN}' "
        f"WHERE id = ANY(%s) AND status = '{DeadLetterStatus.RETRYING}'"
    )
    await connection.execute(sql, (ids,))
