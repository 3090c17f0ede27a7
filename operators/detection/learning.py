"""Learns the seasonality of a source, minute by minute, and weighs whether too little comes.

Silence is evidence at once and knowledge afterwards: minutes in which nothing came are put aside,
and learned when events come again – if nothing speaks against it. While nothing comes, what is
usual stays as it is, so that a dead source is measured by how it lived. What is suspected is not
learned. Minutes come in order, each once; state: `operators.detection.seasonality.Seasonality`,
changed in place. The formula, its references and an example are there.
"""

import math
from statistics import median

import msgspec

from domain.instants import DAY_MS, MINUTE_MS
from operators.detection.cusum import Excursion, Sample
from operators.detection.cusum_params import CusumParams
from operators.detection.seasonality import (
    WEEK_HOURS,
    Seasonality,
    allowed_ms,
    busyness,
    expected_between,
    expected_rate,
    hour_of,
    is_warm,
    suspected,
)
from operators.detection.seasonality_params import LearningParams, SeasonalityParams


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """One whole minute of a source.

    Attributes:
        at_ms: its beginning.
        events: counted in it.
        base: events that usually come in it.
        expected: the same, as busy as the source is.
    """

    at_ms: int
    events: float
    base: float
    expected: float


def step(
    state: Seasonality,
    count: float,
    minute_ms: int,
    params: SeasonalityParams,
    sequential: CusumParams,
) -> None:
    """Take in one whole minute, in place; minutes come in order, silent ones too.

    A silent one is weighed now and learned later.

    Args:
        state: what is usual; changed.
        count: events of the minute.
        minute_ms: its beginning.
        params: how fast to learn.
        sequential: the test for too little.
    """
    if count <= 0:
        # Between this and the last silent minute lie others.
        if minute_ms != state.silent_ms + state.silent * MINUTE_MS:
            state.silent_ms, state.silent, state.disputed = minute_ms, 0, False
        state.silent += 1
        _weigh(state, 0.0, minute_ms, params, sequential)
        return
    owed = _end_silence(state, minute_ms, params) if state.silent else 0.0
    minute = _weigh(state, count, minute_ms, params, sequential)
    if state.loss.lasts(minute_ms, sequential, params.alarm):
        state.loss = Excursion()
        state.observed, state.expected = 0.0, 0.0
    elif suspected(state, params):
        # What is suspected is not learned, except of hours of the week that are new: a first
        # weekend looks like a loss, a second must not.
        if state.visits[hour_of(minute_ms)] < params.hour_seen:
            _visit(state, minute, params, owed)
        return
    _learn(state, minute, params, owed)


def _weigh(
    state: Seasonality,
    count: float,
    minute_ms: int,
    params: SeasonalityParams,
    sequential: CusumParams,
) -> Weighed:
    """Add a minute to the evidence; returns it with what was to be expected."""
    base = expected_rate(state, minute_ms, params)
    expected = base * busyness(state, minute_ms, params)
    if is_warm(state, minute_ms, params, sequential):
        kept = 1 - params.lost
        ratio = (count * math.log(kept) + expected * params.lost) / state.spread
        if ratio > 0:
            # What is usual is itself an estimate: evidence that goes over more events than it was
            # learned from says little.
            learned = state.visits[hour_of(minute_ms)] * 60 * base
            ratio *= learned / (learned + state.loss.size) if learned else 1.0
        state.loss.add(ratio, Sample(minute_ms, count, expected), sequential, params.alarm)
    return Weighed(minute_ms, count, base, expected)


def _end_silence(state: Seasonality, minute_ms: int, params: SeasonalityParams) -> float:
    """Events come again: learn the silence, as far as its cause is known.

    One that was never suspected is learned, and one that was but has come at this time of day
    before. Of any other only the hours for which nothing was usual are: hours of the week that were
    never seen, and where it was that of a dead source, hours of the day.

    Returns:
        How many events usually come in the part of it that was learned.
    """
    begin, whole = state.silent_ms, state.silent_ms + state.silent * MINUTE_MS == minute_ms
    known = whole and not state.disputed and state.silent * MINUTE_MS <= params.longest_ms
    doubtful = suspected(state, params) and not _recurs(state, begin, minute_ms, params.learning)
    dead = doubtful and minute_ms - begin >= allowed_ms(state, begin, params)[1]
    state.silent, state.disputed = 0, False
    if suspected(state, params):
        gaps = [gap for gap in state.gaps if gap[0] > minute_ms - params.learning.gaps_ms]
        state.gaps = [*gaps, (begin, minute_ms)][-params.learning.gaps :]
    if doubtful or not known:
        state.doubted_ms = minute_ms
    owed = 0.0
    if not known:
        return owed
    for silent_ms in range(begin, minute_ms, MINUTE_MS):
        base = expected_rate(state, silent_ms, params)
        if not doubtful:
            expected = base * busyness(state, silent_ms, params)
            _learn(state, Weighed(silent_ms, 0.0, base, expected), params)
            owed += base
        elif (
            state.seen[hour_of(silent_ms) % 24] if dead else state.visits[hour_of(silent_ms)]
        ) < params.hour_seen:
            _visit(state, Weighed(silent_ms, 0.0, base, base), params)
    _pause(state, begin, minute_ms, params)
    return owed


def _recurs(state: Seasonality, begin_ms: int, end_ms: int, params: LearningParams) -> bool:
    """Whether a silence comes at a time of day at which others came on other days."""
    days, alike_ms = set(), params.alike_ms
    for begin, end in state.gaps:
        day, off = divmod(begin_ms - begin + DAY_MS // 2, DAY_MS)
        if (
            day
            and abs(off - DAY_MS // 2) <= alike_ms
            and abs(end_ms - end - day * DAY_MS) <= alike_ms
        ):
            days.add(day)
    return len(days) >= params.alike_days


def _learn(
    state: Seasonality, minute: Weighed, params: SeasonalityParams, owed: float = 0.0
) -> None:
    """Learn a minute of which nothing is suspected; `owed` events are those of a silence."""
    at_ms, learning = minute.at_ms, params.learning
    count = _visit(state, minute, params, owed)
    state.minutes += 1
    state.mean += max(1 / state.minutes, 1 / (WEEK_HOURS * 60)) * (count - state.mean)
    fading = learning.busy_fading
    state.observed = state.observed * fading + count
    state.expected = state.expected * fading + minute.base
    if at_ms >= state.block_ms + learning.block_ms:
        _close_block(state, at_ms, learning)
    state.block_observed += count
    state.block_expected += minute.expected


def _close_block(state: Seasonality, at_ms: int, params: LearningParams) -> None:
    """Learn from a stretch how much stretches differ, and begin the next."""
    if state.block_expected:
        surprise = min(
            params.block_limit,
            (state.block_observed - state.block_expected) ** 2 / max(state.block_expected, 1.0),
        )
        part = max(params.block_minutes / state.minutes, params.block_weight)
        state.spread = max(1.0, state.spread + min(1.0, part) * (surprise - state.spread))
    state.block_ms, state.block_observed, state.block_expected = at_ms, 0.0, 0.0


def _visit(
    state: Seasonality, minute: Weighed, params: SeasonalityParams, owed: float = 0.0
) -> float:
    """Count a minute towards its hour's visit.

    Returns:
        How many of its events count: a surge is clipped, and what a silence owed does not count.
    """
    count, hour = minute.events, hour_of(minute.at_ms)
    if hour != state.hour:
        _end_visit(state, params.learning)
        state.hour = hour
    if state.seen[hour % 24] >= params.hour_seen:
        owed += minute.base
        learning = params.learning
        count = min(count, learning.surge * owed + learning.surge_deviations * owed**0.5 + 1)
    state.hour_minutes, state.hour_observed = state.hour_minutes + 1, state.hour_observed + count
    return count


def _end_visit(state: Seasonality, params: LearningParams) -> None:
    """Learn a visit of an hour as a whole, at its end.

    An outage in an hour that is new must not become usual while it lasts.
    """
    minutes, hour = state.hour_minutes, state.hour
    if minutes:
        visits = state.visits[hour] + minutes / 60
        part = max(minutes / (visits * 60), params.visit_weight * minutes / 60)
        state.hours[hour] += part * (state.hour_observed / minutes - state.hours[hour])
        state.visits[hour] = visits
        _sum_day(state, hour % 24, params.day_lean)
    state.hour_minutes, state.hour_observed = 0, 0.0


def _pause(state: Seasonality, begin_ms: int, end_ms: int, params: SeasonalityParams) -> None:
    """Learn, at its end, how long the source pauses.

    A pause that comes back several times a day is its habit.
    """
    learning = params.learning
    events = expected_between(state, begin_ms, min(end_ms, begin_ms + DAY_MS), params)
    if events <= max(state.pause_events, params.pause_events):
        return
    state.pauses = [*state.pauses, (end_ms, events)][-learning.pauses :]
    lately = [events for at_ms, events in state.pauses if at_ms > end_ms - DAY_MS]
    if len(lately) >= learning.pauses_needed:
        state.pause_events = min(max(lately), learning.pause_times * median(lately))
        state.pauses = []


def _sum_day(state: Seasonality, day: int, lean: float) -> None:
    """Note again what is known of an hour of the day."""
    visits = [min(one, 1.0) for one in state.visits[day::24]]
    seen = sum(visits)
    total = sum(visit * mean for visit, mean in zip(visits, state.hours[day::24], strict=True))
    state.seen[day], state.days[day] = seen, (total + lean * state.mean) / (seen + lean)
