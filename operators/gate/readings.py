"""The trust gate: readings and a proposed action → a decision.

Fails closed: whatever is missing, stale, odd or new holds.

A push passes only if every signal that the destination depends on is healthy, fresh, based on
enough observations, has been so several times in a row, has not been in trouble lately, and does
not swing. The streak restarts after a reading that is not, a gap longer than a reading may be old,
and a clock that went back; a platform that is idle between pushes is in no trouble. Taking people
off a platform always passes. What a push would change, and interventions about it, is judged by
`operators.gate.decide`. Clock: `now_ms`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from domain.gate import Action, Code, Decision, ProposedAction, Verdict
from domain.instants import MS
from domain.signals.reading import Reading, Status
from operators.gate.memory import (
    GateState,
    SignalMemory,
    enough,
    second_opinion,
    trusted,
    went_back,
)
from operators.gate.params import GateParams

_RANK: Final = {Verdict.PASS: 0, Verdict.HOLD: 1, Verdict.BLOCK: 2}
_TAKES_OFF: Final = frozenset({Action.URGENT_REMOVAL, Action.DELETE})
"""What no reading can hold. Named one by one: an action that is new is judged."""


class Finding(NamedTuple):
    """What one signal says about a push."""

    verdict: Verdict
    code: Code
    reason: str


def misdated(read_ms: int, now_ms: int, params: GateParams) -> Code | None:
    """Why a reading's date keeps it from saying anything about now.

    Args:
        read_ms: when it was read.
        now_ms: the instant.
        params: how old a reading may be, and how far ahead.

    Returns:
        `Code.FUTURE`, `Code.STALE`, or None where it does say something.

    >>> [misdated(read_ms, 600_000, GateParams()) for read_ms in (605_001, 480_000, 479_999)]
    [<Code.FUTURE: 'future'>, None, <Code.STALE: 'stale'>]
    """
    age_ms = now_ms - read_ms
    if age_ms < -(params.clock_tolerance // MS):
        return Code.FUTURE
    return Code.STALE if age_ms > params.staleness // MS else None


def misdated_words(code: Code, params: GateParams) -> str:
    """The cause and what to check, without the signal's name and the sentence's end.

    Args:
        code: what `misdated` says.
        params: how old a reading may be.

    >>> misdated_words(Code.STALE, GateParams())
    "its newest reading is older than 120 s; check that the engine's signals run"
    """
    if code is Code.FUTURE:
        return "its newest reading lies in the future; check the clocks"
    limit_s = params.staleness.total_seconds()
    return f"its newest reading is older than {limit_s:.0f} s; check that the engine's signals run"


def decide(
    state: GateState,
    proposed: ProposedAction,
    readings: Mapping[str, Reading],
    now_ms: int,
    params: GateParams,
    further: Sequence[Finding] = (),
) -> Decision:
    """Judge one proposed action.

    Args:
        state: memory that has observed the readings.
        proposed: the action and what it depends on.
        readings: newest reading per signal.
        now_ms: the instant.
        params: thresholds.
        further: what else speaks against a push (`operators.gate.decide`).

    Returns:
        The decision; its reasons name every signal that does not let it pass.
    """
    signals = sorted(set(proposed.depends_on))
    used: list[int] = []
    if proposed.action in _TAKES_OFF:
        findings = [
            Finding(Verdict.PASS, Code.TAKES_OFF, "taking people off a platform is always allowed")
        ]
    else:
        judged = [
            _judge(state, proposed, signal, readings.get(signal), now_ms, params)
            for signal in signals
        ]
        findings = _weighed([one for one in judged if one is not None], further, signals)
        used = [readings[signal].id for signal in signals if signal in readings]
    return Decision(
        proposed.workspace, proposed.destination, proposed.audience_id, proposed.action,
        findings[0].verdict,
        tuple(one.reason for one in findings), tuple(used), now_ms,
        tuple(one.code for one in findings), depends_on=tuple(signals),
    )  # fmt: skip


def _weighed(
    judged: list[Finding], further: Sequence[Finding], signals: Sequence[str]
) -> list[Finding]:
    """Everything that speaks against a push, the gravest first; else why it passes."""
    unfed = Finding(
        Verdict.HOLD, Code.NO_SIGNAL, "no signal feeds this audience yet: no data is not health"
    )
    against = [*judged, *([] if signals else [unfed]), *further]
    return sorted(against, key=lambda one: -_RANK[one.verdict]) or [
        Finding(Verdict.PASS, Code.TRUSTED, "every signal is healthy, fresh and settled")
    ]


def _judge(
    state: GateState,
    proposed: ProposedAction,
    signal: str,
    reading: Reading | None,
    now_ms: int,
    params: GateParams,
) -> Finding | None:
    """What one signal has against a push; None for nothing."""
    if reading is None:
        return Finding(Verdict.HOLD, Code.NEVER_READ, f"{signal} was never read, or not recently")
    if (reading.workspace, reading.signal) != (proposed.workspace, signal):
        return Finding(
            Verdict.HOLD, Code.MISTAKEN, f"{signal} was answered with a reading of another signal"
        )
    if went_back(state, now_ms, params):
        return Finding(
            Verdict.HOLD, Code.CLOCK_WENT_BACK, f"{signal} cannot be dated: the clock went back"
        )
    doubt = _doubt(reading, now_ms, params)
    if doubt:
        return doubt
    score, because = reading.score or 0.0, f": {reading.reasons[0]}" if reading.reasons else ""
    if score < params.degraded:
        return Finding(
            Verdict.BLOCK, Code.UNHEALTHY, f"{signal} is unhealthy ({score:.0f}){because}"
        )
    if not trusted(reading, params):
        return Finding(Verdict.HOLD, Code.DEGRADED, f"{signal} is degraded ({score:.0f}){because}")
    memory = state.signals.get(signal)
    if memory is None or memory.reading_id != reading.id:
        memory = SignalMemory(reading.id, reading.read_ms, 0)
    return _recovery(memory, signal, now_ms, params)


def _recovery(memory: SignalMemory, signal: str, now_ms: int, params: GateParams) -> Finding | None:
    """Why a healthy reading is not enough yet; None where it is."""
    calm = second_opinion(signal) and not memory.trouble_ms
    needed = 1 if calm else params.recover_readings
    if memory.streak < needed:
        reason = f"{signal} is recovering: {memory.streak} of {needed} healthy readings in a row"
        return Finding(Verdict.HOLD, Code.RECOVERING, reason)
    cool_ms = memory.trouble_ms + params.cool_down // MS - now_ms
    if memory.trouble_ms and cool_ms > 0:
        reason = (
            f"{signal} was in trouble lately: it cools down for another"
            f" {math.ceil(cool_ms / 1000)} s"
        )
        return Finding(Verdict.HOLD, Code.COOLING_DOWN, reason)
    swing = max(memory.scores, default=0.0) - min(memory.scores, default=0.0)
    if swing > params.swing:
        reason = f"{signal} swings by {swing:.0f} points within {len(memory.scores)} readings"
        return Finding(Verdict.HOLD, Code.VOLATILE, reason)
    return None


def _doubt(reading: Reading, now_ms: int, params: GateParams) -> Finding | None:
    """Why a reading says nothing about now; None where it does say something."""
    score, signal = reading.score, reading.signal
    code = misdated(reading.read_ms, now_ms, params)
    if code:
        return Finding(Verdict.HOLD, code, f"{signal} is unknown: {misdated_words(code, params)}")
    if (
        reading.status is Status.UNKNOWN
        or score is None
        or math.isnan(score)
        or not 0 <= score <= 100
    ):
        cause = reading.reasons[0].removeprefix("unknown: ") if reading.reasons else "no score"
        return Finding(Verdict.HOLD, Code.UNKNOWN, f"{signal} is unknown: {cause}")
    if reading.sample < enough(reading, params):
        needed = enough(reading, params)
        reason = f"{signal} is based on {reading.sample} observations, {needed} are needed"
        return Finding(Verdict.HOLD, Code.SMALL_SAMPLE, reason)
    return None
