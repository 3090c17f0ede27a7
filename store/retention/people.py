"""Inactive people: a batch of them is asked to be erased, in the audit log and the register.

One batch at a time is on its way: the next one is chosen once the engine has processed the one
before, so nobody is asked for twice, and the log never holds more than one.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import args_row

from domain.export import ExportStatus
from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.keys import command_id, message_key
from domain.privacy.erasure import NEVER_MS, Afterwards, RequestKind
from domain.privacy.receipt import REQUESTED, subject_of
from domain.privacy.retention import OPERATOR
from store.audit import trail
from store.connection import one_of
from store.privacy import register
from store.privacy.register import PrivacyRequest
from store.retention import runs
from store.retention.due import PEOPLE
from store.retention.runs import Held, RunKey

IDENTIFIERS_MOST: Final = 5_000
"""Identifiers that one command names at most, unless a single person has more."""
_PEOPLE: Final = f"SELECT d.id {PEOPLE} ORDER BY d.last_seen_bin LIMIT %(limit)s"
_KEYS: Final = """
    SELECT profile_id, array_agg(key ORDER BY key) FROM identifiers
    WHERE profile_id = ANY(%(people)s) AND workspace_id = %(workspace)s
    GROUP BY profile_id ORDER BY profile_id
"""
_WAITING: Final = f"""
    SELECT r.id, coalesce(r.sent_at, '-infinity') <= now() - %(again)s::interval
    FROM privacy_requests r LEFT JOIN erasures e ON e.command = r.command
    WHERE r.workspace_id = %(workspace)s AND r.kind = '{RequestKind.RETENTION}'
      AND r.completed_at IS NULL AND e.command IS NULL
    ORDER BY r.id LIMIT 1
"""
_LAST: Final = f"""
    SELECT keys FROM privacy_requests
    WHERE workspace_id = %(workspace)s AND kind = '{RequestKind.RETENTION}'
      AND requested_at >= %(started)s
    ORDER BY id DESC LIMIT 1
"""
# Whatever erases somebody has files that are being written begin anew.
_WRITING: Final = f"""
    SELECT EXISTS (SELECT FROM exports x WHERE x.workspace_id = %(workspace)s AND x.kind = 'file'
          AND x.status IN {one_of((ExportStatus.QUEUED, ExportStatus.RUNNING))})
      AND EXISTS (SELECT FROM retention_runs r WHERE r.workspace_id = %(workspace)s
          AND r.class = %(name)s AND r.moved_at > now() - %(patience)s::interval)
"""
_REASON: Final = "SELECT reason FROM retention_policies WHERE workspace_id = %s AND class = %s"
_WITHDRAW: Final = """
    UPDATE privacy_requests SET completed_at = now()
    WHERE id = %(request)s AND sent_at IS NULL AND completed_at IS NULL
      AND until_ms >= %(until_ms)s
    RETURNING command
"""
_SALT: Final = "SELECT salt FROM workspaces WHERE id = %s"


class Waiting(NamedTuple):
    """A batch that the engine has not processed.

    Attributes:
        to_send: the log has not confirmed its command, or did so long ago.
    """

    id: int
    to_send: bool


class Pace(NamedTuple):
    """How many people a command erases, under which law, and when their request is overdue."""

    people: int
    regulation: str
    due_after: timedelta


def waiting(conn: Connection[Any], workspace: WorkspaceId, again: timedelta) -> Waiting | None:
    """The batch of a workspace that the engine has not processed; None where there is none.

    Args:
        conn: any connection.
        workspace: tenant.
        again: a command that was sent so long ago is sent again.
    """
    row = conn.execute(_WAITING, {"workspace": workspace, "again": again}).fetchone()
    return None if row is None else Waiting(*row)


def yields(conn: Connection[Any], key: RunKey, patience: timedelta) -> bool:
    """Whether the next batch waits for an export that is being written, but not for too long.

    Args:
        conn: any connection.
        key: which run.
        patience: so long after the batch before it waits no more.
    """
    params = {"workspace": key.workspace, "name": key.name, "patience": patience}
    row = conn.execute(_WRITING, params).fetchone()
    return row is not None and bool(row[0])


def request_of(conn: Connection[Any], workspace: WorkspaceId, request: int) -> PrivacyRequest:
    """A request of the register."""
    with conn.cursor(row_factory=args_row(PrivacyRequest)) as cursor:
        found = cursor.execute(register.BY_ID, {"workspace": workspace, "id": request}).fetchone()
    if found is None:
        raise LookupError(request)
    return found


def salt_of(conn: Connection[Any], workspace: WorkspaceId) -> bytes:
    """The key of a workspace's digests."""
    row = conn.execute(_SALT, (workspace,)).fetchone()
    return bytes(row[0]) if row else b""


def sent(conn: Connection[Any], request: int) -> None:
    """Note that the log has the command of a request, now."""
    conn.execute("UPDATE privacy_requests SET sent_at = now() WHERE id = %s", (request,))


def ask(conn: Connection[Any], key: RunKey, pace: Pace) -> int | None:
    """Ask for the erasure of the people who have been inactive for longest.

    The run is finished where there is nobody, or only whom the batch before named as well: they
    stay for a reason of the engine's, and the next run asks again.

    Args:
        conn: in autocommit mode; nothing of the workspace's is waiting.
        key: which run.
        pace: how many.

    Returns:
        The number of the request; None where the run is finished.
    """
    with conn.transaction():
        held = runs.hold(conn, key)
        if held is None:
            return None
        chosen = _chosen(conn, held, pace.people) if held.horizon_at is not None else {}
        if not chosen or held.horizon_at is None:
            runs.finish(conn, held)
            return None
        number = _enter(conn, held, held.horizon_at, chosen, pace)
        runs.count(conn, held, "people", len(chosen))
    return number


def withdraw(conn: Connection[Any], key: RunKey, request: int) -> bool:
    """Take a batch back that the log has not confirmed, where the policy keeps its people now.

    Args:
        conn: in autocommit mode.
        key: which run.
        request: number of the batch.

    Returns:
        Whether it was taken back.
    """
    with conn.transaction():
        held = runs.hold(conn, key)
        if held is None:
            return False
        until_ms = NEVER_MS if held.horizon_at is None else to_ms(held.horizon_at)
        params = {"request": request, "until_ms": until_ms}
        row = conn.execute(_WITHDRAW, params).fetchone()
        if row is not None:
            detail = {"request": request}
            trail.append(
                conn, key.workspace, OPERATOR, "erase.withdrawn", subject_of(row[0]), detail
            )
    return row is not None


def _chosen(conn: Connection[Any], held: Held, limit: int) -> dict[UUID, list[UUID]]:
    """Person → identifiers, of one command."""
    params: dict[str, Any] = {"workspace": held.key.workspace, "horizon": held.horizon_at}
    ids = [person for (person,) in conn.execute(_PEOPLE, params | {"limit": limit})]
    found = dict(conn.execute(_KEYS, params | {"people": ids}).fetchall())
    chosen: dict[UUID, list[UUID]] = {}
    named = 0
    for person in ids:
        keys = found.get(person, [])
        if keys and (not chosen or named + len(keys) <= IDENTIFIERS_MOST):
            chosen[person] = keys
            named += len(keys)
    row = conn.execute(_LAST, params | {"started": held.started_at}).fetchone()
    known = set(row[0]) if row else set()
    return {} if all(set(keys) <= known for keys in chosen.values()) else chosen


def _enter(
    conn: Connection[Any],
    held: Held,
    horizon_at: datetime,
    chosen: dict[UUID, list[UUID]],
    pace: Pace,
) -> int:
    """Enter a batch into the audit log and the register; its number there."""
    workspace, name = held.key
    keys = sorted(key for own in chosen.values() for key in own)
    until_ms = to_ms(horizon_at) - 1
    row = conn.execute(_REASON, (workspace, name)).fetchone()
    reason = str(row[0]) if row else ""
    profile = next(iter(chosen))
    detail = {
        "identifiers": [key.hex for key in keys],
        "afterwards": Afterwards.NEW,
        "people": len(chosen),
        "until_ms": until_ms,
        "reason": reason,
    }
    subject = f"profile:{profile}"
    entered = trail.enter(conn, workspace, OPERATOR, REQUESTED, subject, detail)
    salt = salt_of(conn, workspace)
    command = command_id(salt, REQUESTED, entered.id)
    return register.enter(
        conn,
        workspace,
        register.NewRequest(
            command=message_key(salt, command),
            command_id=command,
            profile=profile.bytes,
            keys=[key.bytes for key in keys],
            afterwards=Afterwards.NEW,
            reason=reason,
            requested_by=OPERATOR,
            audit_id=entered.id,
            requested_at=entered.at,
            due_at=entered.at + pace.due_after,
            regulation=pace.regulation,
            kind=RequestKind.RETENTION,
            until_ms=until_ms,
        ),
    )
