"""What activation has to do next, and the audience that it does it for.

Reads; `drafts`, `requests` and `pushes` of `store.activation` write.

The outbox is read in commit order: a plan takes the changes of transactions below the xmin at its
beginning, all of which have ended, and moves the audience's cursor there. A change of a transaction
still running then is at or above the cursor and is taken next time.
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from domain.activation.states import (
    EXEMPT,
    AudienceStatus,
    PushKind,
    PushStatus,
    RequestStatus,
    RowState,
)
from domain.instants import to_ms
from domain.segments.definition import DefinitionStatus
from store import locks
from store.connection import one_of

REQUEST: Final = "request"
"""Kind of work: an open push has a request to send. The other kinds plan a push of their kind."""


@dataclass(frozen=True)
class Audience:
    """One audience as the engine sees it.

    Attributes:
        platform_id: the platform's own id, None until it is created there.
        intent: mark that lets an audience created by us be recognised at the platform; it also
            chooses who is held out.
        cursor_tx: transactions below it have been planned; None: nothing has, or everything is to
            be compared again.
        ttl_s: seconds after which a member is removed; None: never.
        holdout_percent: share of the members who are never sent.
    """

    id: int
    workspace_id: int
    segment_id: int
    platform: str
    name: str
    account_id: str
    platform_id: str | None
    intent: str
    status: str
    cursor_tx: str | None
    requested_at: datetime | None
    ttl_s: int | None
    holdout_percent: int


@dataclass(frozen=True)
class AudienceDraft:
    """An audience that nobody has created yet, as far as its first push depends on it.

    Attributes:
        segment: whose members it would follow.
        ttl_s: seconds after which a member is removed; None: never.
        holdout_percent: share of the members who are never sent.
    """

    segment: int
    ttl_s: int | None = None
    holdout_percent: int = 0


@dataclass(frozen=True)
class Work:
    """One thing to do for one audience.

    Attributes:
        kind: request (an open push has one to send), delete, manual or scheduled.
        push_kind: for request, the kind of its push.
        push_id: for request, its push; 0 otherwise.
        seq: for request, which one of the push.
    """

    workspace_id: int
    audience_id: int
    platform: str
    kind: str
    push_kind: str
    push_id: int = 0
    seq: int = 0

    @property
    def exempt(self) -> bool:
        """Whether it only takes people off a platform: nothing holds it."""
        return self.kind == PushKind.DELETE or (self.kind == REQUEST and self.push_kind in EXEMPT)


_AUDIENCE: Final = """
    SELECT id, workspace_id, segment_id, platform, name, account_id, platform_id,
           coalesce(intent, '') AS intent,
           status, cursor_tx::text AS cursor_tx, requested_at, ttl_s, holdout_percent
    FROM audiences WHERE id = %s
"""
_SEGMENT: Final = (
    "SELECT 1 FROM segments WHERE workspace_id = %s AND id = %s "
    f"AND status <> '{DefinitionStatus.DELETED}'"
)

_LET_GO_INTERVAL: Final = timedelta(minutes=1)
"""How often an audience with interval 0 is checked for people who are members for too long."""
_WORK: Final = f"""
    SELECT a.workspace_id, a.id AS audience_id, a.platform,
           CASE WHEN next.kind IS NOT NULL
                 AND (a.status = '{AudienceStatus.ACTIVE}' OR next.kind IN {one_of(EXEMPT)})
                THEN '{REQUEST}'
                WHEN a.status = '{AudienceStatus.DELETING}' THEN '{PushKind.DELETE}'
                WHEN a.requested_at IS NOT NULL THEN '{PushKind.MANUAL}'
                ELSE '{PushKind.SCHEDULED}' END AS kind,
           coalesce(next.kind, '') AS push_kind, coalesce(next.push_id, 0) AS push_id,
           coalesce(next.seq, 0) AS seq
    FROM audiences a
    LEFT JOIN LATERAL (
        SELECT p.kind, p.id AS push_id, r.seq,
               coalesce((r.outcome->>'retry_at_ms')::bigint, 0) AS retry_at_ms
        FROM pushes p JOIN push_requests r ON r.push_id = p.id
          AND r.status = '{RequestStatus.RECORDED}'
        WHERE p.audience_id = a.id AND p.status = '{PushStatus.RUNNING}'
        ORDER BY p.kind IN {one_of(EXEMPT)} DESC, p.id, r.seq LIMIT 1
    ) next ON true
    LEFT JOIN LATERAL (
        SELECT kind, status, ended_at FROM pushes
        WHERE audience_id = a.id AND kind <> '{PushKind.URGENT}' ORDER BY id DESC LIMIT 1
    ) last ON true
    WHERE CASE
        WHEN a.status = '{AudienceStatus.DELETED}' THEN false
        WHEN next.kind IN {one_of(EXEMPT)} THEN next.retry_at_ms <= %(now_ms)s
        WHEN a.status = '{AudienceStatus.DELETING}'
            THEN last.kind IS DISTINCT FROM '{PushKind.DELETE}'
              OR last.ended_at <= %(now)s - %(failed_wait)s
        WHEN a.status <> '{AudienceStatus.ACTIVE}' THEN false
        WHEN next.kind IS NOT NULL THEN next.retry_at_ms <= %(now_ms)s
        WHEN a.requested_at IS NOT NULL THEN true
        WHEN last.status = '{PushStatus.FAILED}' THEN last.ended_at <= %(now)s - %(failed_wait)s
        WHEN last.status = '{PushStatus.HELD}' THEN true
        WHEN a.interval_s > 0 OR a.cursor_tx IS NULL OR a.last_pushed_at IS NULL
            THEN a.last_pushed_at IS NULL
                OR a.last_pushed_at <= %(now)s - make_interval(secs => a.interval_s)
        ELSE a.ttl_s IS NOT NULL AND a.last_pushed_at <= %(now)s - %(let_go)s OR EXISTS (
            SELECT 1 FROM changes c WHERE c.segment_id = a.segment_id AND c.tx >= a.cursor_tx
            AND c.tx < pg_snapshot_xmin(pg_current_snapshot()))
    END AND a.platform = ANY(%(platforms)s)
    ORDER BY next.kind IN {one_of(EXEMPT)} DESC NULLS LAST, a.id
"""


def work(
    conn: Connection[Any], platforms: Collection[str], now: datetime, failed_wait: timedelta
) -> list[Work]:
    """List the audiences with something to do now, withdrawals and deletions first.

    An audience that follows its segment at once (interval 0) has something to do as soon as the
    segment changed; one that also removes people after a time is checked at intervals.

    Args:
        conn: any connection.
        platforms: where.
        now: clock.
        failed_wait: rest after a push that failed, unless somebody asks for one.
    """
    params: dict[str, Any] = {
        "platforms": list(platforms),
        "now": now,
        "now_ms": to_ms(now),
        "failed_wait": failed_wait,
    }
    params["let_go"] = _LET_GO_INTERVAL
    with conn.cursor(row_factory=class_row(Work)) as cursor:
        return cursor.execute(_WORK, params).fetchall()


def read_audience(conn: Connection[Any], audience_id: int) -> Audience | None:
    """Read one audience."""
    with conn.cursor(row_factory=class_row(Audience)) as cursor:
        return cursor.execute(_AUDIENCE, (audience_id,)).fetchone()


def drafted(
    conn: Connection[Any], workspace: int, draft: AudienceDraft, platform: str
) -> Audience | None:
    """Make an audience that is not stored; its id is nobody's.

    Args:
        conn: an open connection.
        workspace: tenant.
        draft: segment, longest membership in s, share that is held out in per cent.
        platform: where it would be.

    Returns:
        An active audience that was never pushed; None where the workspace has no such segment.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    row = conn.execute(_SEGMENT, (workspace, draft.segment)).fetchone()
    if row is None:
        return None
    return Audience(
        id=0,
        workspace_id=workspace,
        segment_id=draft.segment,
        platform=platform,
        name="",
        account_id="",
        platform_id=None,
        intent="",
        status=AudienceStatus.ACTIVE,
        cursor_tx=None,
        requested_at=None,
        ttl_s=draft.ttl_s,
        holdout_percent=draft.holdout_percent,
    )


@contextmanager
def planning_transaction(
    conn: Connection[Any], audience_id: int
) -> Iterator[tuple[Audience, str] | None]:
    """Open a planning transaction, the audience locked.

    It sees what commits while it runs: the audit chain is continued as it commits, which a
    snapshot of its beginning could not do. That is harmless, because whatever commits then is at or
    above the xmin, and its people are planned again next time.

    Yields:
        The audience, and the xmin up to which the plan takes the outbox; None where the audience is
        gone.
    """
    with conn.transaction():
        with conn.cursor(row_factory=class_row(Audience)) as cursor:
            audience = cursor.execute(_AUDIENCE + " FOR UPDATE", (audience_id,)).fetchone()
        xmin = conn.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text").fetchone()
        yield (audience, xmin[0]) if audience and xmin else None


def audience_lock(
    conn: Connection[Any], audience_id: int, patience: timedelta = timedelta()
) -> AbstractContextManager[bool]:
    """Lock one audience for this connection, so that each has one writer.

    Args:
        conn: connection in autocommit mode.
        audience_id: which.
        patience: how long to wait for the lock; waiters get it in order.

    Returns:
        What locks it; gives False where somebody else has it.
    """
    return locks.held(conn, locks.AUDIENCE, audience_id, patience=patience)


def has_open_push(conn: Connection[Any], audience_id: int) -> bool:
    """Whether a push is under way that is not a withdrawal."""
    sql = (
        f"SELECT 1 FROM pushes WHERE audience_id = %s AND status = '{PushStatus.RUNNING}' "
        f"AND kind <> '{PushKind.URGENT}' LIMIT 1"
    )
    return conn.execute(sql, (audience_id,)).fetchone() is not None


def was_filled(conn: Connection[Any], audience_id: int) -> bool:
    """Whether the platform ever took in a row of the audience under the id that it has now."""
    sql = (
        "SELECT 1 FROM audience_members WHERE audience_id = %s "
        f"AND state IN {one_of((RowState.PRESENT, RowState.ACCEPTED, RowState.LEAVING))} LIMIT 1"
    )
    if conn.execute(sql, (audience_id,)).fetchone() is not None:
        return True
    pushed = conn.execute(
        "SELECT 1 FROM audiences WHERE id = %s AND last_pushed_at IS NOT NULL", (audience_id,)
    ).fetchone()
    return pushed is not None
