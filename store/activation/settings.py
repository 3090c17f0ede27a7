"""Changes what people may change of an audience: its name, interval, time to live, holdout.

A push plans the people who changed since the last plan. A new time to live or holdout concerns
everybody, so after either the next push compares everybody; one under way goes on as it was
planned.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from psycopg import Connection
from psycopg.errors import UniqueViolation

from domain.activation.states import LIVING, Operation, PushStatus, RequestStatus
from store.activation.commands import AudienceCommandError, UnknownAudienceError
from store.audit import trail

Setting = Literal["name", "interval_s", "ttl_s", "holdout_percent"]
Value = str | int | None
"""Of a setting; None: no limit, where the setting is ``ttl_s``."""

_CONCERNS_EVERYBODY: Final[frozenset[Setting]] = frozenset({"ttl_s", "holdout_percent"})
_READ: Final = """
    SELECT name, interval_s, ttl_s, holdout_percent, status, revision, platform_id IS NOT NULL
    FROM audiences WHERE workspace_id = %s AND id = %s FOR UPDATE
"""
# A creation that was tried may have reached the platform, whatever was heard of it.
_CREATING: Final = f"""
    SELECT EXISTS (
        SELECT 1 FROM push_requests r JOIN pushes p ON p.id = r.push_id
        WHERE p.audience_id = %s AND r.operation = '{Operation.CREATE}'
          AND r.status <> '{RequestStatus.DELIVERED}'
          AND (r.attempts > 0 OR p.status = '{PushStatus.RUNNING}'))
"""
_WRITE: Final = """
    UPDATE audiences SET name = %(name)s, interval_s = %(interval_s)s, ttl_s = %(ttl_s)s,
        holdout_percent = %(holdout_percent)s, revision = revision + 1,
        cursor_tx = CASE WHEN %(everybody)s THEN NULL ELSE cursor_tx END
    WHERE id = %(audience)s
"""


class FixedNameError(AudienceCommandError):
    """The audience is called so at its platform already."""


def change(
    conn: Connection[Any],
    workspace: int,
    actor: str,
    audience: int,
    wanted: Mapping[Setting, Value],
    expected: int | None,
) -> int:
    """Change settings of an audience; what has the wanted value already is left alone.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: for the audit log.
        audience: which.
        wanted: setting → value; the others stay.
        expected: the revision that the caller saw; None: any.

    Returns:
        The revision of the settings, one higher where something changed.

    Raises:
        AudienceCommandError: the audience is being deleted or is deleted, the settings have
            another revision, or the name is in use.
        FixedNameError: the name changes and the platform has the audience, or may have it.
        UnknownAudienceError: the workspace has no such audience.
    """
    found = _locked(conn, workspace, audience, expected)
    before = found.settings
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    if not changed:
        return found.revision
    if "name" in changed and (found.is_there or _may_be_there(conn, audience)):
        raise FixedNameError(
            "The platform has the audience under its name already, or may have it: a new name"
            " would not reach it."
        )
    _write(conn, audience, before, changed)
    detail = {
        "settings": {name: {"from": before[name], "to": new} for name, new in changed.items()},
        "revision": found.revision + 1,
    }
    trail.append(conn, workspace, actor, "audience.update", f"audience:{audience}", detail)
    return found.revision + 1


class _Found(NamedTuple):
    """An audience as it is before a change.

    Attributes:
        settings: setting → value.
        revision: of the settings.
        is_there: whether its platform has it.
    """

    settings: dict[Setting, Value]
    revision: int
    is_there: bool


def _locked(conn: Connection[Any], workspace: int, audience: int, expected: int | None) -> _Found:
    """Lock an audience and read its settings; an error where they may not be changed."""
    row = conn.execute(_READ, (workspace, audience)).fetchone()
    if row is None:
        raise UnknownAudienceError("audience")
    name, interval_s, ttl_s, holdout_percent, status, revision, is_there = row
    if status not in LIVING:
        raise AudienceCommandError(f"The audience is {status}.")
    if expected not in {None, revision}:
        raise AudienceCommandError(
            f"The settings were changed meanwhile: they have revision {revision}, not {expected}."
            " Read them again."
        )
    settings: dict[Setting, Value] = {
        "name": name,
        "interval_s": interval_s,
        "ttl_s": ttl_s,
        "holdout_percent": holdout_percent,
    }
    return _Found(settings, revision, is_there)


def _write(
    conn: Connection[Any],
    audience: int,
    before: dict[Setting, Value],
    changed: dict[Setting, Value],
) -> None:
    """Write changed settings; those that concern everybody let the next push compare everybody."""
    everybody = not _CONCERNS_EVERYBODY.isdisjoint(changed)
    written = before | changed | {"everybody": everybody, "audience": audience}
    try:
        with conn.transaction():
            conn.execute(_WRITE, written)
    except UniqueViolation as error:
        raise AudienceCommandError("An audience of this name exists on this platform.") from error


def _may_be_there(conn: Connection[Any], audience: int) -> bool:
    """Whether a push creates it, or has tried to; the audience is locked, so none begins."""
    row = conn.execute(_CREATING, (audience,)).fetchone()
    return bool(row and row[0])
