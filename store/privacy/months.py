"""Requests by month: how many came, how many were completed, how many were late, and how long."""

from dataclasses import dataclass
from typing import Final

from domain.privacy.erasure import RequestKind
from store.connection import one_of
from store.fetch import Pool, fetch, fetch_one

_OF_PEOPLE: Final = tuple(kind for kind in RequestKind if kind != RequestKind.RETENTION)
_DONE: Final = f"""
    SELECT r.kind, r.regulation, r.requested_at, r.due_at, r.completed_at
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
        SELECT requested_at AS at, kind, regulation, 1 AS received, 0 AS completed, 0 AS late,
            0 AS overdue, NULL AS days FROM found
        UNION ALL
        SELECT completed_at, kind, regulation, 0, 1, (due_at < completed_at)::int, 0,
            extract(epoch FROM completed_at - requested_at) / 86400
            FROM found WHERE completed_at IS NOT NULL
        UNION ALL
        SELECT due_at, kind, regulation, 0, 0, 0, 1, NULL
            FROM found WHERE due_at < coalesce(completed_at, now())
    ),
    placed AS (
        SELECT to_char(at AT TIME ZONE time_zone, 'YYYY-MM') AS month, counted.*
        FROM counted CROSS JOIN zone
    ),
    laws AS (
        SELECT month, jsonb_object_agg(regulation, received) AS regulations FROM (
            SELECT month, regulation, sum(received)::bigint AS received
            FROM placed WHERE received > 0 GROUP BY month, regulation) each
        GROUP BY month
    )
    SELECT month, sum(received)::bigint, jsonb_build_object({_KINDS}),
        coalesce((SELECT regulations FROM laws WHERE laws.month = placed.month), '{{}}'),
        sum(completed)::bigint, sum(late)::bigint, sum(overdue)::bigint,
        (percentile_cont(0.5) WITHIN GROUP (ORDER BY days))::float8
    FROM placed GROUP BY month ORDER BY month DESC LIMIT %(limit)s
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
        received: asked for in it; `kinds` are those by kind, `regulations` those by regulation.
        completed: completed in it.
        late: of those, after they were due.
        overdue: due in it, and not completed by then.
        median_days: from request to completion, of those completed in it; None where none was.
    """

    month: str
    received: int
    kinds: dict[str, int]
    regulations: dict[str, int]
    completed: int
    late: int
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
