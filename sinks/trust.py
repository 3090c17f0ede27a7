"""The trust gate on stored readings: gathers what `operators.gate` needs, and records what it decides before anything is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from domain.decision import Action, Decision, ProposedAction
from domain.ids import WorkspaceId
from domain.reading import Reading, Status
from operators.gate import GateState, decide, observe
from operators.gate_params import GateParams
from store import gate, signals

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Judged:
    """One verdict, not recorded yet."""

    conn: Connection[Any]
    decision: Decision
    state: GateState

    @property
    def verdict(self) -> str:
        """``pass``, ``hold`` or ``block``."""
        return self.decision.verdict.value

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, the weightiest first."""
        return self.decision.reasons

    def record(self) -> int:
        """Write the decision, its audit row and the gate's memory in one transaction; answers the decision's id."""
        return gate.record(self.conn, self.decision, self.state)


class TrustGate:
    """The gate of this process.

    An audience depends on every source of its workspace that was accepted from lately, and on its platform's deliveries once there are
    enough of them to be read; before that, a platform that was never used does not hold its own first push.

    Args:
        conn: connection in autocommit mode.
        params: thresholds.
    """

    def __init__(self, conn: Connection[Any], params: GateParams) -> None:
        self._conn = conn
        self._params = params

    def judge(self, workspace_id: int, platform: str, audience_id: int, action: str, now: datetime) -> Judged:
        """Judge one proposed action: push, urgent_removal or delete. Only a push asks for readings: nothing about them stops a removal."""
        workspace, destination, now_ms = WorkspaceId(workspace_id), f"{platform}:{audience_id}", (now - _EPOCH) // _MS
        state = gate.load_state(self._conn, workspace, destination)
        if Action(action) is not Action.PUSH:
            proposed = ProposedAction(workspace, destination, audience_id, Action(action), ())
            return Judged(self._conn, decide(state, proposed, {}, now_ms, self._params), state)
        sources = signals.feeding_sources(self._conn, workspace, now - self._params.depends_for)
        readings = self._readings(workspace, [*sources, f"platform:{platform}"], state, now)
        state = observe(state, readings, now_ms, self._params)
        newest = {reading.signal: reading for reading in readings}
        delivered = newest.get(f"platform:{platform}")
        depends_on = tuple(sources)
        if delivered is not None and delivered.status is not Status.UNKNOWN:
            depends_on += (delivered.signal,)
        proposed = ProposedAction(workspace, destination, audience_id, Action(action), depends_on if sources else ())
        return Judged(self._conn, decide(state, proposed, newest, now_ms, self._params), state)

    def _readings(self, workspace: WorkspaceId, names: Sequence[str], state: GateState, now: datetime) -> list[Reading]:
        """Readings since the oldest that the gate remembers, and no further back than needed to see a recovery."""
        remembered = [memory.read_ms for signal, memory in state.signals.items() if signal in names]
        horizon = now - self._params.staleness * (self._params.recover_readings + 1)
        since = max(min((signals.utc(at_ms) for at_ms in remembered), default=horizon), horizon)
        return signals.readings_since(self._conn, workspace, names, since)
