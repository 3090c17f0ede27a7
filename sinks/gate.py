"""The trust gate on stored readings.

Gathers what `operators.gate.decide` needs, and records what it decides before anything is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from psycopg import Connection

from domain.gate import Action, Decision, ProposedAction
from domain.ids import WorkspaceId
from domain.instants import MS, to_ms, utc
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from operators.gate.decide import GateContext, judge, would_pass
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams
from store import last_word
from store.gate import controls as gate_controls
from store.gate import decide
from store.signals import signals


@dataclass(frozen=True)
class PendingDecision:
    """The gate's decision on one proposed action, not recorded yet."""

    conn: Connection[Any]
    params: GateParams
    proposed: ProposedAction
    readings: Mapping[str, Reading]
    context: GateContext
    state: GateState
    now_ms: int

    @cached_property
    def decision(self) -> Decision:
        """What the gate decides."""
        return judge(
            self.state, self.proposed, self.readings, self.context, self.now_ms, self.params
        )

    @property
    def verdict(self) -> str:
        """``pass``, ``hold`` or ``block``."""
        return self.decision.verdict.value

    @property
    def codes(self) -> tuple[str, ...]:
        """Why, the weightiest first (`domain.gate.Code`)."""
        return tuple(code.value for code in self.decision.codes)

    def sized(self, adds: int, removes: int) -> "PendingDecision":
        """The same, knowing how many people the push would add and remove."""
        audience = self.proposed.audience_id
        size = decide.measured(self.conn, audience, adds, removes)
        history = decide.sizes(self.conn, audience, self.params.pushes_remembered)
        return replace(
            self, context=msgspec.structs.replace(self.context, size=size, history=history)
        )

    def under_way(self, push_id: int) -> "PendingDecision":
        """The same of a push that was planned, as large as it was measured then.

        So whatever let its plan pass must still hold.
        """
        size = decide.planned_size(self.conn, push_id)
        if size is None:
            return self
        history = decide.sizes(self.conn, self.proposed.audience_id, self.params.pushes_remembered)
        return replace(
            self, context=msgspec.structs.replace(self.context, size=size, history=history)
        )

    @property
    def rehearsed(self) -> bool:
        """Whether it is held by nothing but the advisory mode, so far."""
        return would_pass(self.decision)

    def record(self) -> int:
        """Write the decision, its audit row and the gate's memory in one transaction.

        Returns:
            The decision's id.
        """
        return decide.record(self.conn, self.decision, self.state)


class TrustGate:
    """The gate of this process.

    An audience depends on every source of its workspace that was accepted from lately. Its
    platform's deliveries and the conversions that platforms report are second opinions: it depends
    on them as long as they say something, so that a platform that was never used does not hold its
    own first push.

    Args:
        conn: connection in autocommit mode.
        params: thresholds.
    """

    def __init__(self, conn: Connection[Any], params: GateParams) -> None:
        self._conn = conn
        self._params = params

    def judge(
        self, workspace_id: int, platform: str, audience_id: int, action: str, now: datetime
    ) -> PendingDecision:
        """Judge one proposed action.

        Only a push depends on readings: they never stop a removal.

        Args:
            workspace_id: tenant.
            platform: the audience's.
            audience_id: which.
            action: push, urgent_removal or delete.
            now: clock.
        """
        workspace = WorkspaceId(workspace_id)
        destination = f"{platform}:{audience_id}"
        now_ms = to_ms(now)
        state, params = decide.load_state(self._conn, workspace, destination), self._params
        proposed = ProposedAction(workspace, destination, audience_id, Action(action), ())
        if proposed.action is not Action.PUSH:
            return PendingDecision(
                self._conn, params, proposed, {}, GateContext(platform), state, now_ms
            )
        sources = signals.feeding_sources(self._conn, workspace, now - params.depends_for)
        opinions = [f"platform:{platform}", metrics.CONVERSIONS]
        readings = self._readings(workspace, [*sources, *opinions], state, now)
        state = observe(state, readings, now_ms, params)
        newest = {reading.signal: reading for reading in readings}
        depends_on = (
            [
                *sources,
                *(signal for signal in opinions if self._says(newest.get(signal), state, now_ms)),
            ]
            if sources
            else []
        )
        controls = gate_controls.controls(self._conn, workspace, platform, audience_id, now)
        situation = GateContext(platform, controls, other_ms=to_ms(last_word.clock(self._conn)))
        proposed = msgspec.structs.replace(proposed, depends_on=tuple(depends_on))
        return PendingDecision(self._conn, params, proposed, newest, situation, state, now_ms)

    def _says(self, reading: Reading | None, state: GateState, now_ms: int) -> bool:
        """Whether a second opinion says something.

        It is read, or was in trouble so lately that silence does not clear it.
        """
        if reading is None:
            return False
        memory = state.signals.get(reading.signal)
        cooling = (
            memory is not None
            and memory.trouble_ms
            and now_ms - memory.trouble_ms < self._params.cool_down // MS
        )
        return reading.status is not Status.UNKNOWN or bool(cooling)

    def _readings(
        self, workspace: WorkspaceId, names: Sequence[str], state: GateState, now: datetime
    ) -> list[Reading]:
        """Read readings since the oldest in the gate's memory.

        No further back than needed to see a recovery.
        """
        remembered = [memory.read_ms for signal, memory in state.signals.items() if signal in names]
        horizon = now - max(
            self._params.staleness * (self._params.recover_readings + 1), self._params.cool_down
        )
        since = max(min((utc(at_ms) for at_ms in remembered), default=horizon), horizon)
        return signals.readings_since(self._conn, workspace, names, since)
