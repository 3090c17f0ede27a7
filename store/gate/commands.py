"""Commands to the trust gate: modes, overrides, releases, confirmed first pushes.

Every change is in the audit log with its reason.

Changes run in the caller's transaction, in which the audit row commits too. What stops pushes waits
for requests that are just beginning, so that none begins once it is committed (`store.last_word`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import AudienceStatus, PushStatus
from domain.export import PLATFORM_FORMS
from domain.gate import Code, Mode
from domain.ids import WorkspaceId
from operators.gate.decide import OVERRIDABLE
from store import last_word
from store.audit import trail
from store.gate.controls import InterventionKind

_BEHIND: Final = "1 hour"
"""A worker whose clock is behind by less still goes by what is over: it can be taken back."""
_USED_UP: Final = f"""
    EXISTS (SELECT 1 FROM pushes WHERE id = push_id AND status <> '{PushStatus.RUNNING}')
"""


class GateCommandError(Exception):
    """An invalid command to the gate; the message is for its author."""


@dataclass(frozen=True)
class Actor:
    """The author of a command to the gate.

    Attributes:
        name: as the audit log calls them, ``key:<id>`` or ``console:<user>``.
        longest: overrides, releases and the advisory mode end after this at the latest.
    """

    workspace: WorkspaceId
    name: str
    longest: timedelta


@dataclass(frozen=True)
class Terms:
    """Where, why and how long something that is said to the gate holds.

    Attributes:
        scope: ``workspace``, ``platform:<name>`` or ``audience:<id>``.
        reason: for the audit log.
        until: when it ends; None: when it is taken back.
    """

    scope: str
    reason: str
    until: datetime | None = None


def set_mode(conn: Connection[Any], actor: Actor, mode: Mode, terms: Terms, now: datetime) -> None:
    """Set how the gate is run for a scope; to enforce takes back what was set.

    Once it is committed, no request begins as it was before. What is set already, for the same
    reason and until the same end, stays as it is.

    Raises:
        GateCommandError: no such scope, or no end where there must be one.
    """
    scope, reason, until = terms.scope, terms.reason, terms.until
    last_word.lock_gate_inputs(conn, actor.workspace)
    _check_scope(conn, actor.workspace, scope)
    if mode is Mode.ADVISORY or until is not None:
        _check_end(actor, now, until)
    if mode is Mode.ENFORCE:
        # Over is what is over by both clocks.
        sql = """
            DELETE FROM gate_modes WHERE workspace_id = %s AND scope = %s
            RETURNING expires_at IS NULL OR expires_at > least(%s, clock_timestamp())
        """
        changed = (True,) in conn.execute(sql, (actor.workspace, scope, now)).fetchall()
    else:
        sql = """
            INSERT INTO gate_modes AS held (workspace_id, scope, mode, reason, author, set_at,
                expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (workspace_id, scope) DO UPDATE
            SET mode = excluded.mode, reason = excluded.reason, author = excluded.author,
                set_at = excluded.set_at, expires_at = excluded.expires_at, approved_by = NULL
            WHERE (held.mode, held.reason, held.expires_at)
                IS DISTINCT FROM (excluded.mode, excluded.reason, excluded.expires_at)
        """
        values = (actor.workspace, scope, mode.value, reason, actor.name, now, until)
        changed = conn.execute(sql, values).rowcount > 0
    if changed:
        detail = {"mode": mode.value, "reason": reason, "expires_at": until}
        _audit(conn, actor, "gate.mode", scope, detail)


def override(
    conn: Connection[Any], actor: Actor, codes: Sequence[Code], terms: Terms, now: datetime
) -> int:
    """Override these reasons until an instant.

    Returns:
        Id of the override.

    Raises:
        GateCommandError: no such scope, reasons that nobody may override, or no end within the
            longest.
    """
    scope, reason, until = terms.scope, terms.reason, terms.until
    _check_scope(conn, actor.workspace, scope)
    _check_end(actor, now, until)
    wrong = sorted(code.value for code in codes if code not in OVERRIDABLE)
    if wrong or not codes:
        raise GateCommandError(
            f"these reasons cannot be overridden: {', '.join(wrong)}"
            if wrong
            else "name the reasons to override"
        )
    named = sorted({code.value for code in codes})
    sql = """
        INSERT INTO gate_overrides (workspace_id, scope, codes, reason, author, created_at,
            expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
    """
    row = conn.execute(
        sql, (actor.workspace, scope, named, reason, actor.name, now, until)
    ).fetchone()
    number = int(row[0]) if row else 0
    _audit(
        conn,
        actor,
        "gate.override",
        f"override:{number}",
        {"scope": scope, "codes": named, "reason": reason, "expires_at": until},
    )
    return number


def release(
    conn: Connection[Any],
    actor: Actor,
    audience_id: int,
    reason: str,
    now: datetime,
    until: datetime,
) -> int:
    """Release an audience's next push, whatever its verdict.

    Args:
        conn: inside the caller's transaction.
        actor: whose command it is.
        audience_id: which.
        reason: for the audit log.
        now: clock.
        until: when it ends if there is no push.

    Returns:
        Id of the release.

    Raises:
        GateCommandError: there is no such living audience, or no end within the longest.
    """
    _check_scope(conn, actor.workspace, f"audience:{audience_id}")
    _check_end(actor, now, until)
    sql = """
        INSERT INTO gate_releases (workspace_id, audience_id, reason, author, created_at,
            expires_at)
        VALUES (%s, %s, %s, %s, %s, %s) RETURNING id
    """
    row = conn.execute(
        sql, (actor.workspace, audience_id, reason, actor.name, now, until)
    ).fetchone()
    number = int(row[0]) if row else 0
    detail = {"audience": audience_id, "reason": reason, "expires_at": until}
    _audit(conn, actor, "gate.release", f"release:{number}", detail)
    return number


def approve(
    conn: Connection[Any],
    actor: Actor,
    kind: InterventionKind,
    intervention_id: int,
    reason: str = "",
) -> bool:
    """Agree to somebody else's override or release; the reason is for the audit log.

    False where there is none that could be agreed to.

    Raises:
        GateCommandError: it is the actor's own.
    """
    table = "gate_overrides" if kind == "override" else "gate_releases"
    found = conn.execute(
        f"SELECT author FROM {table} WHERE workspace_id = %s AND id = %s",
        (actor.workspace, intervention_id),
    ).fetchone()
    if found and found[0] == actor.name:
        raise GateCommandError("somebody else has to approve it")
    sql = f"""
        UPDATE {table} SET approved_by = %s
        WHERE workspace_id = %s AND id = %s AND revoked_at IS NULL AND expires_at > now()
          AND approved_by IS NULL RETURNING id
    """
    done = conn.execute(sql, (actor.name, actor.workspace, intervention_id)).fetchone() is not None
    if done:
        _audit(
            conn,
            actor,
            f"gate.{kind}.approve",
            f"{kind}:{intervention_id}",
            trail.reason_detail(reason),
        )
    return done


def approve_mode(conn: Connection[Any], actor: Actor, scope: str, reason: str = "") -> bool:
    """Agree to somebody else's advisory mode; False where there is none.

    Raises:
        GateCommandError: it is the actor's own.
    """
    found = conn.execute(
        "SELECT author FROM gate_modes WHERE workspace_id = %s AND scope = %s",
        (actor.workspace, scope),
    ).fetchone()
    if found and found[0] == actor.name:
        raise GateCommandError("somebody else has to approve it")
    sql = (
        "UPDATE gate_modes SET approved_by = %s WHERE workspace_id = %s AND scope = %s "
        "AND approved_by IS NULL RETURNING scope"
    )
    done = conn.execute(sql, (actor.name, actor.workspace, scope)).fetchone() is not None
    if done:
        _audit(conn, actor, "gate.mode.approve", scope, trail.reason_detail(reason))
    return done


def revoke(
    conn: Connection[Any],
    actor: Actor,
    kind: InterventionKind,
    intervention_id: int,
    reason: str = "",
) -> bool:
    """Take an override or a release back; False where there is none that holds.

    A release holds until the push that it let pass is no longer under way. No request begins on it
    once that is committed. The reason is for the audit log.
    """
    last_word.lock_gate_inputs(conn, actor.workspace)
    table = "gate_overrides" if kind == "override" else "gate_releases"
    used_up = "false" if kind == "override" else _USED_UP
    sql = f"""
        UPDATE {table} SET revoked_by = %s, revoked_at = now() WHERE workspace_id = %s
            AND id = %s AND revoked_at IS NULL
            AND expires_at > clock_timestamp() - interval '{_BEHIND}' AND NOT {used_up}
        RETURNING id
    """
    done = conn.execute(sql, (actor.name, actor.workspace, intervention_id)).fetchone() is not None
    if done:
        _audit(
            conn,
            actor,
            f"gate.{kind}.revoke",
            f"{kind}:{intervention_id}",
            trail.reason_detail(reason),
        )
    return done


def confirm_first(
    conn: Connection[Any], actor: Actor, audience_id: int, now: datetime, reason: str = ""
) -> None:
    """Confirm an audience's first push, whatever its size.

    Once is enough; it says nothing about health. The reason is for the audit log.

    Raises:
        GateCommandError: there is no such living audience.
    """
    _check_scope(conn, actor.workspace, f"audience:{audience_id}")
    sql = """
        UPDATE audiences SET confirmed_at = %s, confirmed_by = %s
        WHERE workspace_id = %s AND id = %s AND confirmed_at IS NULL RETURNING id
    """
    if conn.execute(sql, (now, actor.name, actor.workspace, audience_id)).fetchone() is not None:
        _audit(
            conn,
            actor,
            "gate.confirm_first",
            f"audience:{audience_id}",
            trail.reason_detail(reason),
        )


def _check_scope(conn: Connection[Any], workspace: WorkspaceId, scope: str) -> None:
    kind, _, name = scope.partition(":")
    if scope == "workspace" or (kind == "platform" and name in PLATFORM_FORMS):
        return
    if kind == "platform":
        raise GateCommandError(
            f"there is no platform {name}: it is one of {', '.join(sorted(PLATFORM_FORMS))}"
        )
    if kind == "audience" and name.isascii() and name.isdigit():
        sql = (
            "SELECT 1 FROM audiences WHERE workspace_id = %s AND id::text = %s "
            f"AND status <> '{AudienceStatus.DELETED}'"
        )
        if conn.execute(sql, (workspace, name)).fetchone() is not None:
            return
        raise GateCommandError(f"there is no audience {name}")
    raise GateCommandError("a scope is workspace, platform:<name> or audience:<id>")


def _check_end(actor: Actor, now: datetime, until: datetime | None) -> None:
    if until is None or not now < until <= now + actor.longest:
        raise GateCommandError(
            f"say when it ends: within {actor.longest.total_seconds() / 3600:g} hours from now"
        )


def _audit(
    conn: Connection[Any], actor: Actor, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    texts = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in detail.items()
        if value is not None
    }
    trail.append(conn, actor.workspace, actor.name, action, subject, texts)
