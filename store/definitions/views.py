"""Reads definitions for display: traits, RFM, saved versions, and the progress of sweeps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.segments.definition import DefinitionStatus
from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class SavedVersion:
    """One saved version; `definition` is its rule as JSON."""

    version: int
    definition: Any
    purpose: str
    author: str
    created_at: datetime
    published_at: datetime | None
    published_by: str | None


@dataclass(frozen=True)
class TraitRow:
    """One computed trait.

    `definition` is the live rule as JSON, None before the first publishing; `newest` is the version
    saved last.
    """

    id: int
    name: str
    description: str
    status: str
    version: int
    newest: int
    definition: Any
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class RfmRow:
    """The workspace's RFM; all JSON as the table ``rfm`` describes it."""

    version: int
    definition: Any
    breaks: Any
    updated_at: datetime


@dataclass(frozen=True)
class SweepRow:
    """One walk over everybody.

    Attributes:
        revision: of the definitions that people are brought up to.
        segments: ids of those that changed.
        people: how many there were when it began; beyond a bound an estimate.
        changed: people written.
        stale: memberships of an old version that were left at the end; None until then.
    """

    id: int
    revision: int
    reason: str
    segments: list[int]
    status: str
    people: int
    visited: int
    changed: int
    stale: int | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


_NEWEST: Final = """
    CROSS JOIN LATERAL (
        SELECT max(version) AS version FROM definition_versions WHERE kind = 'trait'
            AND definition_id = t.id
    ) newest
"""
_TRAITS: Final = f"""
    SELECT t.id, t.name, t.description, t.status, t.version, coalesce(newest.version, t.version),
        t.definition, t.created_at, t.updated_at
    FROM traits t {_NEWEST} WHERE t.workspace_id = %(workspace)s
      AND t.status <> '{DefinitionStatus.DELETED}'
"""
_SWEEPS: Final = """
    SELECT id, revision, reason, segments, status, people, visited, changed, stale, created_at,
        updated_at, finished_at
    FROM sweeps WHERE workspace_id = %(workspace)s
"""


async def versions(
    pool: Pool, workspace: int, kind: str, definition_id: int, before: int | None, limit: int
) -> list[SavedVersion]:
    """Saved versions of a definition, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        kind: segment, trait or rfm.
        definition_id: which.
        before: the last version of the previous page; None for the first page.
        limit: versions per page.
    """
    sql = """
        SELECT version, definition, purpose, author, created_at, published_at, published_by
        FROM definition_versions
        WHERE workspace_id = %(workspace)s AND kind = %(kind)s AND definition_id = %(id)s
          AND (%(before)s::integer IS NULL OR version < %(before)s)
          ORDER BY version DESC LIMIT %(limit)s
    """
    params = {
        "workspace": workspace,
        "kind": kind,
        "id": definition_id,
        "before": before,
        "limit": limit,
    }
    return await fetch(pool, SavedVersion, sql, params)


async def traits(pool: Pool, workspace: int, after: int | None, limit: int) -> list[TraitRow]:
    """List computed traits by id.

    Args:
        pool: open pool.
        workspace: tenant.
        after: the last id of the previous page; None for the first page.
        limit: traits per page.
    """
    sql = (
        _TRAITS
        + " AND (%(after)s::integer IS NULL OR t.id > %(after)s) ORDER BY t.id LIMIT %(limit)s"
    )
    return await fetch(
        pool, TraitRow, sql, {"workspace": workspace, "after": after, "limit": limit}
    )


async def trait(pool: Pool, workspace: int, trait_id: int) -> TraitRow | None:
    """One computed trait; None where the workspace has no such trait."""
    return await fetch_one(
        pool, TraitRow, _TRAITS + " AND t.id = %(id)s", {"workspace": workspace, "id": trait_id}
    )


async def rfm(pool: Pool, workspace: int) -> RfmRow | None:
    """The workspace's RFM; None where it has none."""
    sql = (
        "SELECT version, definition, breaks, updated_at FROM rfm WHERE workspace_id = %(workspace)s"
    )
    return await fetch_one(pool, RfmRow, sql, {"workspace": workspace})


async def sweeps(
    pool: Pool,
    workspace: int,
    segment: int | None,
    status: str | None,
    before: int | None,
    limit: int,
) -> list[SweepRow]:
    """Sweeps, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        segment: only those in which this segment changed; None: all.
        status: ``running`` or ``done``; None: both.
        before: id of the last one of the page before.
        limit: at most so many.
    """
    sql = (
        _SWEEPS
        + """ AND (%(segment)s::integer IS NULL OR %(segment)s = ANY(segments))
              AND (%(status)s::text IS NULL OR status = %(status)s)
              AND (%(before)s::bigint IS NULL OR id < %(before)s)
              ORDER BY id DESC LIMIT %(limit)s"""
    )
    params = {
        "workspace": workspace,
        "segment": segment,
        "status": status,
        "before": before,
        "limit": limit,
    }
    return await fetch(pool, SweepRow, sql, params)


async def sweep(pool: Pool, workspace: int, sweep_id: int) -> SweepRow | None:
    """One sweep; None where the workspace has no such sweep."""
    return await fetch_one(
        pool, SweepRow, _SWEEPS + " AND id = %(id)s", {"workspace": workspace, "id": sweep_id}
    )
