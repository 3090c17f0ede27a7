"""Audiences as people see them: listed, in detail, their history.

`store.activation.commands` changes them, `store.activation.due` fills them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import args_row

from domain.activation.states import (
    GOING,
    LIVING,
    TAKEN_IN,
    AudienceStatus,
    PushKind,
    RequestStatus,
    RowState,
)
from store.activation.due import Audience
from store.connection import one_of
from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class AudienceRow:
    """One audience.

    Attributes:
        platform_id: the platform's own id, None until the first push has created it there.
        requested_at: a manual trigger that waits.
        confirmed_at: when somebody confirmed the first push.
        ttl_s: seconds after which a member is removed; None: never.
        holdout_percent: share of the members who are never sent.
        revision: of the settings; higher after every change of them.
        members: rows that the platform confirmed.
        pending: rows that were planned and are not confirmed.
        refused: rows that the platform does not take as they are.
        leaving: rows whose removal is not confirmed.
        push_id: its newest push, withdrawals aside; None: there was none. The fields after it tell
            of that push and are None without one.
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
    confirmed_at: datetime | None
    ttl_s: int | None
    holdout_percent: int
    revision: int
    members: int
    pending: int
    refused: int
    leaving: int
    push_id: int | None
    push_status: str | None
    push_adds: int | None
    push_removes: int | None
    push_rejected: int | None
    push_readback: dict[str, int | str] | None
    push_ended_at: datetime | None


@dataclass(frozen=True)
class RequestRow:
    """One request of a push.

    Attributes:
        rows: people in it.
        status: recorded, accepted, delivered, rejected, abandoned or undone.
        outcome: of its last attempt, or what the platform said later; nothing personal.
    """

    seq: int
    operation: str
    rows: int
    status: str
    attempts: int
    outcome: dict[str, Any]
    recorded_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class PushRow:
    """One push.

    Attributes:
        verdict: of the decision that it is based on.
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
    readback: dict[str, int | str] | None
    started_at: datetime
    ended_at: datetime | None


_PENDING: Final = (RowState.ADDING, RowState.ACCEPTED, *GOING)
_SELECT: Final = f"""
    SELECT a.id, a.segment_id, s.name, a.platform, a.name, a.account_id, a.platform_id,
           a.interval_s, a.status, a.requested_at,
           a.last_pushed_at, a.created_at, a.confirmed_at, a.ttl_s, a.holdout_percent,
           a.revision, held.members, held.pending, held.refused, held.leaving,
           last.id, last.status, last.adds, last.removes, last.rejected, last.readback,
           last.ended_at
    FROM audiences a
    JOIN segments s ON s.id = a.segment_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = '{RowState.PRESENT}') AS members,
               count(*) FILTER (WHERE state IN {one_of(_PENDING)}) AS pending,
               count(*) FILTER (WHERE state = '{RowState.REFUSED}') AS refused,
               count(*) FILTER (WHERE state IN {one_of(GOING)}) AS leaving
        FROM audience_members WHERE audience_id = a.id
    ) held
    LEFT JOIN LATERAL (
        SELECT * FROM pushes WHERE audience_id = a.id AND kind <> '{PushKind.URGENT}'
        ORDER BY id DESC LIMIT 1
    ) last ON true
    WHERE a.workspace_id = %(workspace)s
"""

PUSH_COLUMNS: Final = """
    p.id, p.kind, p.status, p.decision_id, d.verdict, p.adds, p.removes, p.sent, p.rejected,
    p.skipped, r.requests, r.delivered, r.retries, p.error, p.readback, p.started_at, p.ended_at
"""
"""What a `PushRow` is made of, of pushes ``p`` with `PUSH_JOINS`."""
PUSH_JOINS: Final = f"""
    LEFT JOIN decisions d ON d.id = p.decision_id AND d.workspace_id = p.workspace_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS requests,
            count(*) FILTER (WHERE status = '{RequestStatus.DELIVERED}') AS delivered,
               coalesce(sum(greatest(attempts - 1, 0)), 0)::int AS retries
        FROM push_requests WHERE push_id = p.id
    ) r
"""
_PUSHES: Final = f"""
    SELECT {PUSH_COLUMNS} FROM pushes p {PUSH_JOINS}
    WHERE p.workspace_id = %(workspace)s AND p.audience_id = %(audience)s
      AND (%(after)s::bigint IS NULL OR p.id < %(after)s)
    ORDER BY p.id DESC LIMIT %(limit)s
"""


_REQUESTS: Final = """
    SELECT r.seq, r.operation, jsonb_array_length(r.rows), r.status, r.attempts,
           coalesce(r.outcome, '{}'), r.recorded_at, r.ended_at
    FROM push_requests r JOIN pushes p ON p.id = r.push_id
    WHERE p.workspace_id = %(workspace)s AND p.audience_id = %(audience)s AND p.id = %(push)s
      AND r.seq > %(after)s
    ORDER BY r.seq LIMIT %(limit)s
"""


_COUNTED: Final = f"""
    SELECT (SELECT count(*) FROM memberships WHERE segment_id = %(segment)s),
           (SELECT count(*) FROM memberships m
            WHERE %(holdout)s > 0 AND m.segment_id = %(segment)s
              AND held_out(m.profile_id, %(intent)s, %(holdout)s::int)),
           (SELECT count(*) FROM audience_members h WHERE h.audience_id = %(audience)s
               AND h.state IN {one_of(TAKEN_IN)})
"""


async def page(
    pool: Pool, workspace: int, after: int | None, limit: int, segment: int | None = None
) -> list[AudienceRow]:
    """Return a page of the workspace's audiences by id, deleted ones included.

    Args:
        pool: connections.
        workspace: tenant.
        after: id of the last audience of the previous page; None: the first page.
        limit: most rows.
        segment: only those that follow it; None for all.
    """
    sql = (
        _SELECT
        + " AND (%(after)s::integer IS NULL OR a.id > %(after)s)"
        + " AND (%(segment)s::integer IS NULL OR a.segment_id = %(segment)s)"
        + " ORDER BY a.id LIMIT %(limit)s"
    )
    names = {"workspace": workspace, "after": after, "segment": segment, "limit": limit}
    return await fetch(pool, AudienceRow, sql, names)


async def by_id(pool: Pool, workspace: int, audience: int) -> AudienceRow | None:
    """One audience; None where the workspace has no such audience."""
    return await fetch_one(
        pool, AudienceRow, _SELECT + " AND a.id = %(id)s", {"workspace": workspace, "id": audience}
    )


async def history(
    pool: Pool, workspace: int, audience: int, after: int | None, limit: int
) -> list[PushRow]:
    """An audience's pushes, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        audience: which.
        after: the last id of the previous page; None for the first page.
        limit: pushes per page.
    """
    params = {"workspace": workspace, "audience": audience, "after": after, "limit": limit}
    return await fetch(pool, PushRow, _PUSHES, params)


async def requests(
    pool: Pool, workspace: int, audience: int, push: int, after: int | None, limit: int
) -> list[RequestRow]:
    """A push's requests, in order.

    Args:
        pool: open pool.
        workspace: tenant.
        audience: of the push.
        push: which.
        after: the place in the push of the last request of the previous page; None for the first
            page.
        limit: requests per page.
    """
    params = {
        "workspace": workspace,
        "audience": audience,
        "push": push,
        "after": -1 if after is None else after,
        "limit": limit,
    }
    return await fetch(pool, RequestRow, _REQUESTS, params)


async def has_push(pool: Pool, workspace: int, audience: int, push: int) -> bool:
    """Whether a push is one of an audience of the workspace."""
    sql = """
        SELECT id FROM pushes
        WHERE workspace_id = %(workspace)s AND audience_id = %(audience)s AND id = %(push)s
    """
    params = {"workspace": workspace, "audience": audience, "push": push}
    return await fetch_one(pool, int, sql, params) is not None


def listed(conn: Connection[Any], workspace: int) -> list[AudienceRow]:
    """The workspace's audiences by id, but the deleted ones."""
    with conn.cursor(row_factory=args_row(AudienceRow)) as cursor:
        return cursor.execute(
            _SELECT + f" AND a.status <> '{AudienceStatus.DELETED}' ORDER BY a.id",
            {"workspace": workspace},
        ).fetchall()


def living(conn: Connection[Any], workspace: int, limit: int) -> dict[int, str]:
    """Read the audiences that nobody is deleting.

    Args:
        conn: any connection.
        workspace: tenant.
        limit: audiences at most, the oldest first.

    Returns:
        Id → platform, in id order.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    sql = f"""
        SELECT id, platform FROM audiences
        WHERE workspace_id = %s AND status IN {one_of(LIVING)} ORDER BY id LIMIT %s
    """
    return dict(conn.execute(sql.encode(), (workspace, limit)).fetchall())


def newest_pushes(
    conn: Connection[Any], workspace: int, audience: int, limit: int
) -> list[PushRow]:
    """An audience's last pushes, newest first."""
    with conn.cursor(row_factory=args_row(PushRow)) as cursor:
        return cursor.execute(
            _PUSHES, {"workspace": workspace, "audience": audience, "after": None, "limit": limit}
        ).fetchall()


def counted(conn: Connection[Any], audience: Audience) -> tuple[int, int, int]:
    """Count people: in the audience's segment, held out of them, and on the platform's list.

    The last is as the platform confirmed or took in.
    """
    names = {
        "segment": audience.segment_id,
        "intent": audience.intent,
        "holdout": audience.holdout_percent,
        "audience": audience.id,
    }
    row = conn.execute(_COUNTED, names).fetchone()
    return (row[0], row[1], row[2]) if row else (0, 0, 0)
