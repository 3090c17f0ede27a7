"""Requests by month: how many came, how many were completed, how many were late, and how long."""

from dataclasses import dataclass
from typing import Final

from domain.privacy.erasure import RequestKind
from store.connection import one_of
from store.fetch import Pool, fetch, fetch_one

_OF_PEOPLE: Final = (RequestKind.ERASURE, RequestKind.ACCESS)
_DONE: Final = f"""
    SELECT r.kind, r.requested_at, r.due_at, r.completed_at
    FROM privacy_requests r
    WHERE r.workspace_id = %(workspace)s AND r.kind IN {one_of(_OF_PEOPLE)}
"""
_KINDS: Final = ", ".join(
    f"'{kind}', coalesce(sum(received) FILTER (WHERE kind = '{kind}'), 0)" for kind in _OF_PEOPLE
)
_MONTHS: Final = f"""
    WITH zone AS (SELECT time_zone FROM workspaces WHERE id = %(workspace)s),
    found AS ({_DONE}),
    counted AS (
        SELECT requested_at AS at, kind, 1 AS received, 0 AS completed, 0 AS overdue, NULL AS days
            FROM found
        UNION ALL
        SELECT completed_at, kind, 0, 1, 0, extract(epoch FROM completed_at - requested_at) / 86400
            FROM found WHERE completed_at IS NOT NULL
        UNION ALL
        SELECT due_at, kind, 0, 0, 1, NULL FROM found WHERE due_at < coalesce(completed_at, now())
    )
    SELECT to_char(at AT TIME ZONE time_zone, 'YYYY-MM') AS month, sum(received)::bigint,
        jsonb_build_object({_KINDS}), sum(completed)::bigint, sum(overdue)::bigint,
        (percentile_cont(0.5) WITHIN GROUP (ORDER BY days))::float8
    FROM counted CROSS JOIN zone GROUP BY month ORDER BY month DESC LIMIT %(limit)s
"""
_NOW: Final = f"""
    SELECT count(*) FILTER (WHERE completed_at IS NULL),
        count(*) FILTER (WHERE completed_at IS NULL AND due_at < now()) FROM ({_DONE}) found
"""


@dataclass(frozen=True)
class Month:
    """Requests of one month of the workspace's calendar.

    Attributes:
        month: ``YYYY-MM``.
        received: asked for in it; `kinds` are those by kind.
        completed: completed in it.
        overdue: due in it, and not completed by then.
        median_days: from request to completion, of those completed in it; None where none was.
    """

    month: str
    received: int
    kinds: dict[str, int]
    completed: int
    overdue: int
    median_days: float | None


@dataclass(frozen=True)
class OpenRequests:
    """Requests that are not completed, and those of them that are overdue now."""

    open: int
    overdue: int


async def months(pool: Pool, workspace: int, limit: int) -> list[Month]:
    """The newest months in which something came, was completed or fell due."""
    return await fetch(pool, Month, _MONTHS, {"workspace": workspace, "limit": limit})


async def now_open(pool: Pool, workspace: int) -> OpenRequests:
    """What is open now."""
    found = await fetch_one(pool, OpenRequests, _NOW, {"workspace": workspace})
    return found or OpenRequests(0, 0)
