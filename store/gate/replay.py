"""Reads past push decisions and their readings for replay (`operators.gate.replay`)."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.gate import Action, Code, Decision, PushSize, Verdict
from domain.ids import WorkspaceId
from domain.instants import to_ms, utc
from domain.signals.reading import Reading
from store.signals.signals import readings_since

_CODES: Final = frozenset(code.value for code in Code)
_PAST: Final = """
SELECT id, destination, audience_id, verdict, reasons, reading_ids, decided_at, codes, would, size,
    depends_on FROM decisions
WHERE workspace_id = %s AND action = 'push' AND decided_at >= %s AND decided_at < %s ORDER BY id
    LIMIT %s
"""


def past_pushes(
    conn: Connection[Any], workspace: WorkspaceId, since: datetime, until: datetime, limit: int
) -> list[tuple[int, Decision]]:
    """Decisions about pushes with their ids, oldest first.

    Args:
        conn: an open connection.
        workspace: tenant.
        since: the earliest instant of a decision.
        until: the end of the range.
        limit: how many at most.
    """
    found = []
    for (
        number,
        destination,
        audience,
        verdict,
        reasons,
        reading_ids,
        decided,
        codes,
        would,
        size,
        depends_on,
    ) in conn.execute(_PAST, (workspace, since, until, limit)):
        decision = Decision(
            workspace, destination, audience, Action.PUSH, Verdict(verdict), tuple(reasons),
            tuple(reading_ids), to_ms(decided),
            tuple(Code(code) for code in codes if code in _CODES),
            Verdict(would) if would else None,
            size=msgspec.convert(size, PushSize) if size else None, depends_on=tuple(depends_on),
        )  # fmt: skip
        found.append((number, decision))
    return found


def readings_for(
    conn: Connection[Any],
    workspace: WorkspaceId,
    past: list[tuple[int, Decision]],
    before: timedelta,
) -> list[Reading]:
    """Read the readings that these decisions are based on, oldest first.

    Args:
        conn: an open connection.
        workspace: tenant.
        past: decisions with their ids, oldest first.
        before: how long before the first decision to begin.
    """
    if not past:
        return []
    signals = sorted({signal for _, decision in past for signal in decision.depends_on})
    since = utc(past[0][1].decided_ms) - before
    return readings_since(conn, workspace, signals, since)
