"""Interventions at the trust gate: modes, overrides, releases.

`store.gate.commands` writes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from psycopg import Connection
from psycopg.rows import class_row

from domain.gate import Code, Controls, Mode, Override, Release, Setting
from domain.ids import WorkspaceId
from domain.instants import to_ms

InterventionKind = Literal["override", "release"]
"""What can be approved and revoked by its id; a mode goes by its scope."""

_CODES: Final = frozenset(code.value for code in Code)
_MODES: Final = """
SELECT scope, mode, author, expires_at, coalesce(approved_by, '') FROM gate_modes
WHERE workspace_id = %(workspace)s AND scope = ANY(%(scopes)s)
"""
_OVERRIDES: Final = """
SELECT id, scope, codes, author, expires_at, coalesce(approved_by, '') FROM gate_overrides
WHERE workspace_id = %(workspace)s AND scope = ANY(%(scopes)s) AND revoked_at IS NULL
    AND expires_at > %(now)s ORDER BY id
"""
# A push under way is covered by the release that it was planned with; the next one by a release
# that nothing was planned with. One that is just being planned has no decision yet.
_RELEASES: Final = """
SELECT asked.audience, said.* FROM unnest(%(audiences)s::integer[]) AS asked (audience)
CROSS JOIN LATERAL (
    SELECT id, author, expires_at, coalesce(approved_by, '') FROM gate_releases
    WHERE workspace_id = %(workspace)s AND audience_id = asked.audience AND revoked_at IS NULL
        AND expires_at > %(now)s
      AND push_id IS NOT DISTINCT FROM (
          SELECT id FROM pushes WHERE audience_id = asked.audience AND status = 'running'
              AND kind IN ('scheduled', 'manual')
            AND decision_id IS NOT NULL LIMIT 1)
    ORDER BY (approved_by IS NOT NULL) DESC, id LIMIT 1
) said
"""


@dataclass(frozen=True)
class ModeRow:
    """A mode that somebody set.

    Attributes:
        scope: ``workspace``, ``platform:<name>`` or ``audience:<id>``.
        mode: advisory or frozen.
        expires_at: None only where frozen: until it is lifted.
    """

    scope: str
    mode: str
    reason: str
    author: str
    set_at: datetime
    expires_at: datetime | None
    approved_by: str | None


@dataclass(frozen=True)
class GateIntervention:
    """An override, or a release of one audience's next push.

    Attributes:
        scope: of an override; ``audience:<id>`` of a release.
        codes: reasons that it overrides; a release overrides all that can be.
        push_id: the push that a release let pass.
    """

    kind: str
    id: int
    scope: str
    codes: list[str]
    reason: str
    author: str
    created_at: datetime
    expires_at: datetime
    approved_by: str | None
    revoked_by: str | None
    revoked_at: datetime | None
    push_id: int | None


_INTERVENTIONS: Final = """
SELECT * FROM (
    SELECT 'override' AS kind, id, scope, codes, reason, author, created_at, expires_at,
        approved_by, revoked_by, revoked_at,
           NULL::bigint AS push_id
    FROM gate_overrides WHERE workspace_id = %(workspace)s
    UNION ALL
    SELECT 'release', id, 'audience:' || audience_id, '{}', reason, author, created_at, expires_at,
        approved_by, revoked_by, revoked_at,
           push_id
    FROM gate_releases WHERE workspace_id = %(workspace)s
) said
"""


def controls(
    conn: Connection[Any], workspace: WorkspaceId, platforms: Mapping[int, str], now: datetime
) -> dict[int, Controls]:
    """The interventions that may apply to the pushes of some audiences, by audience.

    Args:
        conn: an open connection.
        workspace: tenant.
        platforms: audience → its platform.
        now: clock.
    """
    scopes = {audience: scopes_of(audience, platform) for audience, platform in platforms.items()}
    wanted = sorted({scope for own in scopes.values() for scope in own})
    names = {"workspace": workspace, "scopes": wanted, "audiences": list(platforms), "now": now}
    modes: dict[str, list[Setting]] = {}
    for scope, mode, author, expires, approved in conn.execute(_MODES, names):
        setting = Setting(scope, Mode(mode), author, _ms(expires), approved)
        modes.setdefault(scope, []).append(setting)
    overrides: dict[str, list[Override]] = {}
    for number, scope, codes, author, expires, approved in conn.execute(_OVERRIDES, names):
        known = frozenset(Code(code) for code in codes if code in _CODES)
        override = Override(number, scope, known, author, _ms(expires) or 0, approved)
        overrides.setdefault(scope, []).append(override)
    releases = {
        audience: Release(number, author, _ms(expires) or 0, approved)
        for audience, number, author, expires, approved in conn.execute(_RELEASES, names)
    }
    return {
        audience: Controls(
            tuple(one for scope in own for one in modes.get(scope, ())),
            tuple(one for scope in own for one in overrides.get(scope, ())),
            releases.get(audience),
        )
        for audience, own in scopes.items()
    }


def scopes_of(audience: int, platform: str) -> tuple[str, str, str]:
    """The scopes that bear on an audience, the widest first."""
    return "workspace", f"platform:{platform}", f"audience:{audience}"


def modes(conn: Connection[Any], workspace: WorkspaceId, now: datetime) -> list[ModeRow]:
    """The modes that hold in a workspace, approved or not; whatever is not named enforces."""
    sql = """
        SELECT scope, mode, reason, author, set_at, expires_at, approved_by FROM gate_modes
        WHERE workspace_id = %s AND (expires_at IS NULL OR expires_at > %s) ORDER BY scope
    """
    with conn.cursor(row_factory=class_row(ModeRow)) as cursor:
        return cursor.execute(sql, (workspace, now)).fetchall()


def interventions(
    conn: Connection[Any],
    workspace: WorkspaceId,
    now: datetime,
    *,
    ended: bool = False,
    scopes: Sequence[str] | None = None,
    limit: int = 100,
) -> list[GateIntervention]:
    """Overrides and releases, the newest first.

    Args:
        conn: an open connection.
        workspace: tenant.
        now: clock.
        ended: also those that are revoked, expired or used up.
        scopes: only of these scopes; None for all.
        limit: how many at most.
    """
    live = " AND revoked_at IS NULL AND expires_at > %(now)s AND push_id IS NULL"
    sql = (
        _INTERVENTIONS
        + " WHERE (%(scopes)s::text[] IS NULL OR scope = ANY(%(scopes)s))"
        + ("" if ended else live)
        + " ORDER BY created_at DESC, id DESC LIMIT %(limit)s"
    )
    names = {
        "workspace": workspace,
        "now": now,
        "scopes": None if scopes is None else list(scopes),
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(GateIntervention)) as cursor:
        return cursor.execute(sql, names).fetchall()


def intervention(
    conn: Connection[Any], workspace: WorkspaceId, kind: InterventionKind, intervention_id: int
) -> GateIntervention | None:
    """One override or release; None where the workspace has none of this id."""
    with conn.cursor(row_factory=class_row(GateIntervention)) as cursor:
        names = {"workspace": workspace, "kind": kind, "id": intervention_id}
        return cursor.execute(
            _INTERVENTIONS + " WHERE kind = %(kind)s AND id = %(id)s", names
        ).fetchone()


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)
