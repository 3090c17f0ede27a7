"""The gate's memory and its decisions.

A decision, its audit row and the memory are one transaction, committed before the action starts.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.activation.states import GATED, TAKEN_IN, PushKind, PushStatus
from domain.gate import Decision, PushSize
from domain.ids import WorkspaceId
from domain.instants import utc
from operators.gate.memory import GateState
from store.audit import trail
from store.connection import one_of

_STATES: Final = """
SELECT destination, state::text FROM gate_states WHERE workspace_id = %s AND destination = ANY(%s)
"""
_SAVE: Final = """
INSERT INTO gate_states (workspace_id, destination, state, updated_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (workspace_id, destination) DO UPDATE
SET state = excluded.state, updated_at = excluded.updated_at
"""
_DECISION: Final = """
INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict, automation,
    reasons, reading_ids, decided_at, codes,
                       depends_on, would, override_id, release_id, size)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_SIZES: Final = f"""
SELECT d.size FROM pushes p JOIN decisions d ON d.id = p.decision_id
WHERE p.audience_id = %s AND p.status = '{PushStatus.DONE}' AND p.kind IN {one_of(GATED)}
  AND NOT coalesce((d.size->>'first')::boolean, true)
ORDER BY p.id DESC LIMIT %s
"""
_CONFIRMED: Final = f"""
SELECT NOT EXISTS (SELECT 1 FROM pushes p WHERE p.audience_id = a.id
    AND p.kind <> '{PushKind.URGENT}'
      AND p.status IN {one_of((PushStatus.DONE, PushStatus.PROCESSING))}
                   AND p.adds > 0),
       a.confirmed_at IS NOT NULL,
       (SELECT count(*) FROM audience_members m WHERE m.audience_id = a.id
           AND m.state IN {one_of(TAKEN_IN)})
FROM audiences a WHERE a.id = %s
"""
_UNDER_WAY: Final = (
    "SELECT d.size FROM pushes p JOIN decisions d ON d.id = p.decision_id WHERE p.id = %s"
)
_USED: Final = """
UPDATE gate_releases r SET push_id = %(push)s FROM decisions d
WHERE d.id = %(decision)s AND r.id = d.release_id AND r.push_id IS NULL
"""


def load_state(conn: Connection[Any], workspace: WorkspaceId, destination: str) -> GateState:
    """The gate's memory for one destination, as `load_states` gives it."""
    return load_states(conn, workspace, [destination])[destination]


def load_states(
    conn: Connection[Any], workspace: WorkspaceId, destinations: Collection[str]
) -> dict[str, GateState]:
    """The gate's memory for each of some destinations.

    Empty where it never judged, or where what is stored cannot be read.

    Empty memory holds until readings prove themselves again, and never keeps a removal from going.
    """
    rows = conn.execute(_STATES, (workspace, list(destinations)))
    stored = {destination: _readable(state) for destination, state in rows}
    return {destination: stored.get(destination, GateState()) for destination in destinations}


def _readable(state: str) -> GateState:
    try:
        return msgspec.json.decode(state, type=GateState)
    except msgspec.DecodeError:
        return GateState()


def save_state(
    conn: Connection[Any], workspace: WorkspaceId, destination: str, state: GateState, now_ms: int
) -> None:
    """Store the gate's memory.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        destination: ``<platform>:<audience id>``.
        state: of the gate for this destination.
        now_ms: clock.
    """
    conn.execute(_SAVE, (workspace, destination, msgspec.json.encode(state).decode(), utc(now_ms)))


def measured(conn: Connection[Any], audience_id: int, adds: int, removes: int) -> PushSize:
    """How much a push changes, beside what the platform has confirmed of its audience."""
    row = conn.execute(_CONFIRMED, (audience_id,)).fetchone()
    first, confirmed, before = row or (True, False, 0)
    return PushSize(before, adds, removes, first, confirmed)


def sizes(conn: Connection[Any], audience_id: int, limit: int) -> tuple[PushSize, ...]:
    """How much the audience's last pushes changed, the newest first.

    The first one and those not measured are left out.
    """
    return tuple(
        msgspec.convert(row[0], PushSize) for row in conn.execute(_SIZES, (audience_id, limit))
    )


def planned_size(conn: Connection[Any], push_id: int) -> PushSize | None:
    """How much a push under way was measured to change when it was planned.

    None where that was not measured.
    """
    row = conn.execute(_UNDER_WAY, (push_id,)).fetchone()
    return msgspec.convert(row[0], PushSize) if row and row[0] is not None else None


def release_used(conn: Connection[Any], decision_id: int, push_id: int) -> None:
    """Note that the release on which a decision rests, if any, covers this push and no other."""
    conn.execute(_USED, {"decision": decision_id, "push": push_id})


def record(conn: Connection[Any], decision: Decision, state: GateState) -> int:
    """Record a decision with its audit row and the gate's state; return the decision's id.

    One transaction, which waits for the disk.
    """
    reasons = msgspec.json.encode(decision.reasons).decode()
    size = None if decision.size is None else msgspec.json.encode(decision.size).decode()
    would = None if decision.would is None else decision.would.value
    with conn.transaction():
        row = conn.execute(
            _DECISION,
            (
                decision.workspace, decision.destination, decision.audience_id,
                decision.action.value, decision.verdict.value,
                decision.automation.value, reasons, list(decision.reading_ids),
                utc(decision.decided_ms),
                [code.value for code in decision.codes], list(decision.depends_on), would,
                decision.override_id or None, decision.release_id or None, size,
            ),
        ).fetchone()  # fmt: skip
        number = int(row[0]) if row else 0
        detail = {
            "decision_id": number, "action": decision.action.value,
            "verdict": decision.verdict.value, "reasons": list(decision.reasons),
            "codes": [code.value for code in decision.codes],
            "reading_ids": list(decision.reading_ids),
        }  # fmt: skip
        optional = {
            "would": would, "override_id": decision.override_id, "release_id": decision.release_id,
            "size": None if decision.size is None else msgspec.to_builtins(decision.size),
        }  # fmt: skip
        detail |= {name: value for name, value in optional.items() if value}
        trail.append(conn, decision.workspace, "engine", "decision", decision.destination, detail)
        save_state(conn, decision.workspace, decision.destination, state, decision.decided_ms)
    return number
