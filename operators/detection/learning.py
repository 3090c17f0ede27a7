"""Learns the rhythm of a source, minute by minute, and weighs whether too little comes.

Silence is evidence at once and knowledge afterwards: minutes in which nothing came are put aside,
and learned when events come again – if nothing speaks against it. While nothing comes, what is
usual stays as it is, so that a dead source is measured by how it lived. What is suspected is not
learned. Minutes come in order, each once; state: `operators.detection.seasonality.Rhythm`, changed
in place.
"""

import math
from statistics import median
from typing import Final

from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from operators.detection.cusum import Excursion, SequentialParams
from operators.detection.seasonality import (
    LONGEST_MS,
    SEEN,
    WEEK_HOURS,
    Rhythm,
    RhythmParams,
    allowed_ms,
    busyness,
    hour_of,
    is_warm,
    suspected,
    usual,
    usual_between,
)

_LEARN: Final = 0.35
"""Weight of one visit of an hour once it was seen a few times."""
_GUESS: Final = 0.02
"""Visits at which an hour of the day's own mean weighs as much as the overall mean.

Any visit is better than a guess.
"""
_BRIEF: Final = 0.5 ** (1 / 20)
"""How the memory of how busy it is fades per minute: by half in 20 minutes."""
_SURGE: Final = 1.2
"""A minute counts for at most so many times the usual: a campaign is no new habit."""
_WILD: Final = 36.0
_BLOCK_MS: Final = 10 * MINUTE_MS
_PAUSES: Final = 8
_OFTEN: Final = 6
"""Of the last eight long pauses, so many within a day make pauses of that length usual."""
_TIMES: Final = 2.0
"""A pause is usual up to so many times the median of those that come back.

One outage among them is no habit.
"""
_ALIKE_MS: Final = 3 * HOUR_MS
"""Silences that begin and end this near to the same time of day are alike …"""
_ALIKE: Final = 2
"""… and one that was suspected is the source's habit where so many alike came on other days …"""
_GAPS: Final = 12
"""… among the last so many …"""
_GAPS_MS: Final = 22 * DAY_MS
"""… within three weeks."""


def step(
    rhythm: Rhythm, count: float, minute_ms: int, params: RhythmParams, sequential: SequentialParams
) -> None:
    """Take in one whole minute, in place; minutes come in order, silent ones too.

    A silent one is weighed now and learned later.
    """
    if count <= 0:
        if (
            minute_ms != rhythm.silent_ms + rhythm.silent * MINUTE_MS
        ):  # between this and the last silent minute lie others
            rhythm.silent_ms, rhythm.silent, rhythm.disputed = minute_ms, 0, False
        rhythm.silent += 1
        _weigh(rhythm, 0.0, minute_ms, params, sequential)
        return
    owed = _end_silence(rhythm, minute_ms, params) if rhythm.silent else 0.0
    base, expected = _weigh(rhythm, count, minute_ms, params, sequential)
    lasting = (
        rhythm.loss.sum >= params.alarm and minute_ms - rhythm.loss.since_ms >= sequential.adopt_ms
    )
    if lasting:
        rhythm.loss = Excursion()
        rhythm.came, rhythm.expected = 0.0, 0.0
    elif suspected(rhythm, params):
        # What is suspected is not learned, except of hours of the week that are new: a first
        # weekend looks like a loss, a second must not.
        if rhythm.visits[hour_of(minute_ms)] < SEEN:
            _visit(rhythm, count, base, minute_ms, owed)
        return
    _learn(rhythm, count, base, expected, minute_ms, owed)


def _weigh(
    rhythm: Rhythm, count: float, minute_ms: int, params: RhythmParams, sequential: SequentialParams
) -> tuple[float, float]:
    """Add a minute to the evidence.

    Answers what usually comes in it, and what was to be expected.
    """
    base = usual(rhythm, minute_ms)
    expected = base * busyness(rhythm, minute_ms)
    if is_warm(rhythm, minute_ms, sequential):
        kept = 1 - params.lost
        ratio = (count * math.log(kept) + expected * params.lost) / rhythm.spread
        if ratio > 0:
            # What is usual is itself an estimate: evidence that goes over more events than it was
            # learned from says little.
            learned = rhythm.visits[hour_of(minute_ms)] * 60 * base
            ratio *= learned / (learned + rhythm.loss.size) if learned else 1.0
        rhythm.loss.add(ratio, count, expected, minute_ms, sequential, alarm=params.alarm)
    return base, expected


def _end_silence(rhythm: Rhythm, minute_ms: int, params: RhythmParams) -> float:
    """Events come again: learn the silence, as far as it is known what it was.

    Answers how many usually come in what was learned of it.

    One that was never suspected is learned, and one that was but has come at this time of day
    before. Of any other only the hours for which nothing was usual are: hours of the week that were
    never seen, and where it was that of a dead source, hours of the day.
    """
    begin, whole = rhythm.silent_ms, rhythm.silent_ms + rhythm.silent * MINUTE_MS == minute_ms
    known = whole and not rhythm.disputed and rhythm.silent * MINUTE_MS <= LONGEST_MS
    doubtful = suspected(rhythm, params) and not _recurs(rhythm, begin, minute_ms)
    dead = doubtful and minute_ms - begin >= allowed_ms(rhythm, begin, params)[1]
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
        elif (
            rhythm.seen[hour_of(silent_ms) % 24] if dead else rhythm.visits[hour_of(silent_ms)]
        ) < SEEN:
            _visit(rhythm, 0.0, base, silent_ms)
    _pause(rhythm, begin, minute_ms, params)
    return owed


def _recurs(rhythm: Rhythm, begin_ms: int, end_ms: int) -> bool:
    """Whether a silence comes at a time of day at which others came on other days."""
    days = set()
    for begin, end in rhythm.gaps:
        day, off = divmod(begin_ms - begin + DAY_MS // 2, DAY_MS)
        if (
            day
            and abs(off - DAY_MS // 2) <= _ALIKE_MS
            and abs(end_ms - end - day * DAY_MS) <= _ALIKE_MS
        ):
            days.add(day)
    return len(days) >= _ALIKE


def _learn(
    rhythm: Rhythm, count: float, base: float, expected: float, minute_ms: int, owed: float = 0.0
) -> None:
    count = _visit(rhythm, count, base, minute_ms, owed)
    rhythm.minutes += 1
    rhythm.mean += max(1 / rhythm.minutes, 1 / (WEEK_HOURS * 60)) * (count - rhythm.mean)
    rhythm.came = rhythm.came * _BRIEF + count
    rhythm.expected = rhythm.expected * _BRIEF + base
    if minute_ms >= rhythm.block_ms + _BLOCK_MS:
        if rhythm.block_expected:
            surprise = min(
                _WILD,
                (rhythm.block_came - rhythm.block_expected) ** 2 / max(rhythm.block_expected, 1.0),
            )
            part = max(10 / rhythm.minutes, 10 / 2880)
            rhythm.spread = max(1.0, rhythm.spread + min(1.0, part) * (surprise - rhythm.spread))
        rhythm.block_ms, rhythm.block_came, rhythm.block_expected = minute_ms, 0.0, 0.0
    rhythm.block_came, rhythm.block_expected = (
        rhythm.block_came + count,
        rhythm.block_expected + expected,
    )


def _visit(rhythm: Rhythm, count: float, base: float, minute_ms: int, owed: float = 0.0) -> float:
    """Count a minute towards its hour's visit.

    Answers how many of its events count: a surge is clipped, what a silence owed is none.
    """
    hour = hour_of(minute_ms)
    if hour != rhythm.hour:
        _end_visit(rhythm)
        rhythm.hour = hour
    if rhythm.seen[hour % 24] >= SEEN:
        owed += base
        count = min(count, _SURGE * owed + 2 * owed**0.5 + 1)
    rhythm.hour_minutes, rhythm.hour_came = rhythm.hour_minutes + 1, rhythm.hour_came + count
    return count


def _end_visit(rhythm: Rhythm) -> None:
    """Learn a visit of an hour as a whole, at its end.

    An outage in an hour that is new must not become usual while it lasts.
    """
    minutes = rhythm.hour_minutes
    if minutes:
        visits = rhythm.visits[rhythm.hour] + minutes / 60
        part = max(minutes / (visits * 60), _LEARN * minutes / 60)
        rhythm.hours[rhythm.hour] += part * (rhythm.hour_came / minutes - rhythm.hours[rhythm.hour])
        rhythm.visits[rhythm.hour] = visits
        _sum_day(rhythm, rhythm.hour % 24)
    rhythm.hour_minutes, rhythm.hour_came = 0, 0.0


def _pause(rhythm: Rhythm, begin_ms: int, end_ms: int, params: RhythmParams) -> None:
    """Learn, at its end, how long the source pauses.

    A pause that comes back several times a day is its habit.
    """
    events = usual_between(rhythm, begin_ms, min(end_ms, begin_ms + DAY_MS))
    if events <= max(rhythm.pause_events, params.pause_events):
        return
    rhythm.pauses = [*rhythm.pauses, (end_ms, events)][-_PAUSES:]
    lately = [events for at_ms, events in rhythm.pauses if at_ms > end_ms - DAY_MS]
    if len(lately) >= _OFTEN:
        rhythm.pause_events, rhythm.pauses = min(max(lately), _TIMES * median(lately)), []


def _sum_day(rhythm: Rhythm, day: int) -> None:
    """Note anew what is known of an hour of the day."""
    visits = [min(one, 1.0) for one in rhythm.visits[day::24]]
    seen = sum(visits)
    came = sum(visit * mean for visit, mean in zip(visits, rhythm.hours[day::24], strict=True))
    rhythm.seen[day], rhythm.days[day] = seen, (came + _GUESS * rhythm.mean) / (seen + _GUESS)
