"""Reads the gate's decisions."""

from dataclasses import dataclass
from datetime import datetime
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


_SELECT: Final = """
    SELECT id, destination, audience_id, action, verdict, automation, reasons, codes, depends_on,
        reading_ids,
           would, override_id, release_id, size, decided_at
    FROM decisions
    WHERE workspace_id = %(workspace)s
"""


async def page(
    pool: Pool,
    workspace: int,
    verdict: str | None,
    audience: int | None,
    after: int | None,
    limit: int,
) -> list[DecisionRow]:
    """List decisions, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        verdict: only these; None for any.
        audience: only those about its pushes; None for any.
        after: the last id of the previous page; None for the first page.
        limit: decisions per page.
    """
    sql = _SELECT + """
        AND (%(verdict)s::text IS NULL OR verdict = %(verdict)s)
        AND (%(audience)s::integer IS NULL OR audience_id = %(audience)s)
        AND (%(after)s::bigint IS NULL OR id < %(after)s)
        ORDER BY id DESC LIMIT %(limit)s
    """  # fmt: skip
    params = {
        "workspace": workspace,
        "verdict": verdict,
        "audience": audience,
        "after": after,
        "limit": limit,
    }
    return await fetch(pool, DecisionRow, sql, params)


async def by_id(pool: Pool, workspace: int, decision: int) -> DecisionRow | None:
    """One decision; None where the workspace has no such decision."""
    return await fetch_one(
        pool, DecisionRow, _SELECT + " AND id = %(id)s", {"workspace": workspace, "id": decision}
    )
