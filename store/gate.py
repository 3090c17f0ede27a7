"""The gate's memory and its decisions. A decision, its audit row and the memory are one transaction, committed before the action starts."""

from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.decision import Decision
from domain.ids import WorkspaceId
from operators.gate import GateState
from store import audit
from store.signals import utc

_STATE: Final = "SELECT state::text FROM gate_states WHERE workspace_id = %s AND destination = %s"
_SAVE: Final = """
INSERT INTO gate_states (workspace_id, destination, state, updated_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (workspace_id, destination) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at
"""
_DECISION: Final = """
INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict, automation, reasons, reading_ids, decided_at, codes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
"""


def load_state(conn: Connection[Any], workspace: WorkspaceId, destination: str) -> GateState:
    """The gate's memory for one destination; empty where it never judged, or where what is stored cannot be read.

    Empty memory holds until readings prove themselves again, and never keeps a removal from going.
    """
    row = conn.execute(_STATE, (workspace, destination)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=GateState) if row else GateState()
    except msgspec.DecodeError:
        return GateState()


def save_state(conn: Connection[Any], workspace: WorkspaceId, destination: str, state: GateState, now_ms: int) -> None:
    """Store the gate's memory."""
    conn.execute(_SAVE, (workspace, destination, msgspec.json.encode(state).decode(), utc(now_ms)))


def record(conn: Connection[Any], decision: Decision, state: GateState) -> int:
    """Write a decision with its audit row and the gate's memory, in one transaction that waits for the disk; answers the decision's id."""
    reasons = msgspec.json.encode(decision.reasons).decode()
    with conn.transaction():
        row = conn.execute(
            _DECISION,
            (
                decision.workspace, decision.destination, decision.audience_id, decision.action.value, decision.verdict.value,
                decision.automation.value, reasons, list(decision.reading_ids), utc(decision.decided_ms),
                [code.value for code in decision.codes],
            ),
        ).fetchone()  # fmt: skip
        number = int(row[0]) if row else 0
        detail = {
            "decision_id": number, "action": decision.action.value, "verdict": decision.verdict.value, "reasons": list(decision.reasons),
            "codes": [code.value for code in decision.codes], "reading_ids": list(decision.reading_ids),
        }  # fmt: skip
        audit.append(conn, decision.workspace, "engine", "decision", decision.destination, detail)
        save_state(conn, decision.workspace, decision.destination, state, decision.decided_ms)
    return number
