"""The rhythm of a source.

How much it usually sends at this hour of this day, how long it usually pauses, and whether it sends
too little.

Usual means: per hour of the week, leaning on the hour of the day and on the overall mean until
enough weeks were seen, times how busy the last hour was where it was quiet (a holiday is quiet as a
whole; a fault is quiet all at once). Whether too little comes is decided by a cumulative sum as in
`operators.detection.cusum`, against the alternative that a material part is lost. Deterministic;
minute by minute; UTC. State: about 200 numbers, whatever the traffic. How it is learned:
`operators.detection.learning`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from operators.detection.cusum import Excursion, SequentialParams, certainty

WEEK_HOURS: Final = 168
_MONDAY_MS: Final = 4 * DAY_MS
"""1970 began on a Thursday: four days later a week begins."""
_LEAN: Final = 0.1
"""Visits at which an hour's own mean weighs as much as what it leans on."""
SEEN: Final = 0.5
"""Visits of an hour of the day from which on too little can be told from what is usual."""
_PRIOR: Final = 20.0
"""Events that speak for the last hour having been as busy as usual."""
_QUIETEST: Final = 0.3
"""Least share of the usual that counts as a quiet hour."""
_NEWEST: Final = 0.05
"""The same in an hour of the week that was never seen: a first weekend may be very quiet."""
_QUIET: Final = 0.85
"""An hour may be so quiet without its pauses being too long."""
_DEAD: Final = 3.0
"""A silence is that of a dead source at so many times what is normal."""
LONGEST_MS: Final = 8 * DAY_MS
"""Nothing is learned from a longer silence, nor is it looked further ahead."""


@dataclass(frozen=True)
class RhythmParams:
    """When a source sends too little.

    Attributes:
        lost: share of the usual volume whose loss the test looks for, 0–1.
        alarm: evidence at which a loss counts as found, as of `SequentialParams.alarm`; a loss is
            found sooner than other changes.
        pause_events: a pause during which so many events usually come is a long one, until the
            source is known to pause.
    """

    lost: float = 0.4
    alarm: float = 9.0
    pause_events: float = 7.0

    def __post_init__(self) -> None:
        if not 0 < self.lost < 1 or self.pause_events < 1 or self.alarm <= 0:
            raise ValueError("0 < lost < 1, pause_events is at least 1, alarm is positive")


class Rhythm(msgspec.Struct):
    """What is usual of one source.

    Attributes:
        version: layout of this structure.
        hours: mean events per minute, by hour of the week (Monday 0:00 UTC is 0).
        visits: how often each hour was seen, in visits of 60 minutes.
        days: mean events per minute, by hour of the day: of the days on which that hour was seen,
            leaning on the overall mean.
        seen: on how many days each hour of the day was seen, at most 7.
        hour: hour of the week whose visit lasts.
        hour_minutes: minutes of that visit; learned at its end.
        hour_came: events in them.
        mean: of all minutes, fading over a week.
        minutes: minutes seen.
        came: events of the last minutes, fading.
        expected: what was usual for them, fading.
        spread: how much more stretches of ten minutes differ than chance alone makes them, in
            variances; at least 1.
        block_ms: beginning of the stretch that lasts.
        block_came: events in it.
        block_expected: what was expected of it.
        loss: evidence that a material part is missing; its hits are events, its size what was
            usual.
        silent_ms: first minute of the silence that lasts.
        silent: minutes of it, which are not learned yet; 0 while events come.
        doubted_ms: when a silence ended last that was suspected and is not learned.
        disputed: whether events came in it after all, and were counted too late; it is not learned
            then.
        gaps: the last silences that were suspected, (first minute, minute in which events came
            again).
        pause_events: events that usually come during the longest pause that is quite normal.
        pauses: the last long pauses, (end in ms, events that usually come meanwhile).
    """

    version: int = 1
    hours: list[float] = msgspec.field(default_factory=lambda: [0.0] * WEEK_HOURS)
    visits: list[float] = msgspec.field(default_factory=lambda: [0.0] * WEEK_HOURS)
    days: list[float] = msgspec.field(default_factory=lambda: [0.0] * 24)
    seen: list[float] = msgspec.field(default_factory=lambda: [0.0] * 24)
    hour: int = 0
    hour_minutes: int = 0
    hour_came: float = 0.0
    mean: float = 0.0
    minutes: float = 0.0
    came: float = 0.0
    expected: float = 0.0
    spread: float = 1.0
    block_ms: int = 0
    block_came: float = 0.0
    block_expected: float = 0.0
    loss: Excursion = msgspec.field(default_factory=Excursion)
    silent_ms: int = 0
    silent: int = 0
    doubted_ms: int = 0
    disputed: bool = False
    gaps: list[tuple[int, int]] = []
    pause_events: float = 0.0
    pauses: list[tuple[int, float]] = []


def hour_of(at_ms: int) -> int:
    """The hour of the week that an instant lies in; Monday 0:00 UTC is 0."""
    return (at_ms - _MONDAY_MS) // HOUR_MS % WEEK_HOURS


def _of_hour(rhythm: Rhythm, hour: int) -> float:
    """Usual events per minute of one hour of the week."""
    own, day = rhythm.visits[hour], hour % 24
    of_day = rhythm.days[day] if rhythm.seen[day] else rhythm.mean
    return (own * rhythm.hours[hour] + _LEAN * of_day) / (own + _LEAN)


def usual(rhythm: Rhythm, at_ms: int) -> float:
    """Events that usually come in the minute that begins then.

    Between two hours' middles, between their means.
    """
    before, into = divmod(at_ms - HOUR_MS // 2, HOUR_MS)
    part = into / HOUR_MS
    first = hour_of(before * HOUR_MS)
    return (1 - part) * _of_hour(rhythm, first) + part * _of_hour(rhythm, (first + 1) % WEEK_HOURS)


def usual_between(rhythm: Rhythm, since_ms: int, until_ms: int) -> float:
    """Events that usually come between two instants, at most a day apart.

    Read off at no more than 24 points.
    """
    span = max(0, until_ms - since_ms)
    points = max(1, min(24, span // (5 * MINUTE_MS)))
    stride = span / points
    return (
        sum(usual(rhythm, int(since_ms + (point + 0.5) * stride)) for point in range(points))
        * stride
        / MINUTE_MS
    )


def busyness(rhythm: Rhythm, at_ms: int) -> float:
    """How busy the last minutes were against the usual, at most 1.

    More than usual does not make less a loss.
    """
    quietest = _QUIETEST if rhythm.visits[hour_of(at_ms)] >= SEEN else _NEWEST
    return min(1.0, max(quietest, (rhythm.came + _PRIOR) / (rhythm.expected + _PRIOR)))


def is_warm(rhythm: Rhythm, at_ms: int, params: SequentialParams) -> bool:
    """Whether enough was seen for too little to come.

    Of this hour of the day and the next, and in all.
    """
    if (
        rhythm.minutes < params.warm_up_minutes
        or rhythm.mean * rhythm.minutes < params.warm_up_sample
    ):
        return False
    hour = hour_of(at_ms) % 24
    return rhythm.seen[hour] >= SEEN and rhythm.seen[(hour + 1) % 24] >= SEEN


def suspected(rhythm: Rhythm, params: RhythmParams) -> bool:
    """Whether too little may be coming: nothing is learned of such minutes."""
    return rhythm.loss.sum > params.alarm / 2


def allowed_ms(rhythm: Rhythm, since_ms: int, params: RhythmParams) -> tuple[float, float]:
    """How long a silence is quite normal, and from when on the source is dead, ms.

    Fixed by what was usual as the silence began.
    """
    pause = max(params.pause_events * rhythm.spread**0.5, rhythm.pause_events) / min(
        _QUIET, busyness(rhythm, since_ms)
    )
    normal_ms, dead_ms = lasts_ms(rhythm, since_ms, (pause, _DEAD * pause))
    return normal_ms, dead_ms


def lasts_ms(rhythm: Rhythm, since_ms: int, events: Sequence[float]) -> list[float]:
    """How long it usually takes from an instant until so many events have come, ms.

    At most eight days.

    Args:
        rhythm: what is usual.
        since_ms: the instant.
        events: numbers of events, ascending.
    """
    found, came, at_ms = list[float](), 0.0, since_ms
    rate = usual(rhythm, at_ms) / MINUTE_MS
    for wanted in events:
        while at_ms - since_ms < LONGEST_MS:
            # Between the middles of two hours the rate is linear, and so the mean of its ends
            # counts.
            until_ms = (at_ms - HOUR_MS // 2) // HOUR_MS * HOUR_MS + HOUR_MS + HOUR_MS // 2
            after = usual(rhythm, until_ms) / MINUTE_MS
            more = (rate + after) / 2 * (until_ms - at_ms)
            if came + more >= wanted:
                break
            came, at_ms, rate = came + more, until_ms, after
        else:
            found.append(float(LONGEST_MS))
            continue
        found.append(
            at_ms - since_ms + _reached(wanted - came, rate, (after - rate) / (until_ms - at_ms))
        )
    return found


def _reached(events: float, rate: float, slope: float) -> float:
    """When so many events have come at a rate that changes linearly.

    The root of `rate`·t + `slope`/2·t² = `events`.
    """
    if events <= 0:
        return 0.0
    root = math.sqrt(max(0.0, rate * rate + 2 * slope * events))
    return 2 * events / (rate + root)


class Shortfall(msgspec.Struct, frozen=True):
    """Whether too little comes.

    Attributes:
        certainty: 0–1; 1 from the alarm on.
        came: events in the minutes that speak for a loss.
        usual: events that usually come in them.
        since_ms: the first of them; 0 for none.
    """

    certainty: float
    came: float
    usual: float
    since_ms: int


def shortfall(rhythm: Rhythm, params: RhythmParams) -> Shortfall:
    """Whether too little comes."""
    loss = rhythm.loss
    return Shortfall(certainty(loss.sum, params.alarm), loss.hits, loss.size, loss.since_ms)
