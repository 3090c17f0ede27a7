"""Scores every point of one regular series as it comes, by how rare its surprise is.

For a value x, with the season's mean s and spread σ (`season`), the level l of the last points and
the offset o between the series and its season, which follow by exponential smoothing:

    forecast f = (l / e_l² + (s + o) / e_s²) / (1 / e_l² + 1 / e_s²),   e: recent errors of each
    views    z = (x − s) / σ,  (x − f) / e,  and the running means of both
    rarity   r = ½ · max ρ(z) + ½ · mean ρ(z),   ρ by the series' own largest deviations (`tail`)
    score      = 1 − 2^(−r / half_rarity)

The runs notice what no single point shows. Each view is judged upwards and downwards apart. The
score speaks of rarity, not of size: one threshold serves every series. After a surprise a spell
runs in which only a greater surprise scores: one fault, not a flood of points. The level follows
within minutes, so a change that stays is soon expected.

A score depends on earlier points alone. Deterministic; state restorable, about 1.5 KB.

References: J. M. Bates and C. W. J. Granger, "The combination of forecasts", Operational Research
Quarterly 20 (1969), for f; S. W. Roberts, "Control chart tests based on geometric moving averages",
Technometrics 1 (1959), for the runs; P. J. Huber, "Robust estimation of a location parameter",
Annals of Mathematical Statistics 35 (1964), for what an outlier teaches.

>>> import random
>>> from datetime import timedelta
>>> rng, state, params = random.Random(1), AnomalyState(), AnomalyParams(step=timedelta(hours=1))
>>> for hour in range(684):  # 20 at night, 100 by day; 20 at the last noon
...     value = (100 if 8 <= hour % 24 < 20 and hour != 683 else 20) + rng.gauss(0, 5)
...     scored = score_point(state, hour * 3_600_000, value, params)
...     if hour >= 682:
...         print(f"{value:.0f}, expected {scored.expected:.0f}: {scored.score:.2f}")
102, expected 97: 0.00
20, expected 96: 0.77
"""

import math
from typing import Final, NamedTuple

import msgspec

from domain.instants import DAY_MS, MS
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.season import (
    Season,
    SeasonProfile,
    empty_days,
    empty_hours,
    learn_season,
    season_at,
)
from operators.detection.tail import Tail, fade, keep, rarity

_TINY: Final = 1e-9
"""A scale is never taken for 0, by which nothing can be divided."""
_LARGEST: Final = 1e100
"""A value beyond is refused: its square would be infinite."""
_FURTHEST: Final = 1e30
"""Deviations beyond are all the same; 32-bit floats hold it."""


class AnomalyState(msgspec.Struct, array_like=True):
    """What is known of one series.

    Attributes:
        version: of this layout.
        points: seen.
        first_ms: instant of the first one.
        last_ms: instant of the last one.
        mean: of all, outliers clipped.
        spread: mean distance from what is usual.
        level: of the last few points.
        offset: where the series lies relative to its season.
        error: mean error of the forecast.
        level_error: how wrong the level was, squared.
        season_error: how wrong the season was, squared.
        error_run: run of errors, in units of `error`.
        season_run: run of distances from what is usual, in units of their spread.
        hours: season by hour of the day.
        days: season by day of the week.
        tails: of each view, upwards and downwards.
        faded_ms: when the tails faded last.
        spell_ms: when the last surprise came.
        spell_rarity: how great it was.
    """

    version: int = 1
    points: int = 0
    first_ms: int = 0
    last_ms: int = 0
    mean: float = 0.0
    spread: float = 0.0
    level: float = 0.0
    offset: float = 0.0
    error: float = 0.0
    level_error: float = 0.0
    season_error: float = 0.0
    error_run: float = 0.0
    season_run: float = 0.0
    hours: bytearray = msgspec.field(default_factory=empty_hours)
    days: bytearray = msgspec.field(default_factory=empty_days)
    tails: list[Tail] = msgspec.field(default_factory=lambda: [Tail() for _ in range(8)])
    faded_ms: int = 0
    spell_ms: int = 0
    spell_rarity: float = 0.0


class Scored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One point and what was thought of it before it was learnt.

    Attributes:
        at_ms: of the point.
        value: of the point.
        score: how much the point deserves an alarm, 0–1; 0 within a spell that showed a greater
            surprise, and while warming up.
        surprise: the same without regard to spells.
        expected: the forecast.
        low: a value below is further off than this series usually is.
        high: a value above is.
        baseline: what is usual at this hour and day, whatever the last points were.
        baseline_low: a value below is rarely seen at this hour and day.
        baseline_high: a value above is.
        warming_up: whether too little was seen to score.
        missing_ms: how much longer it has to be seen.
    """

    at_ms: int
    value: float
    score: float
    surprise: float
    expected: float
    low: float
    high: float
    baseline: float
    baseline_low: float
    baseline_high: float
    warming_up: bool
    missing_ms: int


class Forecast(NamedTuple):
    """What is expected of a point before it is seen.

    Attributes:
        expected: the forecast f.
        shifted: the season shifted to where the series lies now, s + o.
        error: scale of the forecast's error.
        spread: scale of the distance from the season.
    """

    expected: float
    shifted: float
    error: float
    spread: float


def score_point(
    state: AnomalyState, at_ms: int, value: float, params: AnomalyParams
) -> Scored | None:
    """Judge one point by what came before, then learn it, in place.

    Args:
        state: of the series; changed.
        at_ms: instant of the point.
        value: of the point.
        params: of the series.

    Returns:
        None where the point is refused and nothing has changed: it is not finite (or beyond 1e100),
        or not newer than the last one.
    """
    if not abs(value) <= _LARGEST or (state.points and at_ms <= state.last_ms):
        return None
    if state.points == 0:
        state.first_ms = state.faded_ms = at_ms
        state.mean = state.level = value
    profile = SeasonProfile(state.hours, state.days, params.per_hour)
    season = season_at(profile, at_ms, state.mean, state.spread, params.season)
    baseline = season.baseline
    if state.points:
        _bridge(state, at_ms, baseline, params)
    forecast = _forecast(state, season, params)
    expected, _, error, spread = forecast
    missing_ms = _missing_ms(state, at_ms, params)
    reach = [max(params.clip, tail.least) for tail in state.tails[:4]]
    surprise = 0.0
    if state.points >= params.scaling_points:
        surprise = _judge(
            state, (value - baseline) / spread, (value - expected) / error, at_ms, params
        )
    score = 0.0 if missing_ms else _fresh(state, at_ms, surprise, params)
    scored = Scored(
        at_ms, value, score, 0.0 if missing_ms else _score(surprise, params),
        expected, expected - error * reach[3], expected + error * reach[2],
        baseline, baseline - spread * reach[1], baseline + spread * reach[0],
        missing_ms > 0, missing_ms,
    )  # fmt: skip
    _learn(state, scored, season, forecast, params)
    return scored


def _bridge(state: AnomalyState, at_ms: int, baseline: float, params: AnomalyParams) -> None:
    """Forget the last points as far as the gap since then is long.

    What is known then is the season.
    """
    missed = (at_ms - state.last_ms) / (params.step / MS) - 1.0
    if missed < 0.5:
        return
    kept = (1 - 1 / params.level_points) ** missed
    state.error_run *= kept
    state.season_run *= (1 - 1 / params.run_points) ** missed
    state.offset *= (1 - params.follow) ** missed
    shifted = baseline + state.offset
    state.level = shifted + (state.level - shifted) * kept


def _forecast(state: AnomalyState, season: Season, params: AnomalyParams) -> Forecast:
    """Forecast a point by the level and by the shifted season, each as far as it was right."""
    floor = max(params.finest, params.finest_share * abs(state.mean), _TINY)
    shifted = season.baseline + state.offset
    of_level, of_season = 1 / (state.level_error + _TINY**2), 1 / (state.season_error + _TINY**2)
    expected = (of_level * state.level + of_season * shifted) / (of_level + of_season)
    return Forecast(expected, shifted, max(state.error, floor), max(season.spread, floor))


def _missing_ms(state: AnomalyState, at_ms: int, params: AnomalyParams) -> int:
    by_time = params.warm_up // MS - (at_ms - state.first_ms)
    return max(0, by_time, (params.warm_up_points - state.points) * params.step_ms)


def _judge(
    state: AnomalyState, off_season: float, off_forecast: float, at_ms: int, params: AnomalyParams
) -> float:
    """Rarity of a point by all views, which are learnt with it."""
    clip = params.clip
    # The runs of the forecast's errors keep outliers whole (one great error is a run), those of the
    # season clip them.
    state.error_run += (off_forecast - state.error_run) / params.level_points
    state.season_run += (max(-clip, min(clip, off_season)) - state.season_run) / params.run_points
    if at_ms - state.faded_ms >= DAY_MS:
        factor = 0.5 ** ((at_ms - state.faded_ms) / (params.half_life / MS))
        for tail in state.tails:
            fade(tail, factor)
        state.faded_ms = at_ms
    points = min(state.points - params.scaling_points, params.longest_points)
    judged, total, greatest = points > params.scaling_points, 0.0, 0.0
    for place, deviation in enumerate(
        (off_season, off_forecast, state.error_run, state.season_run)
    ):
        tail = state.tails[2 * place + (deviation < 0)]
        size = min(abs(deviation), _FURTHEST)
        if size > tail.least:
            found = rarity(tail, size, points, params.tail) if judged else 0.0
            keep(tail, size)
            total += found
            greatest = max(greatest, found)
    return params.greatest * greatest + (1 - params.greatest) * (total / 4)


def _score(rare: float, params: AnomalyParams) -> float:
    return 1.0 - math.exp2(-rare / params.half_rarity)


def _fresh(state: AnomalyState, at_ms: int, rare: float, params: AnomalyParams) -> float:
    """The score of a rarity, unless a greater one began the spell that still runs."""
    spell_ms = max(params.spell // MS, params.spell_points * params.step_ms)
    if state.spell_rarity and at_ms - state.spell_ms < spell_ms and rare <= state.spell_rarity:
        return 0.0
    score = _score(rare, params)
    if score >= params.notable:
        state.spell_ms, state.spell_rarity = at_ms, rare
    return score


def _learn(
    state: AnomalyState, point: Scored, season: Season, forecast: Forecast, params: AnomalyParams
) -> None:
    """Take in one point, in place; outliers as far as they are clipped."""
    at_ms, value, (expected, shifted, error, spread) = point.at_ms, point.value, forecast
    state.points += 1
    state.last_ms = at_ms
    scaling = state.points <= params.scaling_points
    clip, most = (math.inf, math.inf) if scaling else (params.clip * spread, params.clip * error)
    off_season = max(-clip, min(clip, value - season.baseline))
    off_level, off_shifted = value - state.level, value - shifted
    slow = 1 / min(state.points, params.scale_points)
    longest = min(state.points, params.longest_points)
    state.mean += (value - state.mean if scaling else off_season) / longest
    state.spread += slow * (abs(off_season) - state.spread)
    state.error += slow * (min(abs(value - expected), most) - state.error)
    profile = SeasonProfile(state.hours, state.days, params.per_hour)
    clipped_by = math.inf if scaling else spread
    learn_season(profile, at_ms, value, season, clipped_by, params.season)
    weight, wrong = params.accuracy_weight, params.accuracy_limit * error * error
    if scaling:
        wrong = math.inf
    state.level_error += weight * (min(off_level * off_level, wrong) - state.level_error)
    state.season_error += weight * (min(off_shifted * off_shifted, wrong) - state.season_error)
    state.level += max(-most, min(most, off_level)) / params.level_points
    state.offset += params.follow * (off_season - state.offset)
