"""What the gate remembers of readings: rows of healthy ones, trouble, scores.

A row begins again after a reading that is not healthy, a gap longer than a reading may be old, and
a clock that went back. Clock: `now_ms`.
"""

import math
from collections.abc import Iterable

import msgspec

from domain.instants import MS
from domain.signals.reading import Reading, Status
from operators.gate.params import GateParams


class SignalMemory(msgspec.Struct, frozen=True):
    """What the gate remembers of one signal.

    Attributes:
        reading_id: its newest reading.
        read_ms: when that was read.
        streak: how many healthy ones came in a row.
        trouble_ms: when it was last degraded or unhealthy; 0 for never.
        scores: of the last readings that had one, the newest last.
    """

    reading_id: int
    read_ms: int
    streak: int
    trouble_ms: int = 0
    scores: tuple[float, ...] = ()


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


def trusted(reading: Reading, params: GateParams) -> bool:
    """Whether a reading is healthy by score and by status, on enough observations."""
    score = reading.score
    sound = (
        score is not None
        and not math.isnan(score)
        and params.healthy <= score <= 100
        and reading.status is Status.HEALTHY
    )
    return sound and reading.sample >= enough(reading, params)


def second_opinion(signal: str) -> bool:
    """Whether a signal speaks only now and then, after pushes or reports.

    Its silence is no trouble, and its first word is believed.
    """
    return not signal.startswith("source:")


def enough(reading: Reading, params: GateParams) -> int:
    """Observations that a reading must be based on."""
    return (
        params.minimum_requests if reading.signal.startswith("platform:") else params.minimum_sample
    )


def observe(
    state: GateState, readings: Iterable[Reading], now_ms: int, params: GateParams
) -> GateState:
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
        if second_opinion(reading.signal) and reading.status is Status.UNKNOWN:
            continue  # nothing was sent or reported, so nothing went wrong
        signals[reading.signal] = _updated_memory(known, reading, params)
    if went_back(state, now_ms, params):
        signals = {
            signal: msgspec.structs.replace(memory, streak=0) for signal, memory in signals.items()
        }
        return GateState(state.version, signals, now_ms)
    # A reading that still counts is at most one limit old, and the one that it follows at most one
    # limit older.
    oldest = now_ms - 2 * params.staleness // MS
    oldest = min(oldest, now_ms - params.cool_down // MS)
    kept = {signal: memory for signal, memory in signals.items() if memory.read_ms >= oldest}
    return GateState(state.version, kept, max(now_ms, state.seen_ms))


def _updated_memory(
    memory: SignalMemory | None, reading: Reading, params: GateParams
) -> SignalMemory:
    row = _row(memory, reading, params)
    begins = row > 0 or (reading.score or 0.0) >= params.healthy + params.margin
    streak = 1 + row if begins and trusted(reading, params) else 0
    troubled = reading.status in {Status.DEGRADED, Status.UNHEALTHY} or (
        reading.score is not None and not reading.score >= params.healthy
    )
    trouble_ms = reading.read_ms if troubled else memory.trouble_ms if memory else 0
    scores = memory.scores if memory else ()
    if reading.score is not None and math.isfinite(reading.score):
        scores = (*scores, reading.score)[-params.swing_readings :]
    return SignalMemory(reading.id, reading.read_ms, streak, trouble_ms, scores)


def _row(memory: SignalMemory | None, reading: Reading, params: GateParams) -> int:
    """The streak of healthy readings that a reading continues."""
    if (
        memory is None
        or not -params.clock_tolerance // MS
        <= reading.read_ms - memory.read_ms
        <= params.staleness // MS
    ):
        return 0
    return memory.streak


def went_back(state: GateState, now_ms: int, params: GateParams) -> bool:
    """Whether the clock went back by more than is tolerated."""
    return now_ms < state.seen_ms - params.clock_tolerance // MS
