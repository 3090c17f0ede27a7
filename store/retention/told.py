"""What of each class is kept, what a policy would remove at once, and how far its newest run is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from domain.privacy.retention import Keep, RetentionClass
from store.counting import Count, count
from store.fetch import Pool, fetch, fetch_one
from store.retention.due import PARTS, Part

_RUNS: Final = """
    SELECT class, started_at, horizon_at, removed, finished_at FROM retention_runs
    WHERE workspace_id = %(workspace)s
"""
_HORIZON: Final = """
    SELECT date_trunc('milliseconds', now() - make_interval(secs => %(keep)s))
"""


class Run(NamedTuple):
    """The newest run of a class.

    Attributes:
        removed: what → how much so far.
        finished_at: None while it is under way.
    """

    name: RetentionClass
    started_at: datetime
    horizon_at: datetime
    removed: dict[str, int]
    finished_at: datetime | None


class DuePart(NamedTuple):
    """What of one table a policy would remove at once."""

    name: str
    rows: Count


class Due(NamedTuple):
    """What a policy would remove of a class at once.

    Attributes:
        horizon_at: what is older goes.
        oldest_at: of what is kept now; None where there is nothing.
    """

    name: RetentionClass
    horizon_at: datetime
    parts: list[DuePart]
    oldest_at: datetime | None


async def runs_of(pool: Pool, workspace: int) -> dict[RetentionClass, Run]:
    """The newest run of each class that was ever gone through."""
    return {run.name: run for run in await fetch(pool, _run, _RUNS, {"workspace": workspace})}


async def oldest(pool: Pool, workspace: int, name: RetentionClass) -> datetime | None:
    """The oldest that is kept of a class; None where there is nothing."""
    found: list[datetime] = []
    for part in PARTS.get(name, ()):
        at = await fetch_one(pool, _same, part.oldest, {"workspace": workspace})
        if at is not None:
            found.append(at)
    return min(found, default=None)


class Look(NamedTuple):
    """What bounds a preview.

    Attributes:
        remembered: pushes of an audience that the gate looks back on.
        counted: rows that are counted; of more there is an estimate.
    """

    remembered: int
    counted: int


async def due(pool: Pool, workspace: int, keep: Keep, look: Look) -> list[Due]:
    """What a policy would remove at once, by the conditions that remove it.

    Args:
        pool: open pool.
        workspace: tenant.
        keep: the policy.
        look: its bounds.
    """
    return [await _due(pool, workspace, name, keep[name], look) for name in PARTS if name in keep]


async def _due(pool: Pool, workspace: int, name: RetentionClass, keep_s: int, look: Look) -> Due:
    (horizon,) = await fetch(pool, _same, _HORIZON, {"keep": keep_s})
    params = {"workspace": workspace, "horizon": horizon, "remembered": look.remembered}
    parts = [DuePart(part.name, await _count(pool, part, params, look)) for part in PARTS[name]]
    return Due(name, horizon, parts, await oldest(pool, workspace, name))


async def _count(pool: Pool, part: Part, params: Mapping[str, Any], look: Look) -> Count:
    return await count(pool, part.rows, params, look.counted)


def _run(
    name: str,
    started_at: datetime,
    horizon_at: datetime,
    removed: dict[str, int],
    finished_at: datetime | None,
) -> Run:
    return Run(RetentionClass(name), started_at, horizon_at, removed, finished_at)


def _same(at: datetime) -> datetime:
    return at
