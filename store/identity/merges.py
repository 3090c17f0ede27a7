"""Reads the merge history: merges and splits, and the event or command behind each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from store.fetch import Pool, fetch


@dataclass(frozen=True)
class MergeRow:
    """One merge, split or unmerge.

    Attributes:
        kind: merge, split or unmerge.
        survivor: who absorbed, or who was split.
        other: who was absorbed, or who came out.
        cause: message key of the event or command; the `cause_*` fields are None where it is not
            stored.
        link_a: one end of the link that united them, where known; `link_b` the other.
    """

    id: int
    kind: str
    survivor: UUID
    other: UUID
    occurred_at: datetime
    recorded_at: datetime
    cause: UUID
    cause_type: str | None
    cause_name: str | None
    cause_at: datetime | None
    cause_payload: bytes | None
    link_a: UUID | None
    link_a_kind: str | None
    link_a_value: str | None
    link_b: UUID | None
    link_b_kind: str | None
    link_b_value: str | None


_COLUMNS: Final = """
    SELECT m.id, m.kind, m.survivor, m.other, m.occurred_at, m.recorded_at,
           m.cause, e.type, e.name, e.occurred_at, e.payload,
           m.link_a, ia.kind, ia.value, m.link_b, ib.kind, ib.value
"""
_JOINS: Final = """
    LEFT JOIN events e ON e.message_key = m.cause
    LEFT JOIN identifiers ia ON ia.key = m.link_a
    LEFT JOIN identifiers ib ON ib.key = m.link_b
    ORDER BY m.id DESC
"""

# Everybody who was ever absorbed is, by id, an identifier of the survivor: joining through
# identifiers gives the whole tree.
_OF_PROFILE: Final = (
    _COLUMNS
    + """
    FROM (
        SELECT m.* FROM identifiers i JOIN merges m ON m.survivor = i.key
            AND m.workspace_id = i.workspace_id
        WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
          AND (%(after)s::bigint IS NULL OR m.id < %(after)s)
        UNION
        SELECT m.* FROM identifiers i JOIN merges m ON m.other = i.key
            AND m.workspace_id = i.workspace_id
        WHERE i.profile_id = %(profile)s AND i.workspace_id = %(workspace)s
          AND (%(after)s::bigint IS NULL OR m.id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
    ) m
"""
    + _JOINS
)

_OF_WORKSPACE: Final = (
    _COLUMNS
    + """
    FROM (
        SELECT * FROM merges
        WHERE workspace_id = %(workspace)s AND (%(after)s::bigint IS NULL OR id < %(after)s)
          AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        ORDER BY id DESC LIMIT %(limit)s
    ) m
"""
    + _JOINS
)


async def of_profile(
    pool: Pool, workspace: int, profile: bytes, after: int | None, limit: int
) -> list[MergeRow]:
    """A person's history, newest first, including that of everybody who was merged into it.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        after: id of the last row of the page before.
        limit: rows per page.
    """
    params = {
        "workspace": workspace,
        "profile": UUID(bytes=profile),
        "after": after,
        "limit": limit,
    }
    return await fetch(pool, MergeRow, _OF_PROFILE, params)


async def of_workspace(
    pool: Pool, workspace: int, kind: str | None, after: int | None, limit: int
) -> list[MergeRow]:
    """The workspace's history, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        kind: merge, split or unmerge; None for any.
        after: the last id of the previous page; None for the first page.
        limit: entries per page.
    """
    params = {"workspace": workspace, "kind": kind, "after": after, "limit": limit}
    return await fetch(pool, MergeRow, _OF_WORKSPACE, params)
