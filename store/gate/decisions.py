"""Reads the gate's decisions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class DecisionRow:
    """The gate's dated verdict on one proposed action.

    Attributes:
        destination: what the gate guards, for example a platform's audience.
        action: push, urgent_removal or delete.
        verdict: pass, hold or block.
        automation: execute, alert_only or manual_required.
        reasons: why, as JSON.
        codes: the reasons for machines.
        depends_on: signals that it was judged over.
        reading_ids: the readings that it is based on.
        would: what the gate itself says, where people or a mode say otherwise.
        size: `domain.gate.PushSize` as JSON.
        push_id: the push that it let pass; None: it let none pass.
        alert_ids: alerts that told of the hold or block, or of its cause, oldest first.
    """

    id: int
    destination: str
    audience_id: int | None
    action: str
    verdict: str
    automation: str
    reasons: Any
    codes: list[str]
    depends_on: list[str]
    reading_ids: list[int]
    would: str | None
    override_id: int | None
    release_id: int | None
    size: Any
    decided_at: datetime
    push_id: int | None
    alert_ids: list[int]


@dataclass(frozen=True)
class DecisionFilter:
    """Which decisions are wanted; None means any.

    Attributes:
        verdict: pass, hold or block.
        audience: about whose pushes.
        destination: what the gate guarded.
        code: one of the reasons.
        since: decided at or after.
        until: decided before.
    """

    verdict: str | None = None
    audience: int | None = None
    destination: str | None = None
    code: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS: Final = """
    SELECT d.id, d.destination, d.audience_id, d.action, d.verdict, d.automation, d.reasons,
           d.codes, d.depends_on, d.reading_ids, d.would, d.override_id, d.release_id, d.size,
           d.decided_at,
           (SELECT min(p.id) FROM pushes p
            WHERE p.decision_id = d.id AND p.workspace_id = d.workspace_id),
           CASE WHEN d.verdict = 'pass' THEN '{}' ELSE coalesce((
               SELECT array_agg(a.id ORDER BY a.id) FROM alerts a
               WHERE a.workspace_id = d.workspace_id
                 AND (a.key = 'gate:' || d.destination
                      OR a.members @> to_jsonb(ARRAY['gate:' || d.destination]))
                 AND tstzrange(a.opened_at, greatest(a.opened_at,
                         coalesce(a.resolved_at, 'infinity'::timestamptz)), '[]')
                     && tstzrange(d.decided_at, d.decided_at + %(told_within)s, '[]')), '{}') END
"""
# What else is known of a decision is looked up for those of the page alone.
_PAGE: Final = (
    _COLUMNS
    + """
    FROM (
        SELECT * FROM decisions
        WHERE workspace_id = %(workspace)s
          AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
          AND (%(audience)s::integer IS NULL OR audience_id = %(audience)s)
          AND (%(destination)s::text IS NULL OR destination = %(destination)s)
          AND (%(code)s::text IS NULL OR codes @> ARRAY[%(code)s::text])
          AND (%(since)s::timestamptz IS NULL OR decided_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR decided_at < %(until)s)
          AND (%(at)s::timestamptz IS NULL OR (decided_at <= %(at)s
              AND (decided_at, id) < (%(at)s, %(after)s::bigint)))
        ORDER BY decided_at DESC, id DESC LIMIT %(limit)s
    ) d ORDER BY d.decided_at DESC, d.id DESC
"""
)
_ONE: Final = _COLUMNS + " FROM decisions d WHERE d.workspace_id = %(workspace)s AND d.id = %(id)s"


async def page(
    pool: Pool,
    workspace: int,
    wanted: DecisionFilter,
    told_within: timedelta,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[DecisionRow]:
    """List decisions, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: filters.
        told_within: an alert about a hold opens within this span after the decision, while it
            counts as lasting.
        after: instant and id of the last decision of the page before; None for the first page.
        limit: decisions per page.
    """
    at, last = after or (None, None)
    params = {
        **vars(wanted),
        "workspace": workspace,
        "told_within": told_within,
        "at": at,
        "after": last,
        "limit": limit,
    }
    return await fetch(pool, DecisionRow, _PAGE, params)


async def by_id(
    pool: Pool, workspace: int, decision: int, told_within: timedelta
) -> DecisionRow | None:
    """One decision; None where the workspace has no such decision.

    Args:
        pool: open pool.
        workspace: tenant.
        decision: which.
        told_within: as of `page`.
    """
    params = {"workspace": workspace, "id": decision, "told_within": told_within}
    return await fetch_one(pool, DecisionRow, _ONE, params)
