"""Every parameter of a detector tunes it: another value gives another result of a seeded life."""

import dataclasses
import math
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
import pytest

from domain.instants import HOUR_MS, MINUTE_MS
from domain.signals import metrics
from operators.detection import level_cusum, rate_cusum, schema_drift
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.cusum import Sample
from operators.detection.cusum_params import CusumParams
from operators.detection.detector import AnomalyState, score_point
from operators.detection.episodes import EpisodeParams
from operators.detection.learning import step
from operators.detection.level_cusum import LevelCusum, Mean
from operators.detection.metric_watch import MetricWatch
from operators.detection.rate_cusum import RateCusum
from operators.detection.schema_drift import Drift, DriftParams, Looked
from operators.detection.seasonality import Seasonality, allowed_ms, busyness, shortfall
from operators.detection.seasonality_params import SeasonalityParams

START_MS = 1_790_553_600_000 // 86_400_000 * 86_400_000
DAY = 1440
FACTORS = (2.0, 0.5, 4.0, 0.75, 8.0)


def shares_and_levels(params: CusumParams) -> Iterator[Any]:
    """A share that nobody and everybody has, and prices; each changes, briefly and for good."""
    rng = random.Random(1)
    for sure in (params, params.sparse):
        rates, level = [RateCusum(), RateCusum()], LevelCusum()
        for minute in range(1_700):
            changed = minute in range(600, 603) or minute in range(650, 660) or minute > 700
            for rate, usual in zip(rates, (0.5, 0.0), strict=True):
                clumped = usual * (1.6 if minute // 15 % 4 == 0 else 1)
                share = 0.9 if changed else clumped
                hits = sum(rng.random() < share for _ in range(20))
                rate_cusum.step(rate, Sample(minute * MINUTE_MS, hits, 20), 0.2, sure)
                yield rate_cusum.surer(rate, sure), rate_cusum.is_warm(rate, sure), rate.down.sum
            orders = 50 if minute % 50 == 0 else 1
            price = (90.0 if minute < 655 else 200.0) if changed else 50.0
            level_cusum.step(level, Mean(minute * MINUTE_MS, price, orders), 3.0, sure)
            yield level_cusum.finding(level, sure), level_cusum.is_warm(level, sure), level


def source(params: SeasonalityParams) -> Iterator[Any]:
    """Days and nights, long pauses, a surge, a quiet day, outages at one time of day, and death."""
    rng, sequential = random.Random(2), CusumParams()
    brief = dataclasses.replace(params.learning, gaps_memory=params.learning.gaps_memory / 10)
    params = dataclasses.replace(params, learning=brief)
    for usual in (12, 3):
        state = Seasonality()
        for minute in range(10 * DAY):
            day, of_day = divmod(minute, DAY)
            mean = usual * (1.5 if 480 <= of_day < 1200 else 0.5)
            mean *= 5 if of_day in range(700, 720) and day == 2 else 1
            mean *= 0.4 if day == 4 or minute % 97 < 10 else 1
            paused = usual == 3 and of_day % 120 < 25 and day == 1
            out = of_day in range(900, 1000) and day in (5, 6, 7, 8)
            died = minute > 9 * DAY + 600 or minute in range(3 * DAY, 3 * DAY + 30)
            count = 0 if paused or out or died else sum(rng.random() < mean / 60 for _ in range(60))
            step(state, count, minute * MINUTE_MS, params, sequential)
            if minute % 10 == 0:
                yield shortfall(state, params, sequential), state.loss
                yield allowed_ms(state, minute * MINUTE_MS, params)
        yield state
    quiet = Seasonality()
    for minute in range(300):
        step(quiet, 1.0, minute * MINUTE_MS, params, sequential)
    for minute in (300 + 12 * DAY, 301 + 12 * DAY):
        step(quiet, float(minute % 2), minute * MINUTE_MS, params, sequential)
    yield quiet, allowed_ms(quiet, 3 * DAY * MINUTE_MS, params)


def long_silence(params: SeasonalityParams) -> Iterator[Any]:
    """A source that is silent for six days, and one of whose silences many are suspected."""
    sequential, state, minutes = CusumParams(), Seasonality(), iter(range(1_000_000))
    for _ in range(3 * DAY):
        step(state, 1.0, next(minutes) * MINUTE_MS, params, sequential)
    for _ in range(6 * DAY):
        step(state, 0.0, next(minutes) * MINUTE_MS, params, sequential)
    step(state, 1.0, next(minutes) * MINUTE_MS, params, sequential)
    yield state
    for length in (130, 30) * 8:
        for _ in range(length):
            step(state, 1.0, next(minutes) * MINUTE_MS, params, sequential)
        for _ in range(60):
            step(state, 0.0, next(minutes) * MINUTE_MS, params, sequential)
        yield state


def holiday(params: SeasonalityParams) -> Iterator[Any]:
    """A source that sends next to nothing at an hour of the week that was never seen."""
    yield busyness(Seasonality(observed=1.0, expected=2_000.0), START_MS, params)


def series(params: AnomalyParams) -> Iterator[Any]:
    """Hourly points with a daily season, outliers, a shift, a gap, and nights of nothing."""
    rng, state, at_ms = random.Random(3), AnomalyState(), START_MS
    for point in range(1_500):
        at_ms += HOUR_MS * (5 if point == 900 else 1)
        hour, weekend = at_ms // HOUR_MS % 24, at_ms // (24 * HOUR_MS) % 7 in (2, 3)
        value = 0.0 if hour < 4 else 100 + 50 * math.sin(hour / 4) + rng.gauss(0, 8)
        value *= (rng.uniform(2, 4) if rng.random() < 0.03 else 1.0) * (0.7 if weekend else 1.0)
        yield score_point(state, at_ms, value + (40 if point > 1_200 else 0), params)
    yield state


def calm(params: AnomalyParams) -> Iterator[Any]:
    """A series that hardly moves by day and not at all by night, with jumps; few points count."""
    few = dataclasses.replace(params, memory_points=params.memory_points // 20)
    state = AnomalyState()
    for point in range(800):
        value = 0.0 if point % 24 < 6 else 100.0 + (point % 2) * 9 + (40 if point % 90 == 89 else 0)
        yield score_point(state, START_MS + point * HOUR_MS, value, few)
    yield state


def still(params: AnomalyParams) -> Iterator[Any]:
    """A constant with tiny jumps."""
    state = AnomalyState()
    for point in range(200):
        value = 100.0 + (0.1 if point % 50 == 49 else 0.0)
        yield score_point(state, START_MS + point * HOUR_MS, value, params)


def watched(params: EpisodeParams) -> Iterator[Any]:
    """Episodes that recover, stay, and fall silent."""
    rng, at_ms = random.Random(4), START_MS
    watch = MetricWatch(AnomalyParams(step=timedelta(minutes=5)), params)
    for point in range(1_200):
        at_ms += MINUTE_MS * (45 if point == 702 else 14 if point == 1_102 else 5)
        shifted = point in range(500, 504) or point in (700, 701, 1_100, 1_101) or point > 900
        value = 100 + rng.gauss(0, 5) + (300 if shifted else 0) + (500 if point > 1_099 else 0)
        yield from watch.update(at_ms, value)
        yield watch.deadline()


def shapes(params: DriftParams) -> Iterator[Any]:
    """Event names with properties that vanish, change their type, or are optional."""
    rng, drift = random.Random(5), Drift()
    for minute in range(400):
        looked, found = {}, dict[str, float]()
        for name in range(50 if minute > 350 else 3):
            looked[f"event {name}"] = float(rng.randrange(1, 4))
            for key in range(60 if minute > 350 else 5):
                kind = "string" if minute > 200 and key == 1 and rng.random() < 0.7 else "number"
                often = (1.0, 1.0, 0.7, 0.5, 0.9)[key % 5]
                often = 0.4 if minute > 150 and key == 4 else often
                if rng.random() < often and not (minute > 250 and key == 0):
                    joined = metrics.PART.join((f"event {name}", f"key {key}", kind))
                    found[joined] = looked[f"event {name}"]
        looks = Looked(minute * MINUTE_MS, looked, found)
        schema_drift.step(drift, looks, params, CusumParams(adopt_after=timedelta(hours=2)))
        yield schema_drift.drifted(drift, params)
    yield drift


def forgetful(params: DriftParams) -> Iterator[Any]:
    """A property that came once."""
    drift, joined = Drift(), metrics.PART.join(("event", "key", "number"))
    short = dataclasses.replace(params, fast_events=5.0, slow_events=20.0)
    for minute in range(400):
        looks = Looked(minute * MINUTE_MS, {"event": 1.0}, {} if minute else {joined: 1.0})
        schema_drift.step(drift, looks, short, CusumParams())
        yield drift


Life = Callable[[Any], Iterator[Any]]
LIVES: tuple[tuple[Any, tuple[Life, ...]], ...] = (
    (CusumParams(), (shares_and_levels,)),
    (SeasonalityParams(), (holiday, long_silence, source)),
    (AnomalyParams(step=timedelta(hours=1)), (still, calm, series)),
    (EpisodeParams(), (watched,)),
    (DriftParams(), (forgetful, shapes)),
)


def fields(params: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all numbers and spans below a params dataclass."""
    for one in dataclasses.fields(params):
        value = getattr(params, one.name)
        if dataclasses.is_dataclass(value):
            yield from fields(value, (*path, one.name))
        else:
            yield (*path, one.name)


def with_other(params: Any, path: tuple[str, ...], factor: float) -> Any:
    """The same params, one of them multiplied."""
    name, *rest = path
    value = getattr(params, name)
    if rest:
        return dataclasses.replace(params, **{name: with_other(value, tuple(rest), factor)})
    other = (value or 1.0) * factor
    return dataclasses.replace(params, **{name: round(other) if type(value) is int else other})


def packed(life: Life, params: Any) -> Iterator[bytes]:
    return map(msgspec.msgpack.encode, life(params))


@cache
def usually(life: Life) -> list[bytes]:
    return list(packed(life, next(params for params, lives in LIVES if life in lives)))


def others(params: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Params with another value of one field, as far as they are valid."""
    for factor in FACTORS:
        try:
            yield with_other(params, path, factor)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("params", "lives", "path"),
    [
        pytest.param(params, lives, path, id=f"{type(params).__name__}.{'.'.join(path)}")
        for params, lives in LIVES
        for path in fields(params)
    ],
)
def test_another_value_gives_another_result(
    params: Any, lives: tuple[Life, ...], path: tuple[str, ...]
) -> None:
    assert any(
        one != other
        for changed in others(params, path)
        for life in lives
        for one, other in zip(packed(life, changed), usually(life), strict=True)
    )
