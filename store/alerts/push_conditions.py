"""Conditions of activation: pushes held or failed, withdrawals outstanding."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import AudienceStatus, PushKind, PushStatus
from domain.alerts import Condition, Severity
from domain.gate import Code
from operators.alerts.names import with_names
from store.connection import one_of

_BY_PEOPLE: Final = frozenset({Code.FROZEN, Code.ADVISORY})
"""Reasons that come first, whatever else there is: somebody stopped all pushes."""
_MILD: Final = _BY_PEOPLE | {Code.FIRST_SYNC, Code.QUIET_HOURS}
"""Reasons for which a push is held because people want it so."""
_OF_ITS_OWN: Final = _MILD | {Code.MASS_ADDITION, Code.MASS_REMOVAL}
"""Reasons in the push or in people; all others are in a signal and are reported with it."""
_HELD: Final = f"""
    SELECT a.id, a.platform, a.name, d.verdict, d.reasons->>0, d.codes, d.depends_on
    FROM audiences a JOIN LATERAL (
        SELECT verdict, reasons, codes, depends_on, decided_at FROM decisions
        WHERE audience_id = a.id AND workspace_id = a.workspace_id AND action = 'push'
        ORDER BY id DESC LIMIT 1
    ) d ON true
    WHERE a.workspace_id = %(workspace)s AND a.status = '{AudienceStatus.ACTIVE}'
      AND d.verdict <> 'pass' AND d.decided_at >= %(held)s
"""
_FAILED: Final = f"""
    SELECT a.id, a.platform, a.name, p.error FROM audiences a JOIN LATERAL (
        SELECT status, error FROM pushes WHERE audience_id = a.id
            AND kind <> '{PushKind.URGENT}' AND status <> '{PushStatus.RUNNING}'
            ORDER BY id DESC LIMIT 1
    ) p ON true
    WHERE a.workspace_id = %(workspace)s
      AND a.status IN {one_of((AudienceStatus.ACTIVE, AudienceStatus.DELETING))}
        AND p.status = '{PushStatus.FAILED}'
"""
_OUTSTANDING: Final = f"""
    SELECT a.platform, count(*), min(p.started_at) FROM pushes p
    JOIN audiences a ON a.id = p.audience_id
    WHERE p.workspace_id = %(workspace)s AND p.kind = '{PushKind.URGENT}'
      AND p.status <> '{PushStatus.DONE}' AND p.started_at < %(withdrawn)s
      AND (p.status = '{PushStatus.RUNNING}' OR (p.status = '{PushStatus.PROCESSING}'
        AND p.started_at < %(confirmed)s)
           OR (p.status = '{PushStatus.FAILED}' AND p.started_at >= %(failed)s AND NOT EXISTS (
                   SELECT 1 FROM pushes later WHERE later.audience_id = p.audience_id
                       AND later.id > p.id AND later.kind = '{PushKind.URGENT}')))
    GROUP BY a.platform
"""


def held(
    conn: Connection[Any], names: dict[str, Any], signal_names: Mapping[str, str]
) -> Iterator[Condition]:
    """Active audiences whose last push the gate held or blocked lately (`names["held"]`).

    Args:
        conn: any connection.
        names: parameters of the statement.
        signal_names: names of sources by the ids of their signals.
    """
    for audience, platform, name, verdict, reason, codes, depends_on in conn.execute(_HELD, names):
        severity = (
            Severity.CRITICAL
            if verdict == "block"
            else Severity.INFO
            if _meant(codes)
            else Severity.WARNING
        )
        said = "blocked" if verdict == "block" else "held"
        causes = (
            ()
            if _OF_ITS_OWN.intersection(codes)
            else tuple(f"signal:{signal}" for signal in depends_on)
        )
        yield Condition(
            f"gate:{platform}:{audience}",
            "gate",
            severity,
            f"{platform}, {name}: the push is {said}: {with_names(reason or '', signal_names)}",
            causes,
        )


def _meant(codes: list[str]) -> bool:
    """Whether a hold is expected.

    Pushes are frozen, the gate is advisory, or the cause is known.
    """
    return bool(codes) and (codes[0] in _BY_PEOPLE or _MILD.issuperset(codes))


def failed(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    """Audiences whose last push failed."""
    for audience, platform, name, error in conn.execute(_FAILED, names):
        severity = Severity.CRITICAL if error.startswith("reauth") else Severity.WARNING
        causes = (f"signal:platform:{platform}",)
        yield Condition(
            f"push:{platform}:{audience}",
            "push",
            severity,
            f"{platform}, {name}: the last push failed: {error}",
            causes,
        )


def outstanding(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    """Platforms that have not taken or confirmed withdrawals for too long."""
    for platform, count, since in conn.execute(_OUTSTANDING, names):
        summary = (
            f"{platform}: {count} withdrawals are not confirmed, the oldest since"
            f" {since:%Y-%m-%d %H:%M} UTC"
        )
        yield Condition(f"withdrawal:{platform}", "withdrawal", Severity.CRITICAL, summary)
