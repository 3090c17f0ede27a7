"""Scores every point of one regular series as it comes.

How surprising it is, what was expected, and how far from it is still usual.

A point is looked at in four ways: its distance from what is usual at this hour, its distance from a
forecast (the level of the last few points, or the season shifted to where the series lies now,
whichever was right more often), and the runs of both, which notice what no single point shows.
Every view is judged, upwards and downwards apart, against the largest deviations that this very
series showed before; the score rests on the mean of the four and on the greatest of them. It speaks
of rarity, not of size: one threshold serves every series.

Only earlier points are used. After a surprise a spell runs in which only a greater surprise scores:
one fault, not a flood of points. The level follows within minutes, so a change that stays is soon
expected. Deterministic; state restorable, about 1.5 KB.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from domain.instants import DAY_MS, HOUR_MS, MS
from operators.detection.season import Season, empty_days, empty_hours, learn_season, season_at
from operators.detection.tail import Tail, fade, keep, rarity

_CLIP: Final = 4.0
"""An outlier counts as so many scales where something is learnt from it."""
_SCALING: Final = 40
"""First points, from which the scale is found: nothing is clipped, nothing is judged."""
_TINY: Final = 1e-9
_ERRORS: Final = 0.01
"""Weight of a point in how right each forecast was."""
_FOLLOW: Final = 0.03
"""Weight of a point in where the series lies relative to its season."""
_LARGEST: Final = 1e100
"""A value beyond is refused: its square would be infinite."""
_FURTHEST: Final = 1e30
"""Deviations beyond are all the same; 32-bit floats hold it."""
_HALF: Final = 2.5
"""Rarity (−log10 of a share) that scores one half.

Once in 300 points by the mean and the greatest of the views.
"""


@dataclass(frozen=True)
class AnomalyParams:
    """How a series is watched.

    Attributes:
        step: regular distance of points; a longer one is a gap.
        warm_up: nothing scores before a series was seen for so long …
        warm_up_points: … and with so many points.
        level_points: points that the level follows over.
        run_points: points that the long run spans.
        memory: a deviation is at most as rare as once in so long …
        memory_points: … or in so many points, whichever is more.
        scale_points: points that a scale spans.
        half_life: after so long a former deviation counts for half its size.
        spell: so long after a surprise only a greater one scores …
        spell_points: … and for at least so many points.
        notable: score from which on a surprise begins a spell, 0–1.
        finest: smallest difference of the metric that matters, in its unit.
        finest_share: the same as a share of its mean.
    """

    step: timedelta = timedelta(minutes=1)
    warm_up: timedelta = timedelta(days=1)
    warm_up_points: int = 100
    level_points: float = 6.0
    run_points: float = 24.0
    memory: timedelta = timedelta(days=14)
    memory_points: int = 4_000
    scale_points: float = 500.0
    half_life: timedelta = timedelta(days=365)
    spell: timedelta = timedelta(hours=12)
    spell_points: int = 30
    notable: float = 0.42
    finest: float = 0.0
    finest_share: float = 0.001

    def __post_init__(self) -> None:
        spans = (self.step, self.memory, self.half_life)
        counts = (self.level_points, self.run_points, self.scale_points, self.memory_points)
        if min(spans) <= timedelta(0) or min(counts) < 1 or self.warm_up_points <= _SCALING:
            raise ValueError(
                f"spans are positive, counts at least 1, warm_up_points above {_SCALING}"
            )
        if (
            self.warm_up < timedelta(0)
            or self.spell < timedelta(0)
            or self.spell_points < 0
            or not 0 < self.notable < 1
        ):
            raise ValueError("warm_up and spells are not negative, notable lies between 0 and 1")
        if self.finest < 0 or self.finest_share < 0:
            raise ValueError("what is finest is not negative")


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
        usual: what is usual at this hour and day, whatever the last points were.
        usual_low: a value below is rarely seen at this hour and day.
        usual_high: a value above is.
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
    usual: float
    usual_low: float
    usual_high: float
    warming_up: bool
    missing_ms: int


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
    step_ms = params.step / MS
    if state.points == 0:
        state.first_ms = state.faded_ms = at_ms
        state.mean = state.level = value
    per_hour = max(1.0, HOUR_MS / step_ms)
    season = season_at(state.hours, state.days, at_ms, state.mean, state.spread, per_hour)
    if state.points:
        _bridge(state, (at_ms - state.last_ms) / step_ms - 1.0, season.usual, params)
    floor = max(params.finest, params.finest_share * abs(state.mean), _TINY)
    spread, error = max(season.spread, floor), max(state.error, floor)
    shifted = season.usual + state.offset
    of_level, of_season = 1 / (state.level_error + _TINY**2), 1 / (state.season_error + _TINY**2)
    expected = (of_level * state.level + of_season * shifted) / (of_level + of_season)
    missing_ms = _missing_ms(state, at_ms, params)
    reach = [max(_CLIP, tail.least) for tail in state.tails[:4]]
    seen = state.points >= _SCALING
    surprise = (
        _judge(state, (value - season.usual) / spread, (value - expected) / error, at_ms, params)
        if seen
        else 0.0
    )
    score = 0.0 if missing_ms else _fresh(state, at_ms, surprise, params)
    scored = Scored(
        at_ms, value, score, 0.0 if missing_ms else _share(surprise),
        expected, expected - error * reach[3], expected + error * reach[2],
        season.usual, season.usual - spread * reach[1], season.usual + spread * reach[0],
        missing_ms > 0, missing_ms,
    )  # fmt: skip
    _learn(state, at_ms, value, season, (shifted, expected, spread, error, per_hour), params)
    return scored


def _bridge(state: AnomalyState, missed: float, usual: float, params: AnomalyParams) -> None:
    """Forget the last points as far as the gap since then is long.

    What is known then is the season.
    """
    if missed < 0.5:
        return
    kept = (1 - 1 / params.level_points) ** missed
    state.error_run *= kept
    state.season_run *= (1 - 1 / params.run_points) ** missed
    state.offset *= (1 - _FOLLOW) ** missed
    shifted = usual + state.offset
    state.level = shifted + (state.level - shifted) * kept


def _missing_ms(state: AnomalyState, at_ms: int, params: AnomalyParams) -> int:
    step_ms = params.step // MS
    by_time = params.warm_up // MS - (at_ms - state.first_ms)
    return max(0, by_time, (params.warm_up_points - state.points) * step_ms)


def _judge(
    state: AnomalyState, off_season: float, off_forecast: float, at_ms: int, params: AnomalyParams
) -> float:
    """Rarity of a point by all views, which are learnt with it."""
    # The runs of the forecast's errors keep outliers whole (one great error is a run), those of the
    # season clip them.
    state.error_run += (off_forecast - state.error_run) / params.level_points
    state.season_run += (max(-_CLIP, min(_CLIP, off_season)) - state.season_run) / params.run_points
    if at_ms - state.faded_ms >= DAY_MS:
        factor = 0.5 ** ((at_ms - state.faded_ms) / (params.half_life / MS))
        for tail in state.tails:
            fade(tail, factor)
        state.faded_ms = at_ms
    most = max(params.memory_points, params.memory / params.step)
    points = min(state.points - _SCALING, most)
    total, greatest = 0.0, 0.0
    for place, deviation in enumerate(
        (off_season, off_forecast, state.error_run, state.season_run)
    ):
        tail = state.tails[2 * place + (deviation < 0)]
        size = min(abs(deviation), _FURTHEST)
        if size > tail.least:
            found = rarity(tail, size, points) if points > _SCALING else 0.0
            keep(tail, size)
            total += found
            greatest = max(greatest, found)
    return (greatest + total / 4) / 2


def _share(rare: float) -> float:
    return 1.0 - math.exp2(-rare / _HALF)


def _fresh(state: AnomalyState, at_ms: int, rare: float, params: AnomalyParams) -> float:
    """The score of a rarity, unless a greater one began the spell that still runs."""
    spell_ms = max(params.spell // MS, params.spell_points * (params.step // MS))
    if state.spell_rarity and at_ms - state.spell_ms < spell_ms and rare <= state.spell_rarity:
        return 0.0
    score = _share(rare)
    if score >= params.notable:
        state.spell_ms, state.spell_rarity = at_ms, rare
    return score


def _learn(
    state: AnomalyState,
    at_ms: int,
    value: float,
    season: Season,
    thought: tuple[float, float, float, float, float],
    params: AnomalyParams,
) -> None:
    """Take in one point, in place; outliers as far as they are clipped."""
    shifted, expected, spread, error, per_hour = thought
    state.points += 1
    state.last_ms = at_ms
    scaling = state.points <= _SCALING
    clip, most = (math.inf, math.inf) if scaling else (_CLIP * spread, _CLIP * error)
    off_season = max(-clip, min(clip, value - season.usual))
    off_level, off_shifted = value - state.level, value - shifted
    slow = 1 / min(state.points, params.scale_points)
    longest = max(params.memory_points, params.memory / params.step)
    state.mean += (value - state.mean if scaling else off_season) / min(state.points, longest)
    state.spread += slow * (abs(off_season) - state.spread)
    state.error += slow * (min(abs(value - expected), most) - state.error)
    learn_season(
        state.hours, state.days, at_ms, value, season, math.inf if scaling else spread, per_hour
    )
    wrong = math.inf if scaling else 25.0 * error * error
    state.level_error += _ERRORS * (min(off_level * off_level, wrong) - state.level_error)
    state.season_error += _ERRORS * (min(off_shifted * off_shifted, wrong) - state.season_error)
    state.level += max(-most, min(most, off_level)) / params.level_points
    state.offset += _FOLLOW * (off_season - state.offset)
