"""The rhythm of a source: how much it usually sends at this hour of this day, how long it usually pauses, and whether it sends too little.

Usual means: per hour of the week, leaning on the hour of the day and on the overall mean until enough weeks were seen, times how busy the
last hour was where it was quiet (a holiday is quiet as a whole; a fault is quiet all at once). Whether too little comes is decided by a
cumulative sum as in `operators.sequential`, against the alternative that a material part is lost. Deterministic; minute by minute; UTC.
State: about 200 numbers, whatever the traffic.

Silence is evidence at once and knowledge afterwards: minutes in which nothing came are put aside, and learned when events come again – if
nothing speaks against it. While nothing comes, what is usual stays as it is, so that a dead source is measured by how it lived.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import msgspec

from operators.sequential import Excursion, SequentialParams, certainty

MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000
_WEEK_HOURS: Final = 168
_MONDAY_MS: Final = 4 * 86_400_000
"""1970 began on a Thursday: four days later a week begins."""
_LEARN: Final = 0.35
"""Weight of one visit of an hour once it was seen a few times."""
_LEAN: Final = 0.1
"""Visits at which an hour's own mean weighs as much as what it leans on."""
_GUESS: Final = 0.02
"""Visits at which an hour of the day's own mean weighs as much as the overall mean: any visit is better than a guess."""
_SEEN: Final = 0.5
"""Visits of an hour of the day from which on too little can be told from what is usual."""
_BRIEF: Final = 0.5 ** (1 / 20)
"""How the memory of how busy it is fades per minute: by half in 20 minutes."""
_PRIOR: Final = 20.0
"""Events that speak for the last hour having been as busy as usual."""
_SURGE: Final = 1.2
"""A minute counts for at most so many times the usual: a campaign is no new habit."""
_QUIETEST: Final = 0.3
"""Least share of the usual that counts as a quiet hour."""
_NEWEST: Final = 0.05
"""The same in an hour of the week that was never seen: a first weekend may be very quiet."""
_WILD: Final = 36.0
_BLOCK_MS: Final = 10 * MINUTE_MS
_PAUSES: Final = 8
_OFTEN: Final = 6
"""Of the last eight long pauses, so many within a day make pauses of that length usual."""
_DAY_MS: Final = 86_400_000
_TIMES: Final = 2.0
"""A pause is usual up to so many times the median of those that come back: one outage among them is no habit."""
_LONGEST_MS: Final = 8 * _DAY_MS
"""Nothing is learned from a longer silence, nor is it looked further ahead."""
_ALIKE_MS: Final = 3 * _HOUR_MS
"""Silences that begin and end this near to the same time of day are alike …"""
_ALIKE: Final = 2
"""… and one that was suspected is the source's habit where so many alike came on other days …"""
_GAPS: Final = 12
"""… among the last so many …"""
_GAPS_MS: Final = 22 * _DAY_MS
"""… within three weeks."""


@dataclass(frozen=True)
class RhythmParams:
    """When a source sends too little.

    Attributes:
        lost: share of the usual volume whose loss the test looks for, 0–1.
        alarm: evidence at which a loss counts as found, as of `SequentialParams.alarm`; a loss is found sooner than other changes.
        pause_events: a pause during which so many events usually come is a long one, until the source is known to pause.
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
        days: mean events per minute, by hour of the day: of the days on which that hour was seen, leaning on the overall mean.
        seen: on how many days each hour of the day was seen, at most 7.
        hour: hour of the week whose visit lasts.
        hour_minutes: minutes of that visit; learned at its end.
        hour_came: events in them.
        mean: of all minutes, fading over a week.
        minutes: minutes seen.
        came: events of the last minutes, fading.
        expected: what was usual for them, fading.
        spread: how much more stretches of ten minutes differ than chance alone makes them, in variances; at least 1.
        block_ms: beginning of the stretch that lasts.
        block_came: events in it.
        block_expected: what was expected of it.
        loss: evidence that a material part is missing; its hits are events, its size what was usual.
        silent_ms: first minute of the silence that lasts.
        silent: minutes of it, which are not learned yet; 0 while events come.
        doubted_ms: when a silence ended last that was suspected and is not learned.
        disputed: whether events came in it after all, and were counted too late; it is not learned then.
        gaps: the last silences that were suspected, (first minute, minute in which events came again).
        pause_events: events that usually come during the longest pause that is quite normal.
        pauses: the last long pauses, (end in ms, events that usually come meanwhile).
    """

    version: int = 1
    hours: list[float] = msgspec.field(default_factory=lambda: [0.0] * _WEEK_HOURS)
    visits: list[float] = msgspec.field(default_factory=lambda: [0.0] * _WEEK_HOURS)
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


def _hour(at_ms: int) -> int:
    return (at_ms - _MONDAY_MS) // _HOUR_MS % _WEEK_HOURS


def _of_hour(rhythm: Rhythm, hour: int) -> float:
    """Usual events per minute of one hour of the week."""
    own, day = rhythm.visits[hour], hour % 24
    of_day = rhythm.days[day] if rhythm.seen[day] else rhythm.mean
    return (own * rhythm.hours[hour] + _LEAN * of_day) / (own + _LEAN)


def _sum_day(rhythm: Rhythm, day: int) -> None:
    """Note anew what is known of an hour of the day."""
    visits = [min(one, 1.0) for one in rhythm.visits[day::24]]
    seen = sum(visits)
    came = sum(visit * mean for visit, mean in zip(visits, rhythm.hours[day::24], strict=True))
    rhythm.seen[day], rhythm.days[day] = seen, (came + _GUESS * rhythm.mean) / (seen + _GUESS)


def usual(rhythm: Rhythm, at_ms: int) -> float:
    """Events that usually come in the minute that begins then; between two hours' middles, between their means."""
    before, into = divmod(at_ms - _HOUR_MS // 2, _HOUR_MS)
    part = into / _HOUR_MS
    first = _hour(before * _HOUR_MS)
    return (1 - part) * _of_hour(rhythm, first) + part * _of_hour(rhythm, (first + 1) % _WEEK_HOURS)


def usual_between(rhythm: Rhythm, since_ms: int, until_ms: int) -> float:
    """Events that usually come between two instants, at most a day apart; read off at no more than 24 points."""
    span = max(0, until_ms - since_ms)
    points = max(1, min(24, span // (5 * MINUTE_MS)))
    stride = span / points
    return sum(usual(rhythm, int(since_ms + (point + 0.5) * stride)) for point in range(points)) * stride / MINUTE_MS


def busyness(rhythm: Rhythm, at_ms: int) -> float:
    """How busy the last minutes were against the usual, at most 1: more than usual does not make less a loss."""
    quietest = _QUIETEST if rhythm.visits[_hour(at_ms)] >= _SEEN else _NEWEST
    return min(1.0, max(quietest, (rhythm.came + _PRIOR) / (rhythm.expected + _PRIOR)))


def is_warm(rhythm: Rhythm, at_ms: int, params: SequentialParams) -> bool:
    """Whether enough was seen for too little to come: of this hour of the day and the next, and in all."""
    if rhythm.minutes < params.warm_up_minutes or rhythm.mean * rhythm.minutes < params.warm_up_sample:
        return False
    hour = _hour(at_ms) % 24
    return rhythm.seen[hour] >= _SEEN and rhythm.seen[(hour + 1) % 24] >= _SEEN


def step(rhythm: Rhythm, count: float, minute_ms: int, params: RhythmParams, sequential: SequentialParams) -> None:
    """Take in one whole minute, in place; minutes come in order, silent ones too. A silent one is weighed now and learned later."""
    if count <= 0:
        if minute_ms != rhythm.silent_ms + rhythm.silent * MINUTE_MS:  # between this and the last silent minute lie others
            rhythm.silent_ms, rhythm.silent, rhythm.disputed = minute_ms, 0, False
        rhythm.silent += 1
        _weigh(rhythm, 0.0, minute_ms, params, sequential)
        return
    owed = _end_silence(rhythm, minute_ms, params) if rhythm.silent else 0.0
    base, expected = _weigh(rhythm, count, minute_ms, params, sequential)
    lasting = rhythm.loss.sum >= params.alarm and minute_ms - rhythm.loss.since_ms >= sequential.adopt_ms
    if lasting:
        rhythm.loss = Excursion()
        rhythm.came, rhythm.expected = 0.0, 0.0
    elif suspected(rhythm, params):
        # What is suspected is not learned, except of hours of the week that are new: a first weekend looks like a loss, a second must not.
        if rhythm.visits[_hour(minute_ms)] < _SEEN:
            _visit(rhythm, count, base, minute_ms, owed)
        return
    _learn(rhythm, count, base, expected, minute_ms, owed)


def suspected(rhythm: Rhythm, params: RhythmParams) -> bool:
    """Whether too little may be coming: nothing is learned of such minutes."""
    return rhythm.loss.sum > params.alarm / 2


def _weigh(rhythm: Rhythm, count: float, minute_ms: int, params: RhythmParams, sequential: SequentialParams) -> tuple[float, float]:
    """Add a minute to the evidence; answers what usually comes in it, and what was to be expected."""
    base = usual(rhythm, minute_ms)
    expected = base * busyness(rhythm, minute_ms)
    if is_warm(rhythm, minute_ms, sequential):
        kept = 1 - params.lost
        ratio = (count * math.log(kept) + expected * params.lost) / rhythm.spread
        if ratio > 0:
            # What is usual is itself an estimate: evidence that goes over more events than it was learned from says little.
            learned = rhythm.visits[_hour(minute_ms)] * 60 * base
            ratio *= learned / (learned + rhythm.loss.size) if learned else 1.0
        rhythm.loss.add(ratio, count, expected, minute_ms, sequential, alarm=params.alarm)
    return base, expected


def _end_silence(rhythm: Rhythm, minute_ms: int, params: RhythmParams) -> float:
    """Events come again: learn the silence, as far as it is known what it was; answers how many usually come in what was learned of it.

    One that was never suspected is learned, and one that was but has come at this time of day before; of any other only hours of the week
    that were never seen, for which nothing was usual.
    """
    begin, whole = rhythm.silent_ms, rhythm.silent_ms + rhythm.silent * MINUTE_MS == minute_ms
    known = whole and not rhythm.disputed and rhythm.silent * MINUTE_MS <= _LONGEST_MS
    doubtful = suspected(rhythm, params) and not _recurs(rhythm, begin, minute_ms)
    rhythm.silent, rhythm.disputed = 0, False
    if suspected(rhythm, params):
        gaps = [gap for gap in rhythm.gaps if gap[0] > minute_ms - _GAPS_MS]
        rhythm.gaps = [*gaps, (begin, minute_ms)][-_GAPS:]
    if doubtful or not known:
        rhythm.doubted_ms = minute_ms
    owed = 0.0
    if not known:
        return owed
    for silent_ms in range(begin, minute_ms, MINUTE_MS):
        base = usual(rhythm, silent_ms)
        if not doubtful:
            _learn(rhythm, 0.0, base, base * busyness(rhythm, silent_ms), silent_ms)
            owed += base
        elif rhythm.visits[_hour(silent_ms)] < _SEEN:
            _visit(rhythm, 0.0, base, silent_ms)
    _pause(rhythm, begin, minute_ms, params)
    return owed


def _recurs(rhythm: Rhythm, begin_ms: int, end_ms: int) -> bool:
    """Whether a silence comes at a time of day at which others came on other days."""
    days = set()
    for begin, end in rhythm.gaps:
        day, off = divmod(begin_ms - begin + _DAY_MS // 2, _DAY_MS)
        if day and abs(off - _DAY_MS // 2) <= _ALIKE_MS and abs(end_ms - end - day * _DAY_MS) <= _ALIKE_MS:
            days.add(day)
    return len(days) >= _ALIKE


def _learn(rhythm: Rhythm, count: float, base: float, expected: float, minute_ms: int, owed: float = 0.0) -> None:
    count = _visit(rhythm, count, base, minute_ms, owed)
    rhythm.minutes += 1
    rhythm.mean += max(1 / rhythm.minutes, 1 / (_WEEK_HOURS * 60)) * (count - rhythm.mean)
    rhythm.came = rhythm.came * _BRIEF + count
    rhythm.expected = rhythm.expected * _BRIEF + base
    if minute_ms >= rhythm.block_ms + _BLOCK_MS:
        if rhythm.block_expected:
            surprise = min(_WILD, (rhythm.block_came - rhythm.block_expected) ** 2 / max(rhythm.block_expected, 1.0))
            part = max(10 / rhythm.minutes, 10 / 2880)
            rhythm.spread = max(1.0, rhythm.spread + min(1.0, part) * (surprise - rhythm.spread))
        rhythm.block_ms, rhythm.block_came, rhythm.block_expected = minute_ms, 0.0, 0.0
    rhythm.block_came, rhythm.block_expected = rhythm.block_came + count, rhythm.block_expected + expected


def _visit(rhythm: Rhythm, count: float, base: float, minute_ms: int, owed: float = 0.0) -> float:
    """Count a minute towards its hour's visit; answers how many of its events count: a surge is clipped, what a silence owed is none."""
    hour = _hour(minute_ms)
    if hour != rhythm.hour:
        _end_visit(rhythm)
        rhythm.hour = hour
    if rhythm.seen[hour % 24] >= _SEEN:
        owed += base
        count = min(count, _SURGE * owed + 2 * owed**0.5 + 1)
    rhythm.hour_minutes, rhythm.hour_came = rhythm.hour_minutes + 1, rhythm.hour_came + count
    return count


def _end_visit(rhythm: Rhythm) -> None:
    """Learn a visit of an hour as a whole, at its end: an outage in an hour that is new must not become usual while it lasts."""
    minutes = rhythm.hour_minutes
    if minutes:
        visits = rhythm.visits[rhythm.hour] + minutes / 60
        part = max(minutes / (visits * 60), _LEARN * minutes / 60)
        rhythm.hours[rhythm.hour] += part * (rhythm.hour_came / minutes - rhythm.hours[rhythm.hour])
        rhythm.visits[rhythm.hour] = visits
        _sum_day(rhythm, rhythm.hour % 24)
    rhythm.hour_minutes, rhythm.hour_came = 0, 0.0


def _pause(rhythm: Rhythm, begin_ms: int, end_ms: int, params: RhythmParams) -> None:
    """Learn, at its end, how long the source pauses: a pause that comes back several times a day is its habit."""
    events = usual_between(rhythm, begin_ms, min(end_ms, begin_ms + _DAY_MS))
    if events <= max(rhythm.pause_events, params.pause_events):
        return
    rhythm.pauses = [*rhythm.pauses, (end_ms, events)][-_PAUSES:]
    lately = [events for at_ms, events in rhythm.pauses if at_ms > end_ms - _DAY_MS]
    if len(lately) >= _OFTEN:
        rhythm.pause_events, rhythm.pauses = min(max(lately), _TIMES * median(lately)), []


def lasts_ms(rhythm: Rhythm, since_ms: int, events: Sequence[float]) -> list[float]:
    """How long it usually takes from an instant until so many events have come, ms; at most eight days.

    Args:
        rhythm: what is usual.
        since_ms: the instant.
        events: numbers of events, ascending.
    """
    found, came, at_ms = list[float](), 0.0, since_ms
    rate = usual(rhythm, at_ms) / MINUTE_MS
    for wanted in events:
        while at_ms - since_ms < _LONGEST_MS:
            # Between the middles of two hours the rate is linear, and so the mean of its ends counts.
            until_ms = (at_ms - _HOUR_MS // 2) // _HOUR_MS * _HOUR_MS + _HOUR_MS + _HOUR_MS // 2
            after = usual(rhythm, until_ms) / MINUTE_MS
            more = (rate + after) / 2 * (until_ms - at_ms)
            if came + more >= wanted:
                break
            came, at_ms, rate = came + more, until_ms, after
        else:
            found.append(float(_LONGEST_MS))
            continue
        found.append(at_ms - since_ms + _reached(wanted - came, rate, (after - rate) / (until_ms - at_ms)))
    return found


def _reached(events: float, rate: float, slope: float) -> float:
    """When so many events have come at a rate that changes linearly: the root of `rate`·t + `slope`/2·t² = `events`."""
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
