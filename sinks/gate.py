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

from domain.gate import Action, Decision, Mode, ProposedAction
from domain.ids import WorkspaceId
from domain.instants import MS, clamped_utc, to_ms
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from operators.gate.decide import GateContext, judge, mode_now, would_pass
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
    def mode(self) -> Mode:
        """How the gate is run for the audience now."""
        return mode_now(self.context, self.proposed.audience_id, self.now_ms, self.params)

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


@dataclass(frozen=True)
class _Asked:
    """One push that is judged.

    Attributes:
        proposed: without what it depends on.
        opinions: the second opinions on it.
        state: the gate's memory for its destination.
        since_ms: readings before this bear on it no more.
    """

    proposed: ProposedAction
    opinions: tuple[str, ...]
    state: GateState
    since_ms: int


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
        if Action(action) is Action.PUSH:
            return self.judge_pushes(workspace_id, {audience_id: platform}, now)[audience_id]
        workspace, destination = WorkspaceId(workspace_id), f"{platform}:{audience_id}"
        state = decide.load_state(self._conn, workspace, destination)
        proposed = ProposedAction(workspace, destination, audience_id, Action(action), ())
        return PendingDecision(
            self._conn, self._params, proposed, {}, GateContext(platform), state, to_ms(now)
        )

    def judge_pushes(
        self, workspace_id: int, platforms: Mapping[int, str], now: datetime
    ) -> dict[int, PendingDecision]:
        """Judge a push of each of some audiences, in as many statements as for one.

        Args:
            workspace_id: tenant.
            platforms: audience → its platform.
            now: clock.

        Returns:
            Audience → decision.
        """
        workspace, now_ms = WorkspaceId(workspace_id), to_ms(now)
        sources = signals.feeding_sources(self._conn, workspace, now - self._params.depends_for)
        asked = self._asked(workspace, platforms, sources, now_ms)
        readings = self._readings(workspace, sources, asked)
        controls = gate_controls.controls(self._conn, workspace, platforms, now)
        other_ms = to_ms(last_word.clock(self._conn))
        judged = {}
        for one in asked:
            audience = one.proposed.audience_id
            context = GateContext(platforms[audience], controls[audience], other_ms=other_ms)
            judged[audience] = self._pending(one, sources, readings, context, now_ms)
        return judged

    def _asked(
        self,
        workspace: WorkspaceId,
        platforms: Mapping[int, str],
        sources: Sequence[str],
        now_ms: int,
    ) -> list[_Asked]:
        """The pushes, each with its memory.

        Readings bear on one since the oldest in its memory, but no further back than needed to see
        a recovery.
        """
        params = self._params
        horizon = now_ms - max(
            params.staleness * (params.recover_readings + 1) // MS, params.cool_down // MS
        )
        named = {audience: f"{platform}:{audience}" for audience, platform in platforms.items()}
        states = decide.load_states(self._conn, workspace, named.values())
        asked = []
        for audience, destination in named.items():
            state = states[destination]
            opinions = (f"platform:{platforms[audience]}", metrics.CONVERSIONS)
            remembered = [
                memory.read_ms
                for signal, memory in state.signals.items()
                if signal in sources or signal in opinions
            ]
            since_ms = max(min(remembered, default=horizon), horizon)
            proposed = ProposedAction(workspace, destination, audience, Action.PUSH, ())
            asked.append(_Asked(proposed, opinions, state, since_ms))
        return asked

    def _readings(
        self, workspace: WorkspaceId, sources: Sequence[str], asked: Sequence[_Asked]
    ) -> dict[str, list[Reading]]:
        """Signal → its readings that bear on any of the pushes, oldest first."""
        names = sorted({*sources, *(opinion for one in asked for opinion in one.opinions)})
        since_ms = min((one.since_ms for one in asked), default=0)
        found: dict[str, list[Reading]] = {}
        for reading in signals.readings_since(self._conn, workspace, names, clamped_utc(since_ms)):
            found.setdefault(reading.signal, []).append(reading)
        return found

    def _pending(
        self,
        asked: _Asked,
        sources: Sequence[str],
        readings: Mapping[str, Sequence[Reading]],
        context: GateContext,
        now_ms: int,
    ) -> PendingDecision:
        own = [
            reading
            for signal in (*sources, *asked.opinions)
            for reading in readings.get(signal, ())
            if reading.read_ms >= asked.since_ms
        ]
        state = observe(asked.state, own, now_ms, self._params)
        newest = {reading.signal: reading for reading in own}
        says = [
            opinion
            for opinion in asked.opinions
            if sources and self._says(newest.get(opinion), state, now_ms)
        ]
        proposed = msgspec.structs.replace(asked.proposed, depends_on=(*sources, *says))
        return PendingDecision(self._conn, self._params, proposed, newest, context, state, now_ms)

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
