"""Reads segments and their members; caches segment names for the profile view."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.segments.definition import DefinitionStatus
from store.counting import Count, count
from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class SegmentRow:
    """One segment.

    Attributes:
        status: draft, live or paused.
        version: that is live, 0 before the first publishing.
        newest: version that was saved last.
        definition: the live rule as JSON, None before the first publishing.
    """

    id: int
    name: str
    description: str
    purpose: str
    status: str
    version: int
    newest: int
    definition: Any
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class MemberRow:
    """One member: since when, and which version of the definition put it there."""

    profile_id: UUID
    version: int
    since_at: datetime


_SELECT: Final = f"""
    SELECT s.id, s.name, s.description, s.purpose, s.status, s.version, coalesce(newest.version,
        s.version), s.definition, s.created_at,
           s.updated_at
    FROM segments s CROSS JOIN LATERAL (
        SELECT max(version) AS version FROM definition_versions WHERE kind = 'segment'
            AND definition_id = s.id
    ) newest
    WHERE s.workspace_id = %(workspace)s AND s.status <> '{DefinitionStatus.DELETED}'
"""


async def of_workspace(
    pool: Pool,
    workspace: int,
    search: str | None,
    status: str | None,
    after: int | None,
    limit: int,
) -> list[SegmentRow]:
    """List a workspace's segments by id.

    Args:
        pool: open pool.
        workspace: tenant.
        search: part of the name, in any case; None for any.
        status: draft, live or paused; None for any.
        after: the last id of the previous page; None for the first page.
        limit: segments per page.
    """
    sql = (
        _SELECT
        + """
        AND (%(search)s::text IS NULL OR strpos(lower(s.name), lower(%(search)s)) > 0)
        AND (%(status)s::text IS NULL OR s.status = %(status)s)
        AND (%(after)s::integer IS NULL OR s.id > %(after)s) ORDER BY s.id LIMIT %(limit)s
        """
    )
    params = {
        "workspace": workspace,
        "search": search,
        "status": status,
        "after": after,
        "limit": limit,
    }
    return await fetch(pool, SegmentRow, sql, params)


async def by_id(pool: Pool, workspace: int, segment: int) -> SegmentRow | None:
    """One segment; None where the workspace has no such segment."""
    return await fetch_one(
        pool, SegmentRow, _SELECT + " AND s.id = %(id)s", {"workspace": workspace, "id": segment}
    )


async def members(
    pool: Pool, workspace: int, segment: int, after: UUID | None, limit: int
) -> list[MemberRow]:
    """A segment's members by profile id.

    Args:
        pool: open pool.
        workspace: tenant.
        segment: which.
        after: the last id of the previous page; None for the first page.
        limit: members per page.
    """
    sql = """
        SELECT profile_id, version, since_at FROM memberships
        WHERE segment_id = %(segment)s AND workspace_id = %(workspace)s
          AND (%(after)s::uuid IS NULL OR profile_id > %(after)s)
        ORDER BY profile_id LIMIT %(limit)s
    """
    params = {"workspace": workspace, "segment": segment, "after": after, "limit": limit}
    return await fetch(pool, MemberRow, sql, params)


async def memberships(
    pool: Pool, workspace: int, segment: int, people: list[UUID]
) -> list[MemberRow]:
    """Those of some people who are members, in the order of the people.

    Args:
        pool: open pool.
        workspace: tenant.
        segment: which.
        people: profile ids.
    """
    sql = """
        SELECT profile_id, version, since_at FROM memberships
        WHERE segment_id = %(segment)s AND workspace_id = %(workspace)s
          AND profile_id = ANY(%(people)s)
        ORDER BY array_position(%(people)s, profile_id)
    """
    params = {"workspace": workspace, "segment": segment, "people": people}
    return await fetch(pool, MemberRow, sql, params)


async def size(pool: Pool, workspace: int, segment: int, cap: int) -> Count:
    """How many members a segment has.

    Args:
        pool: open pool.
        workspace: tenant.
        segment: which.
        cap: up to how many are counted; beyond, they are estimated.
    """
    rows = "FROM memberships WHERE segment_id = %(segment)s AND workspace_id = %(workspace)s"
    return await count(pool, rows, {"workspace": workspace, "segment": segment}, cap)


class SegmentNames:
    """Segment id → name, read again when an id is new or the names are older than the limit.

    Args:
        pool: open pool.
        age_limit_s: seconds until names are read again.
    """

    def __init__(self, pool: Pool, age_limit_s: float) -> None:
        self._pool = pool
        self._age_limit_s = age_limit_s
        self._known: dict[int, tuple[float, dict[int, str]]] = {}

    async def names_of(self, workspace: int, ids: list[int], now_s: float) -> list[tuple[int, str]]:
        """Ids and names of some segments; those that were deleted are left out.

        Args:
            workspace: tenant.
            ids: segment ids.
            now_s: any monotonic clock.
        """
        if not ids:
            return []
        read_s, names = self._known.get(workspace, (float("-inf"), {}))
        if now_s - read_s > self._age_limit_s or any(segment not in names for segment in ids):
            sql = (
                "SELECT id, name FROM segments WHERE workspace_id = %(workspace)s "
                f"AND status <> '{DefinitionStatus.DELETED}'"
            )
            names = dict(await fetch(self._pool, _pair, sql, {"workspace": workspace}))
            self._known[workspace] = (now_s, names)
        return [(segment, names[segment]) for segment in ids if segment in names]


def _pair(segment: int, name: str) -> tuple[int, str]:
    return segment, name
