"""The adapter to the real code: counters of one signal in, verdicts of the gate out.

Follows `operators.signals.machine` and `operators.gate.readings`.

    counters ──▶ totals ──▶ Minutes ──▶ HealthMachine ──▶ readings ──▶ gate ──▶ Look

What PostgreSQL does between the flows is one dictionary of totals here; everything else is what the
processes run.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from domain.gate import Action, ProposedAction, Verdict
from domain.instants import HOUR_MS
from domain.signals.reading import Minutes, Observed, Reading, Status
from faultlab.records import WORKSPACE
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams
from operators.gate.readings import decide
from operators.signals.baseline import SignalBaseline
from operators.signals.machine import HealthMachine
from operators.signals.params import HealthParams

_DESTINATION = "lab:1"
_KEPT_MS = 3 * HOUR_MS
"""How long totals are kept: longer than anything waits to be processed."""


class GateSample(NamedTuple):
    """What the gate would say at an instant.

    Attributes:
        at_ms: the instant.
        verdict: of a push.
        score: of the newest reading; None where it is unknown.
        reason: the weightiest; empty where it passes.
    """

    at_ms: int
    verdict: Verdict
    score: float | None
    reason: str


@dataclass
class EngineState:
    """SignalBaseline of one signal's machines.

    Plain, so that it can be copied and sent to another process.
    """

    health: SignalBaseline | None = None
    gate: GateState = field(default_factory=GateState)
    totals: dict[int, dict[str, float]] = field(default_factory=dict)
    reading: Reading | None = None
    readings: int = 0


class SignalEngine:
    """One signal's health and gate.

    Args:
        signal: its name.
        health: thresholds.
        gate: thresholds.
        state: where an earlier stretch stopped; it is copied.
    """

    def __init__(
        self, signal: str, health: HealthParams, gate: GateParams, state: EngineState
    ) -> None:
        self._signal = signal
        self._gate = gate
        self._machine = HealthMachine(health, state.health)
        self._state = deepcopy(state)
        self._changed: dict[tuple[int, str], None] = {}

    def snapshot(self) -> EngineState:
        """A copy of the state that later looks do not touch."""
        return deepcopy(
            EngineState(
                self._machine.snapshot(),
                self._state.gate,
                self._state.totals,
                self._state.reading,
                self._state.readings,
            )
        )

    def count(self, minute_ms: int, counters: Mapping[str, float]) -> None:
        """Add to a minute's counters, as a committed batch does."""
        totals = self._state.totals.setdefault(minute_ms, {})
        for metric, value in counters.items():
            totals[metric] = totals.get(metric, 0.0) + value
            self._changed[minute_ms, metric] = None

    def evaluate(self, now_ms: int) -> GateSample:
        """Read what changed, and judge a push."""
        self.read(now_ms)
        state = self._state
        reading = state.reading
        # As in `sinks.gate`: a platform that says nothing does not hold; a source does.
        if not self._signal.startswith("source:") and (
            reading is None or reading.status is Status.UNKNOWN
        ):
            return GateSample(now_ms, Verdict.PASS, None, "")
        known = {} if reading is None else {self._signal: reading}
        proposed = ProposedAction(WORKSPACE, _DESTINATION, 1, Action.PUSH, (self._signal,))
        decision = decide(state.gate, proposed, known, now_ms, self._gate)
        score = None if reading is None else reading.score
        return GateSample(
            now_ms,
            decision.verdict,
            score,
            "" if decision.verdict is Verdict.PASS else decision.reasons[0],
        )

    def read(self, now_ms: int) -> None:
        """Read what changed and pass the new reading to the gate."""
        state = self._state
        rows = tuple(
            Observed(minute, 0, metric, state.totals[minute][metric], now_ms)
            for minute, metric in self._changed
        )
        self._changed.clear()
        given = []
        for reading in self._machine.on_event(
            Minutes(WORKSPACE, self._signal, rows, now_ms), now_ms
        ):
            if isinstance(reading, Reading):
                state.readings += 1
                state.reading = msgspec.structs.replace(reading, id=state.readings)
                given.append(state.reading)
        state.gate = observe(state.gate, given, now_ms, self._gate)
        for minute in [minute for minute in state.totals if minute < now_ms - _KEPT_MS]:
            del state.totals[minute]
