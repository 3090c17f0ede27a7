"""The trust gate: readings and a proposed action → a decision. Fails closed: whatever is missing, stale, odd or new holds.

A push passes only if every signal that the destination depends on is healthy, fresh, rests on enough observations, and has been healthy
several times in a row; one reading that is not healthy starts the count anew. Taking people off a platform always passes. Clock: `now_ms`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from domain.decision import Action, Decision, Verdict
from domain.ids import WorkspaceId
from domain.reading import Reading, Status

_MS = timedelta(milliseconds=1)
_RANK = {Verdict.PASS: 0, Verdict.HOLD: 1, Verdict.BLOCK: 2}


@dataclass(frozen=True)
class GateParams:
    """When the gate lets a push pass.

    Attributes:
        healthy: least score that passes.
        degraded: least score that only holds; below it a person must release the push.
        staleness: a reading older than this counts as unknown.
        minimum_sample: observations that a source's reading must rest on.
        minimum_requests: requests that a platform's reading must rest on.
        recover_readings: consecutive healthy readings needed, after trouble and at the start.
        clock_tolerance: a reading further in the future than this is not believed.
        depends_for: a source counts as feeding the workspace this long after its last accepted event.
    """

    healthy: float = 70.0
    degraded: float = 40.0
    staleness: timedelta = timedelta(minutes=2)
    minimum_sample: int = 30
    minimum_requests: int = 3
    recover_readings: int = 3
    clock_tolerance: timedelta = timedelta(seconds=5)
    depends_for: timedelta = timedelta(days=7)


class SignalMemory(msgspec.Struct, frozen=True):
    """What the gate remembers of one signal: its newest reading, and how many healthy ones came in a row."""

    reading_id: int
    read_ms: int
    streak: int


class GateState(msgspec.Struct, frozen=True):
    """Memory of the gate for one destination.

    Attributes:
        version: layout of this structure.
        signals: signal → memory.
    """

    version: int = 1
    signals: dict[str, SignalMemory] = {}


class ProposedAction(msgspec.Struct, frozen=True):
    """What somebody wants to do.

    Attributes:
        destination: ``<platform>:<audience id>``.
        depends_on: signals that must be trusted; empty means that nothing is known, which holds.
    """

    workspace: WorkspaceId
    destination: str
    audience_id: int
    action: Action
    depends_on: tuple[str, ...]


def sound(reading: Reading, params: GateParams) -> bool:
    """Whether a reading says healthy, by its score and by its own status."""
    score = reading.score
    return score is not None and not math.isnan(score) and params.healthy <= score <= 100 and reading.status is Status.HEALTHY


def observe(state: GateState, readings: Iterable[Reading], params: GateParams) -> GateState:
    """Take in readings, oldest first; one that was seen before changes nothing.

    Args:
        state: memory so far; not changed.
        readings: stored readings of any signals, with their ids.
        params: what healthy means.
    """
    signals = dict(state.signals)
    for reading in sorted(readings, key=lambda reading: reading.id):
        known = signals.get(reading.signal)
        if known is not None and reading.id <= known.reading_id:
            continue
        streak = (known.streak if known else 0) + 1 if sound(reading, params) else 0
        signals[reading.signal] = SignalMemory(reading.id, reading.read_ms, streak)
    return GateState(state.version, signals)


def decide(state: GateState, proposed: ProposedAction, readings: Mapping[str, Reading], now_ms: int, params: GateParams) -> Decision:
    """Judge one proposed action.

    Args:
        state: memory that has observed the readings.
        proposed: the action and what it depends on.
        readings: newest reading per signal.
        now_ms: the instant.
        params: thresholds.

    Returns:
        The decision; its reasons name every signal that does not let it pass.
    """
    if proposed.action is not Action.PUSH:
        reason = "taking people off a platform is always allowed"
        return _decision(proposed, Verdict.PASS, (reason,), (), now_ms)
    if not proposed.depends_on:
        return _decision(proposed, Verdict.HOLD, ("no signal feeds this audience yet: no data is not health",), (), now_ms)
    verdict, reasons = Verdict.PASS, []
    for signal in sorted(proposed.depends_on):
        judged, reason = _judge(state, signal, readings.get(signal), now_ms, params)
        if judged is not Verdict.PASS:
            reasons.append((judged, reason))
            verdict = max(verdict, judged, key=_RANK.__getitem__)
    sentences = tuple(reason for _, reason in sorted(reasons, key=lambda item: -_RANK[item[0]]))
    used = tuple(readings[signal].id for signal in sorted(proposed.depends_on) if signal in readings)
    return _decision(proposed, verdict, sentences or ("every signal is healthy, fresh and settled",), used, now_ms)


def _judge(state: GateState, signal: str, reading: Reading | None, now_ms: int, params: GateParams) -> tuple[Verdict, str]:
    if reading is None:
        return Verdict.HOLD, f"{signal} was never read"
    doubt = _doubt(reading, now_ms, params)
    if doubt:
        return Verdict.HOLD, f"{signal}{doubt}"
    score, because = reading.score or 0.0, f": {reading.reasons[0]}" if reading.reasons else ""
    if score < params.degraded:
        return Verdict.BLOCK, f"{signal} is unhealthy ({score:.0f}){because}"
    if not sound(reading, params):
        return Verdict.HOLD, f"{signal} is degraded ({score:.0f}){because}"
    memory = state.signals.get(signal)
    streak = memory.streak if memory is not None and memory.reading_id == reading.id else 0
    if streak < params.recover_readings:
        return Verdict.HOLD, f"{signal} is recovering: {streak} of {params.recover_readings} healthy readings in a row"
    return Verdict.PASS, ""


def _doubt(reading: Reading, now_ms: int, params: GateParams) -> str:
    """Why a reading says nothing about now, or the empty string."""
    age_ms, score = now_ms - reading.read_ms, reading.score
    if age_ms < -(params.clock_tolerance // _MS):
        return ": the newest reading lies in the future; check the clocks"
    if age_ms > params.staleness // _MS:
        return f": the newest reading is older than {params.staleness.total_seconds():.0f} s"
    if reading.status is Status.UNKNOWN or score is None or math.isnan(score) or not 0 <= score <= 100:
        return f" is unknown: {reading.reasons[0] if reading.reasons else 'no score'}"
    enough = params.minimum_requests if reading.signal.startswith("platform:") else params.minimum_sample
    return f" rests on {reading.sample} observations, {enough} are needed" if reading.sample < enough else ""


def _decision(proposed: ProposedAction, verdict: Verdict, reasons: tuple[str, ...], readings: tuple[int, ...], now_ms: int) -> Decision:
    return Decision(proposed.workspace, proposed.destination, proposed.audience_id, proposed.action, verdict, reasons, readings, now_ms)
