"""The trust gate: readings and a proposed action → a decision. Fails closed: whatever is missing, stale, odd or new holds.

A push passes only if every signal that the destination depends on is healthy, fresh, rests on enough observations, and has been so several
times in a row. The row begins anew after a reading that is not, a gap longer than a reading may be old, and a clock that went back. Taking
people off a platform always passes. Clock: `now_ms`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from domain.decision import Action, Code, Decision, ProposedAction, Verdict
from domain.reading import Reading, Status

_MS: Final = timedelta(milliseconds=1)
_RANK: Final = {Verdict.PASS: 0, Verdict.HOLD: 1, Verdict.BLOCK: 2}
_TAKES_OFF: Final = frozenset({Action.URGENT_REMOVAL, Action.DELETE})
"""What no reading can hold. Named one by one: an action that is new is judged."""


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
        clock_tolerance: a reading further in the future than this is not believed, nor a clock that went back by more.
        depends_for: a source counts as feeding the workspace this long after its last accepted event.

    Raises:
        ValueError: the values contradict each other, or would let pass what nobody vouches for.
    """

    healthy: float = 70.0
    degraded: float = 40.0
    staleness: timedelta = timedelta(minutes=2)
    minimum_sample: int = 30
    minimum_requests: int = 3
    recover_readings: int = 3
    clock_tolerance: timedelta = timedelta(seconds=5)
    depends_for: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        rules = {
            "0 < degraded <= healthy <= 100": 0 < self.degraded <= self.healthy <= 100,
            "minimums are at least 1": min(self.minimum_sample, self.minimum_requests, self.recover_readings) >= 1,
            "staleness and depends_for are positive": min(self.staleness, self.depends_for) > timedelta(),
            "0 <= clock_tolerance < staleness": timedelta() <= self.clock_tolerance < self.staleness,
        }
        broken = [rule for rule, kept in rules.items() if not kept]
        if broken:
            raise ValueError("; ".join(broken))


class SignalMemory(msgspec.Struct, frozen=True):
    """What the gate remembers of one signal: its newest reading, and how many healthy ones came in a row."""

    reading_id: int
    read_ms: int
    streak: int


class GateState(msgspec.Struct, frozen=True):
    """Memory of the gate for one destination.

    Attributes:
        version: layout of this structure.
        signals: signal → memory; none that is too old to matter.
        seen_ms: the clock when it last observed.
    """

    version: int = 1
    signals: dict[str, SignalMemory] = {}
    seen_ms: int = 0


class Finding(NamedTuple):
    """What one signal says about a push."""

    verdict: Verdict
    code: Code
    reason: str


def trusted(reading: Reading, params: GateParams) -> bool:
    """Whether a reading says healthy, by its score and by its own status, and rests on enough."""
    score = reading.score
    sound = score is not None and not math.isnan(score) and params.healthy <= score <= 100 and reading.status is Status.HEALTHY
    return sound and reading.sample >= enough(reading, params)


def enough(reading: Reading, params: GateParams) -> int:
    """Observations that a reading must rest on."""
    return params.minimum_requests if reading.signal.startswith("platform:") else params.minimum_sample


def observe(state: GateState, readings: Iterable[Reading], now_ms: int, params: GateParams) -> GateState:
    """Take in readings, oldest first; one that was seen before changes nothing.

    Args:
        state: memory so far; not changed.
        readings: stored readings of any signals, with their ids.
        now_ms: the instant; one before an earlier one voids every row of healthy readings.
        params: what healthy means.
    """
    signals = dict(state.signals)
    for reading in sorted(readings, key=lambda reading: reading.id):
        known = signals.get(reading.signal)
        if known is not None and reading.id <= known.reading_id:
            continue
        streak = 1 + _row(known, reading, params) if trusted(reading, params) else 0
        signals[reading.signal] = SignalMemory(reading.id, reading.read_ms, streak)
    if _went_back(state, now_ms, params):
        signals = {signal: msgspec.structs.replace(memory, streak=0) for signal, memory in signals.items()}
        return GateState(state.version, signals, now_ms)
    # A reading that still counts is at most one limit old, and the one that it follows at most one limit older.
    oldest = now_ms - 2 * params.staleness // _MS
    kept = {signal: memory for signal, memory in signals.items() if memory.read_ms >= oldest}
    return GateState(state.version, kept, max(now_ms, state.seen_ms))


def _row(known: SignalMemory | None, reading: Reading, params: GateParams) -> int:
    """The row of healthy readings that a reading goes on from."""
    if known is None or not -params.clock_tolerance // _MS <= reading.read_ms - known.read_ms <= params.staleness // _MS:
        return 0
    return known.streak


def _went_back(state: GateState, now_ms: int, params: GateParams) -> bool:
    return now_ms < state.seen_ms - params.clock_tolerance // _MS


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
    signals = sorted(set(proposed.depends_on))
    used: list[int] = []
    if proposed.action in _TAKES_OFF:
        findings = [Finding(Verdict.PASS, Code.TAKES_OFF, "taking people off a platform is always allowed")]
    elif not signals:
        findings = [Finding(Verdict.HOLD, Code.NO_SIGNAL, "no signal feeds this audience yet: no data is not health")]
    else:
        judged = [_judge(state, proposed, signal, readings.get(signal), now_ms, params) for signal in signals]
        findings = sorted((one for one in judged if one is not None), key=lambda one: -_RANK[one.verdict])
        findings = findings or [Finding(Verdict.PASS, Code.TRUSTED, "every signal is healthy, fresh and settled")]
        used = [readings[signal].id for signal in signals if signal in readings]
    return Decision(
        proposed.workspace, proposed.destination, proposed.audience_id, proposed.action, findings[0].verdict,
        tuple(one.reason for one in findings), tuple(used), now_ms, tuple(one.code for one in findings),
    )  # fmt: skip


def _judge(
    state: GateState, proposed: ProposedAction, signal: str, reading: Reading | None, now_ms: int, params: GateParams
) -> Finding | None:
    """What one signal has against a push; None for nothing."""
    if reading is None:
        return Finding(Verdict.HOLD, Code.NEVER_READ, f"{signal} was never read")
    if (reading.workspace, reading.signal) != (proposed.workspace, signal):
        return Finding(Verdict.HOLD, Code.MISTAKEN, f"{signal} was answered with a reading of another signal")
    if _went_back(state, now_ms, params):
        return Finding(Verdict.HOLD, Code.CLOCK_WENT_BACK, f"{signal} cannot be dated: the clock went back")
    doubt = _doubt(reading, now_ms, params)
    if doubt:
        return doubt
    score, because = reading.score or 0.0, f": {reading.reasons[0]}" if reading.reasons else ""
    if score < params.degraded:
        return Finding(Verdict.BLOCK, Code.UNHEALTHY, f"{signal} is unhealthy ({score:.0f}){because}")
    if not trusted(reading, params):
        return Finding(Verdict.HOLD, Code.DEGRADED, f"{signal} is degraded ({score:.0f}){because}")
    memory = state.signals.get(signal)
    streak = memory.streak if memory is not None and memory.reading_id == reading.id else 0
    if streak < params.recover_readings:
        reason = f"{signal} is recovering: {streak} of {params.recover_readings} healthy readings in a row"
        return Finding(Verdict.HOLD, Code.RECOVERING, reason)
    return None


def _doubt(reading: Reading, now_ms: int, params: GateParams) -> Finding | None:
    """Why a reading says nothing about now; None where it does say something."""
    age_ms, score, signal = now_ms - reading.read_ms, reading.score, reading.signal
    if age_ms < -(params.clock_tolerance // _MS):
        return Finding(Verdict.HOLD, Code.FUTURE, f"{signal}: the newest reading lies in the future; check the clocks")
    if age_ms > params.staleness // _MS:
        return Finding(Verdict.HOLD, Code.STALE, f"{signal}: the newest reading is older than {params.staleness.total_seconds():.0f} s")
    if reading.status is Status.UNKNOWN or score is None or math.isnan(score) or not 0 <= score <= 100:
        return Finding(Verdict.HOLD, Code.UNKNOWN, f"{signal} is unknown: {reading.reasons[0] if reading.reasons else 'no score'}")
    if reading.sample < enough(reading, params):
        reason = f"{signal} rests on {reading.sample} observations, {enough(reading, params)} are needed"
        return Finding(Verdict.HOLD, Code.SMALL_SAMPLE, reason)
    return None
