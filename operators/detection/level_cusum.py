"""Whether a positive quantity has changed by a factor: a CUSUM of its logarithm.

For a minute's mean x of n observations, log-normal about the baseline μ with variance σ² each, and
the least factor that matters, δ = ln(min_effect):

    ℓ = δ · (±(ln x − μ) − δ/2) · n / max(σ, δ/3)²

A ratio of prices is as surprising upwards as downwards, which their difference is not. The baseline
fades by half every `memory` and is never learned while the test suspects a change; one that lasts
`adopt_after` becomes the baseline.

References: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954), for the sum
(`cusum`); D. M. Hawkins and D. H. Olwell, "Cumulative Sum Charts and Charting for Quality
Improvement" (1998), for the normal ratio; T. Finch, "Incremental calculation of weighted mean and
variance" (2009), for μ and σ².

>>> import random
>>> rng, level, params = random.Random(1), LevelCusum(), CusumParams()
>>> for minute in range(1, 46):  # four orders a minute of about 50; 500 at the end
...     mean = rng.lognormvariate(3.9, 0.5) * (10 if minute > 40 else 1)
...     step(level, Mean(minute * 60_000, mean, 4), 3.0, params)
...     if minute in (40, 42, 45):
...         found = finding(level, params)
...         print(minute - 40, round(found.certainty, 2), f"{found.observed:.0f}")
0 0.0 55
2 0.0 182
5 1.0 304
"""

import math
from typing import NamedTuple

import msgspec

from operators.detection.cusum import Excursion, Finding, Sample, certainty
from operators.detection.cusum_params import CusumParams


class LevelCusum(msgspec.Struct):
    """The logarithm of a positive quantity, its baseline, and the evidence that it has changed.

    Attributes:
        version: layout of this structure.
        mean: usual logarithm μ.
        variance: of one observation about it, σ².
        weight: observations behind them, fading.
        seen_minutes: minutes with data so far.
        up: evidence that it has risen; its hits are sums of logarithms.
        down: evidence that it has fallen.
    """

    version: int = 1
    mean: float = 0.0
    variance: float = 0.0
    weight: float = 0.0
    seen_minutes: float = 0.0
    up: Excursion = msgspec.field(default_factory=Excursion)
    down: Excursion = msgspec.field(default_factory=Excursion)


class Mean(NamedTuple):
    """One minute's mean of a positive quantity.

    Attributes:
        at_ms: the minute's beginning.
        value: the mean; at or below 0 it says nothing.
        size: observations behind it.
    """

    at_ms: int
    value: float
    size: float


def is_warm(level: LevelCusum, params: CusumParams) -> bool:
    """Whether enough was seen for anything to be unusual."""
    return (
        level.seen_minutes >= params.levels.warm_up_minutes
        and level.weight * params.levels.sample_worth >= params.warm_up_sample
    )


def step(
    level: LevelCusum,
    minute: Mean,
    min_effect: float,
    params: CusumParams,
    *,
    trusted: bool = True,
) -> None:
    """Take in one minute, in place.

    Args:
        level: the level.
        minute: its mean.
        min_effect: least factor that matters, above 1.
        params: how sure to be.
        trusted: whether nothing else is suspected of the minute; where something is, it is weighed
            and not learned.
    """
    at_ms, value, size = minute
    if value <= 0 or size <= 0:
        return
    logarithm, effect = math.log(value), math.log(min_effect)
    worth = min(size, params.levels.sample_limit)
    if is_warm(level, params):
        variance = max(level.variance, (effect / params.levels.spread_divisor) ** 2) / worth
        sample = Sample(at_ms, logarithm * size, size)
        for excursion, sign in ((level.up, 1.0), (level.down, -1.0)):
            away = sign * (logarithm - level.mean)
            ratio = effect * (away - effect / 2) / variance
            excursion.add(ratio, sample, params, params.alarm)
            if excursion.lasts(at_ms, params, params.alarm):
                level.mean = excursion.hits / excursion.size
                level.up, level.down = Excursion(), Excursion()
                return
    if trusted and max(level.up.sum, level.down.sum) <= params.suspected:
        _learn(level, logarithm, worth, params)


def _learn(level: LevelCusum, logarithm: float, worth: float, params: CusumParams) -> None:
    """Learn a minute of which nothing is suspected."""
    level.weight = level.weight * params.minute_fading + worth
    part = worth / level.weight
    away = logarithm - level.mean
    level.mean += part * away
    level.variance += part * ((1 - part) * away * away * worth - level.variance)
    level.seen_minutes += 1


def finding(level: LevelCusum, params: CusumParams) -> Finding:
    """Whether it has risen or fallen, whichever is surer, in units of the quantity itself."""
    excursion = max(level.up, level.down, key=lambda one: one.sum)
    observed = excursion.hits / excursion.size if excursion.size else level.mean
    return Finding(
        certainty(excursion.sum, params),
        math.exp(level.mean),
        math.exp(observed),
        excursion.size,
        excursion.since_ms,
    )
