"""Seasonality of a source: what it sends at this hour of this week, how long it pauses.

Expected events of the minute t, with h its hour of the week and d that hour of the day:

    e(t) = b(t) · r(t)
    r(h) = (v_h·m_h + λ·m_d) / (v_h + λ),   linear between the middles of hours
    b(t) = clip((Σx + κ) / (Σr + κ), quietest, 1),   sums over the last minutes, fading

m_h is the mean of v_h visits, m_d that of the hour of the day, which stands in until enough weeks
were seen; b is how busy the source is (a holiday is quiet as a whole; a fault is quiet all at
once). Whether too little comes, of x events in a minute, is decided by a cumulative sum (`cusum`)
against the alternative that a part `lost` is missing, with over-dispersion φ:

    ℓ = [ x · ln(1 − lost) + e · lost ] / φ

Deterministic; minute by minute; UTC. State: about 200 numbers, whatever the traffic. How it is
learned: `operators.detection.learning`.

References: B. Efron and C. Morris, "Data analysis using Stein's estimator and its generalizations",
Journal of the American Statistical Association 70 (1975), for means that lean on one another;
J. M. Lucas, "Counted data CUSUM's", Technometrics 27 (1985), for ℓ.

>>> import random
>>> from operators.detection.cusum_params import CusumParams
>>> from operators.detection.learning import step
>>> rng, state, params = random.Random(1), Seasonality(), SeasonalityParams()
>>> for minute in range(3 * 1440 + 840):  # 12 events a minute by day, 3 by night
...     mean = 12 if 8 <= minute // 60 % 24 < 20 else 3
...     events = sum(rng.random() < mean / 100 for _ in range(100))
...     step(state, events, minute * MINUTE_MS, params, CusumParams())
>>> [round(expected_rate(state, hour * HOUR_MS, params), 1) for hour in (3, 14)]
[3.2, 12.2]
>>> for minute in range(3 * 1440 + 840, 3 * 1440 + 850):  # silence for ten minutes
...     step(state, 0, minute * MINUTE_MS, params, CusumParams())
...     lost = shortfall(state, params, CusumParams())
...     if minute % 3 == 0:
...         print(round(lost.certainty, 2), lost.observed, round(lost.expected))
0.0 9.0 24
0.0 9.0 60
0.38 9.0 96
1.0 9.0 131
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from operators.detection.cusum import Excursion, certainty
from operators.detection.cusum_params import CusumParams
from operators.detection.seasonality_params import SeasonalityParams

WEEK_HOURS: Final = 168
_MONDAY_MS: Final = 4 * DAY_MS
"""1970 began on a Thursday: four days later a week begins."""


class Seasonality(msgspec.Struct):
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
        hour_observed: events in them.
        mean: of all minutes, fading over a week.
        minutes: minutes seen.
        observed: events of the last minutes, fading.
        expected: what was usual for them, fading.
        spread: how much more stretches of ten minutes differ than chance alone makes them, in
            variances; at least 1.
        block_ms: beginning of the stretch that lasts.
        block_observed: events in it.
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
    hour_observed: float = msgspec.field(default=0.0, name="hour_came")
    mean: float = 0.0
    minutes: float = 0.0
    observed: float = msgspec.field(default=0.0, name="came")
    expected: float = 0.0
    spread: float = 1.0
    block_ms: int = 0
    block_observed: float = msgspec.field(default=0.0, name="block_came")
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


def _of_hour(state: Seasonality, hour: int, lean: float) -> float:
    """Usual events per minute of one hour of the week."""
    own, day = state.visits[hour], hour % 24
    of_day = state.days[day] if state.seen[day] else state.mean
    return (own * state.hours[hour] + lean * of_day) / (own + lean)


def expected_rate(state: Seasonality, at_ms: int, params: SeasonalityParams) -> float:
    """Events that usually come in the minute that begins then.

    Between two hours' middles, between their means.
    """
    before, into = divmod(at_ms - HOUR_MS // 2, HOUR_MS)
    part, lean = into / HOUR_MS, params.hour_lean
    first = hour_of(before * HOUR_MS)
    return (1 - part) * _of_hour(state, first, lean) + part * _of_hour(
        state, (first + 1) % WEEK_HOURS, lean
    )


def expected_between(
    state: Seasonality, since_ms: int, until_ms: int, params: SeasonalityParams
) -> float:
    """Events that usually come between two instants, at most a day apart.

    Read off at no more than 24 points.

    Args:
        state: what is usual.
        since_ms: the earlier instant.
        until_ms: the later one.
        params: how an hour leans on its day.
    """
    span = max(0, until_ms - since_ms)
    points = max(1, min(24, span // (5 * MINUTE_MS)))
    stride = span / points
    return (
        sum(
            expected_rate(state, int(since_ms + (point + 0.5) * stride), params)
            for point in range(points)
        )
        * stride
        / MINUTE_MS
    )


def busyness(state: Seasonality, at_ms: int, params: SeasonalityParams) -> float:
    """How busy the last minutes were against the usual, at most 1.

    More than usual does not make less a loss.
    """
    known = state.visits[hour_of(at_ms)] >= params.hour_seen
    quietest, prior = params.quietest if known else params.quietest_new, params.busy_prior
    return min(1.0, max(quietest, (state.observed + prior) / (state.expected + prior)))


def is_warm(
    state: Seasonality, at_ms: int, params: SeasonalityParams, sequential: CusumParams
) -> bool:
    """Whether enough was seen to tell when too little comes.

    Enough of this hour of the day and of the next one, and enough in total.

    Args:
        state: what is usual.
        at_ms: an instant of the hour.
        params: how often an hour must have been seen.
        sequential: how much must have been seen in total.
    """
    if (
        state.minutes < sequential.warm_up_minutes
        or state.mean * state.minutes < sequential.warm_up_sample
    ):
        return False
    hour, enough = hour_of(at_ms) % 24, params.hour_seen
    return state.seen[hour] >= enough and state.seen[(hour + 1) % 24] >= enough


def suspected(state: Seasonality, params: SeasonalityParams) -> bool:
    """Whether too little may be coming: nothing is learned of such minutes."""
    return state.loss.sum > params.suspected


def allowed_ms(state: Seasonality, since_ms: int, params: SeasonalityParams) -> tuple[float, float]:
    """How long a silence is quite normal, and from when on the source is dead, ms.

    Fixed by what was usual as the silence began.
    """
    pause = max(params.pause_events * state.spread**0.5, state.pause_events) / min(
        params.quiet, busyness(state, since_ms, params)
    )
    normal_ms, dead_ms = lasts_ms(state, since_ms, (pause, params.dead_times * pause), params)
    return normal_ms, dead_ms


def lasts_ms(
    state: Seasonality, since_ms: int, events: Sequence[float], params: SeasonalityParams
) -> list[float]:
    """How long it usually takes from an instant until so many events have come, ms.

    No result exceeds `longest`.

    Args:
        state: what is usual.
        since_ms: the instant.
        events: numbers of events, ascending.
        params: how an hour leans on its day.
    """
    found, observed, at_ms = list[float](), 0.0, since_ms
    rate = expected_rate(state, at_ms, params) / MINUTE_MS
    for wanted in events:
        while at_ms - since_ms < params.longest_ms:
            # Between the middles of two hours the rate is linear, and so the mean of its ends
            # counts.
            until_ms = (at_ms - HOUR_MS // 2) // HOUR_MS * HOUR_MS + HOUR_MS + HOUR_MS // 2
            after = expected_rate(state, until_ms, params) / MINUTE_MS
            more = (rate + after) / 2 * (until_ms - at_ms)
            if observed + more >= wanted:
                break
            observed, at_ms, rate = observed + more, until_ms, after
        else:
            found.append(float(params.longest_ms))
            continue
        slope = (after - rate) / (until_ms - at_ms)
        found.append(at_ms - since_ms + _reached(wanted - observed, rate, slope))
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
        observed: events in the minutes that speak for a loss.
        expected: events that usually come in them.
        since_ms: the first of them; 0 for none.
    """

    certainty: float
    observed: float
    expected: float
    since_ms: int


def shortfall(state: Seasonality, params: SeasonalityParams, sequential: CusumParams) -> Shortfall:
    """Whether too little comes."""
    loss = state.loss
    sure = certainty(loss.sum, sequential, params.alarm)
    return Shortfall(sure, loss.hits, loss.size, loss.since_ms)
