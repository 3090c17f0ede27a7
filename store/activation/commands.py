"""Commands on audiences: create, push now, pause, resume, cancel, reconcile, delete.

Each runs in the caller's transaction `conn`, in which its row of the audit log names the `actor`;
there is none where nothing changes.
Nothing here talks to a platform: rows are written, and the engine picks them up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.errors import UniqueViolation

from domain.activation.states import LIVING, AudienceStatus, PushStatus, RowState
from domain.segments.definition import DefinitionStatus
from store import last_word
from store.activation import connections
from store.activation.pushes import cancel as cancel_pushes
from store.audit import trail
from store.connection import one_of


class AudienceCommandError(Exception):
    """It cannot be done; the message says why."""


class UnknownAudienceError(AudienceCommandError):
    """The workspace has no such audience, or no such segment."""


@dataclass(frozen=True)
class NewAudience:
    """An audience to be made.

    Attributes:
        segment: whose members it follows.
        platform: where it will be.
        name: unique among the workspace's living audiences on the platform.
        account_id: the platform's account.
        interval_s: seconds between scheduled pushes; 0: it follows its segment at once.
        ttl_s: seconds after which a member is removed; None: never.
        holdout_percent: share of the members who are never sent, 0–90.
    """

    segment: int
    platform: str
    name: str
    account_id: str
    interval_s: int
    ttl_s: int | None = None
    holdout_percent: int = 0


_CREATE: Final = f"""
    INSERT INTO audiences (workspace_id, segment_id, platform, name, account_id, interval_s,
        ttl_s, holdout_percent)
    SELECT workspace_id, id, %(platform)s, %(name)s, %(account)s, %(interval)s, %(ttl)s, %(holdout)s
    FROM segments WHERE workspace_id = %(workspace)s AND id = %(segment)s
      AND status <> '{DefinitionStatus.DELETED}' FOR SHARE
    RETURNING id
"""
_MARK: Final = """
    UPDATE audiences a
    SET intent = 'stratum:'
        || left(encode(sha256(w.salt || convert_to('audience:' || a.id, 'UTF8')), 'hex'), 24)
    FROM workspaces w WHERE w.id = a.workspace_id AND a.id = %s
"""


def create(conn: Connection[Any], workspace: int, actor: str, new: NewAudience) -> int:
    """Create an audience of a segment, with the marker that identifies it at the platform.

    Raises:
        AudienceCommandError: the name is in use, or the platform is disconnected.
        UnknownAudienceError: the workspace has no such segment.
    """
    # A platform that is just being disconnected is so by then.
    last_word.lock_gate_inputs(conn, workspace)
    if connections.disconnected(conn, workspace, new.platform):
        raise AudienceCommandError(f"{new.platform} is disconnected: connect it first.")
    named = {
        "workspace": workspace,
        "segment": new.segment,
        "platform": new.platform,
        "name": new.name,
        "account": new.account_id,
        "interval": new.interval_s,
        "ttl": new.ttl_s,
        "holdout": new.holdout_percent,
    }
    try:
        with conn.transaction():
            row = conn.execute(_CREATE, named).fetchone()
    except UniqueViolation as error:
        raise AudienceCommandError("An audience of this name exists on this platform.") from error
    if row is None:
        raise UnknownAudienceError("segment")
    conn.execute(_MARK, row)
    detail = {
        "segment": new.segment,
        "platform": new.platform,
        "interval_s": new.interval_s,
        "holdout_percent": new.holdout_percent,
    }
    trail.append(conn, workspace, actor, "audience.create", f"audience:{row[0]}", detail)
    return int(row[0])


def request_push(
    conn: Connection[Any], workspace: int, actor: str, audience: int, now: datetime
) -> None:
    """Ask for a push now. The gate still decides. One that was asked for already is enough.

    Raises:
        AudienceCommandError: the audience is not active.
    """
    _require(_status(conn, workspace, audience, locked=True), AudienceStatus.ACTIVE)
    sql = (
        "UPDATE audiences SET requested_at = %s, requested_by = %s "
        "WHERE id = %s AND requested_at IS NULL"
    )
    if conn.execute(sql, (now, actor, audience)).rowcount:
        _note(conn, workspace, actor, "sync", audience)


def pause(conn: Connection[Any], workspace: int, actor: str, audience: int, now: datetime) -> None:
    """Stop pushes, including one in progress; withdrawals continue. A paused audience stays paused.

    Raises:
        AudienceCommandError: the audience is being deleted, or is deleted.
    """
    last_word.lock_gate_inputs(conn, workspace)
    status = _status(conn, workspace, audience)
    _require(status, *LIVING)
    if status == AudienceStatus.ACTIVE:
        cancel_pushes(conn, audience, PushStatus.CANCELLED, "the audience was paused", now)
        conn.execute(
            f"UPDATE audiences SET status = '{AudienceStatus.PAUSED}', requested_at = NULL "
            f"WHERE id = %s AND status = '{AudienceStatus.ACTIVE}'",
            (audience,),
        )
        _note(conn, workspace, actor, "pause", audience)


def resume(conn: Connection[Any], workspace: int, actor: str, audience: int) -> None:
    """Resume pushes.

    Raises:
        AudienceCommandError: the audience is being deleted or is deleted, or its platform is
            disconnected.
    """
    # A platform that is just being disconnected is so by then.
    last_word.lock_gate_inputs(conn, workspace)
    status = _status(conn, workspace, audience)
    _require(status, *LIVING)
    platform = conn.execute("SELECT platform FROM audiences WHERE id = %s", (audience,)).fetchone()
    if platform and connections.disconnected(conn, workspace, platform[0]):
        raise AudienceCommandError(f"{platform[0]} is disconnected: connect it first.")
    if status == AudienceStatus.PAUSED:
        conn.execute(
            f"UPDATE audiences SET status = '{AudienceStatus.ACTIVE}' WHERE id = %s "
            f"AND status = '{AudienceStatus.PAUSED}'",
            (audience,),
        )
        _note(conn, workspace, actor, "resume", audience)


def cancel(conn: Connection[Any], workspace: int, actor: str, audience: int, now: datetime) -> int:
    """Stop the push under way and any that was asked for.

    The next push plans the rest again; if this was the first push, that is one interval later.
    Withdrawals continue.

    Returns:
        How many pushes were stopped.
    """
    last_word.lock_gate_inputs(conn, workspace)
    _status(conn, workspace, audience)
    stopped = cancel_pushes(conn, audience, PushStatus.CANCELLED, f"cancelled by {actor}", now)
    sql = """
        UPDATE audiences SET requested_at = NULL, requested_by = NULL,
            last_pushed_at = coalesce(last_pushed_at, CASE WHEN %(stopped)s THEN %(now)s END)
        WHERE id = %(audience)s AND (requested_at IS NOT NULL OR %(stopped)s)
    """
    if conn.execute(sql, {"audience": audience, "stopped": stopped > 0, "now": now}).rowcount:
        _note(conn, workspace, actor, "cancel", audience, {"pushes": stopped})
    return stopped


def reconcile(
    conn: Connection[Any],
    workspace: int,
    actor: str,
    audience: int,
    resend: bool,
    now: datetime,
    reason: str = "",
) -> None:
    """Request a push that checks that the audience exists and compares everybody.

    One that was asked for already, and would do all that, is enough.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: who asks.
        audience: which.
        resend: also sends everybody again who should be on the list, where the list may have been
            changed by others at the platform.
        now: clock.
        reason: for the audit log.

    Raises:
        AudienceCommandError: the audience is not active.
    """
    _require(_status(conn, workspace, audience, locked=True), AudienceStatus.ACTIVE)
    sql = """
        UPDATE audiences SET cursor_tx = NULL, requested_at = coalesce(requested_at, %s),
            requested_by = CASE WHEN requested_at IS NULL THEN %s ELSE requested_by END
        WHERE id = %s AND (cursor_tx IS NOT NULL OR requested_at IS NULL)
    """
    changed = conn.execute(sql, (now, actor, audience)).rowcount
    if resend:
        sql = (
            f"UPDATE audience_members SET state = '{RowState.ADDING}' "
            "WHERE audience_id = %s "
            f"AND state IN {one_of((RowState.PRESENT, RowState.ACCEPTED, RowState.REFUSED))}"
        )
        changed += conn.execute(sql, (audience,)).rowcount
    if changed:
        detail = {"resend": resend} | trail.reason_detail(reason)
        _note(conn, workspace, actor, "reconcile", audience, detail)


def request_deletion(
    conn: Connection[Any], workspace: int, actor: str, audience: int, reason: str = ""
) -> None:
    """Ask for the audience to be deleted, here and at its platform.

    Nothing where it is asked for already. Nobody is added from then on.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: for the audit log.
        audience: which.
        reason: why, for the audit log; empty where nobody said.

    Raises:
        UnknownAudienceError: the workspace has no such audience.
        psycopg.OperationalError: the server does not answer.
    """
    last_word.lock_gate_inputs(conn, workspace)
    if _status(conn, workspace, audience) in LIVING:
        sql = (
            f"UPDATE audiences SET status = '{AudienceStatus.DELETING}', requested_at = NULL, "
            f"requested_by = NULL WHERE id = %s AND status <> '{AudienceStatus.DELETED}'"
        )
        conn.execute(sql, (audience,))
        _note(conn, workspace, actor, "delete", audience, trail.reason_detail(reason))


def disconnect(
    conn: Connection[Any],
    workspace: int,
    actor: str,
    platform: str,
    now: datetime,
    reason: str = "",
) -> int:
    """Disconnect a platform and pause its audiences.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: for the audit log.
        platform: which.
        now: clock.
        reason: for the audit log.

    Returns:
        How many audiences were paused.
    """
    last_word.lock_gate_inputs(conn, workspace)
    active = connections.disconnect(
        conn, workspace, actor, platform, now, trail.reason_detail(reason)
    )
    for audience in active:
        pause(conn, workspace, actor, audience, now)
    return len(active)


def _status(
    conn: Connection[Any], workspace: int, audience: int, *, locked: bool = False
) -> AudienceStatus:
    """The status of an audience; locked, it is as it is after a plan that is being made."""
    sql = "SELECT status FROM audiences WHERE workspace_id = %s AND id = %s"
    if locked:
        sql += " FOR UPDATE"
    row = conn.execute(sql, (workspace, audience)).fetchone()
    if row is None:
        raise UnknownAudienceError("audience")
    return AudienceStatus(row[0])


def _require(status: AudienceStatus, *wanted: AudienceStatus) -> None:
    if status not in wanted:
        raise AudienceCommandError(f"The audience is {status}.")


def _note(
    conn: Connection[Any],
    workspace: int,
    actor: str,
    what: str,
    audience: int,
    detail: Mapping[str, Any] | None = None,
) -> None:
    trail.append(conn, workspace, actor, f"audience.{what}", f"audience:{audience}", detail or {})
