"""Audiences as people manage them: create, list, trigger, delete, history. What activation does with them is `store.activation`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation

from store.fetch import Pool, fetch, fetch_one


class NameTakenError(Exception):
    """The workspace has a living audience of this name on this platform."""


@dataclass(frozen=True)
class AudienceRow:
    """One audience.

    Attributes:
        platform_id: the platform's own id, None until the first push has created it there.
        requested_at: a manual trigger that waits.
        members: rows that the platform confirmed.
        pending: rows that were planned and are not confirmed.
    """

    id: int
    segment_id: int
    segment: str
    platform: str
    name: str
    account_id: str
    platform_id: str | None
    interval_s: int
    status: str
    requested_at: datetime | None
    last_pushed_at: datetime | None
    created_at: datetime
    members: int
    pending: int


@dataclass(frozen=True)
class PushRow:
    """One push.

    Attributes:
        verdict: of the decision that it rests on.
        requests: how many it has, delivered or not.
        retries: attempts beyond the first of each.
        readback: what the platform said about the audience afterwards.
    """

    id: int
    kind: str
    status: str
    decision_id: int | None
    verdict: str | None
    adds: int
    removes: int
    sent: int
    rejected: int
    skipped: dict[str, int]
    requests: int
    delivered: int
    retries: int
    error: str
    readback: dict[str, int] | None
    started_at: datetime
    ended_at: datetime | None


_SELECT: Final = """
    SELECT a.id, a.segment_id, s.name, a.platform, a.name, a.account_id, a.platform_id, a.interval_s, a.status, a.requested_at,
           a.last_pushed_at, a.created_at, held.members, held.pending
    FROM audiences a
    JOIN segments s ON s.id = a.segment_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'present') AS members, count(*) FILTER (WHERE state <> 'present') AS pending
        FROM audience_members WHERE audience_id = a.id
    ) held
    WHERE a.workspace_id = %(workspace)s
"""

_PUSHES: Final = """
    SELECT p.id, p.kind, p.status, p.decision_id, d.verdict, p.adds, p.removes, p.sent, p.rejected, p.skipped,
           r.requests, r.delivered, r.retries, p.error, p.readback, p.started_at, p.ended_at
    FROM pushes p
    LEFT JOIN decisions d ON d.id = p.decision_id AND d.workspace_id = p.workspace_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS requests, count(*) FILTER (WHERE status = 'delivered') AS delivered,
               coalesce(sum(greatest(attempts - 1, 0)), 0)::int AS retries
        FROM push_requests WHERE push_id = p.id
    ) r
    WHERE p.workspace_id = %(workspace)s AND p.audience_id = %(audience)s
      AND (%(after)s::bigint IS NULL OR p.id < %(after)s)
    ORDER BY p.id DESC LIMIT %(limit)s
"""


async def page(pool: Pool, workspace: int, after: int | None, limit: int) -> list[AudienceRow]:
    """The workspace's audiences by id, deleted ones too; `after` is the id of the last one of the page before."""
    sql = _SELECT + " AND (%(after)s::integer IS NULL OR a.id > %(after)s) ORDER BY a.id LIMIT %(limit)s"
    return await fetch(pool, AudienceRow, sql, {"workspace": workspace, "after": after, "limit": limit})


async def by_id(pool: Pool, workspace: int, audience: int) -> AudienceRow | None:
    """One audience; None where the workspace has no such audience."""
    return await fetch_one(pool, AudienceRow, _SELECT + " AND a.id = %(id)s", {"workspace": workspace, "id": audience})


async def history(pool: Pool, workspace: int, audience: int, after: int | None, limit: int) -> list[PushRow]:
    """An audience's pushes, newest first; `after` is the id of the last one of the page before."""
    params = {"workspace": workspace, "audience": audience, "after": after, "limit": limit}
    return await fetch(pool, PushRow, _PUSHES, params)


async def create(
    conn: AsyncConnection[Any], workspace: int, segment: int, platform: str, name: str, account_id: str, interval_s: int
) -> int | None:
    """Link an audience to a segment, with the mark by which the platform's side will be recognised as ours.

    Args:
        conn: inside the caller's transaction, which also holds the audit row.
        workspace: tenant.
        segment: whose members it follows.
        platform: where it will be.
        name: unique among the workspace's living audiences on the platform.
        account_id: the platform's account.
        interval_s: seconds between scheduled pushes.

    Returns:
        Its id; None where the workspace has no such segment.

    Raises:
        NameTakenError: the name is in use; the transaction is lost.
    """
    sql = """
        INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s)
        SELECT workspace_id, id, %(platform)s, %(name)s, %(account)s, %(interval)s
        FROM segments WHERE workspace_id = %(workspace)s AND id = %(segment)s AND status <> 'deleted' FOR SHARE
        RETURNING id
    """
    params = {"platform": platform, "name": name, "account": account_id, "interval": interval_s}
    try:
        cursor = await conn.execute(sql, {**params, "workspace": workspace, "segment": segment})
    except UniqueViolation as error:
        raise NameTakenError from error
    row = await cursor.fetchone()
    if row is None:
        return None
    sql = """
        UPDATE audiences a
        SET intent = 'stratum:' || left(encode(sha256(w.salt || convert_to('audience:' || a.id, 'UTF8')), 'hex'), 24)
        FROM workspaces w WHERE w.id = a.workspace_id AND a.id = %s
    """
    await conn.execute(sql, row)
    return int(row[0])


async def request_push(conn: AsyncConnection[Any], workspace: int, audience: int, actor: str) -> bool:
    """Ask for a push now; False where the audience is not active. The gate still decides."""
    sql = """
        UPDATE audiences SET requested_at = now(), requested_by = %s
        WHERE workspace_id = %s AND id = %s AND status = 'active' RETURNING id
    """
    cursor = await conn.execute(sql, (actor, workspace, audience))
    return await cursor.fetchone() is not None


async def request_deletion(conn: AsyncConnection[Any], workspace: int, audience: int) -> bool:
    """Ask for the audience to be deleted, here and at its platform; False where it is deleted already."""
    sql = """
        UPDATE audiences SET status = 'deleting', requested_at = NULL, requested_by = NULL
        WHERE workspace_id = %s AND id = %s AND status <> 'deleted' RETURNING id
    """
    cursor = await conn.execute(sql, (workspace, audience))
    return await cursor.fetchone() is not None
