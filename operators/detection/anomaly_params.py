"""Parameters of the anomaly detector: how a series is watched.

Sources, by name:

- *NAB*: chosen on the 34 shipped series of the Numenta Anomaly Benchmark (A. Lavin and S. Ahmad,
  "Evaluating real-time anomaly detection algorithms", ICMLA 2015). ADR 18 says how far to trust
  that, and `docs/anomalies.md` what halving and doubling each of them does to the score.
- *design*: a bound on cost, memory or the damage of one point; results hardly depend on it.
- Anything else is cited in full.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from domain.instants import HOUR_MS, MS
from operators.detection.season import SeasonParams
from operators.detection.tail import TailParams


@dataclass(frozen=True)
class AnomalyParams:
    """How a series is watched.

    Attributes:
        step: regular distance of points; a longer one is a gap. Source: of the series.
        warm_up: nothing scores before a series was seen for so long … Source: design; a day holds
            every hour once.
        warm_up_points: … and with so many points, above `scaling_points`. Source: NAB.
        level_points: points that the level follows over, at least 1. Source: NAB.
        run_points: points that the long run spans, at least 1. Source: NAB.
        memory: a deviation is at most as rare as once in so long … Source: NAB; two weeks hold
            every weekday twice.
        memory_points: … or in so many points, whichever is more. Source: NAB.
        scale_points: points that a scale spans, at least 1. Source: NAB.
        half_life: after so long a former deviation counts for half its size. Source: design; a
            season's peak is remembered until the next.
        spell: so long after a surprise only a greater one scores … Source: NAB; one incident, not
            two in a day.
        spell_points: … and for at least so many points. Source: NAB.
        notable: score from which on a surprise begins a spell, 0–1. Source: NAB.
        finest: smallest difference of the metric that matters, in its unit. Source: of the series.
        finest_share: the same as a share of the mean, 0–1. Source: design; rounding is no news.
        clip: an outlier counts as so many scales where something is learnt from it. Source: NAB;
            P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical
            Statistics 35 (1964), for clipping.
        scaling_points: first points, from which the scale is found: nothing is clipped or judged.
            Source: design; the standard error of a scale is about 1/√(2·40), 11 %.
        accuracy_weight: weight of a point in how accurate each forecast was, 0–1. Source: NAB.
        accuracy_limit: most that one point says about that, squared scales of the error. Source:
            NAB; five scales squared.
        follow: weight of a point in where the series lies relative to its season, 0–1. Source: NAB;
            a high day is expected after some 1/0.03 ≈ 33 points.
        greatest: part of the greatest of the four views in a point's rarity, 0–1; the rest is their
            mean. Source: NAB; one view notices a spike, all four a fault.
        half_rarity: rarity, −log10 of a share, that scores one half. Source: once in 300 points, as
            10^2.5 ≈ 316; NAB.
        season: what is usual at an hour.
        tail: how rare a deviation is.
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
    clip: float = 4.0
    scaling_points: int = 40
    accuracy_weight: float = 0.01
    accuracy_limit: float = 25.0
    follow: float = 0.03
    greatest: float = 0.5
    half_rarity: float = 2.5
    season: SeasonParams = field(default_factory=SeasonParams)
    tail: TailParams = field(default_factory=TailParams)

    def __post_init__(self) -> None:
        spans = (self.step, self.memory, self.half_life)
        counts = (self.level_points, self.run_points, self.scale_points, self.memory_points)
        if min(spans) <= timedelta(0) or min(*counts, self.scaling_points) < 1:
            raise ValueError("spans are positive, counts at least 1")
        if self.warm_up_points <= self.scaling_points:
            raise ValueError("warm_up_points are more than scaling_points")
        if min(self.warm_up, self.spell) < timedelta(0) or self.spell_points < 0:
            raise ValueError("warm_up and spells are not negative")
        if not (0 < self.notable < 1 and 0 <= self.greatest <= 1):
            raise ValueError("notable lies between 0 and 1, greatest from 0 to 1")
        if not (0 < self.accuracy_weight <= 1 and 0 < self.follow <= 1):
            raise ValueError("0 < accuracy_weight <= 1, and follow likewise")
        if min(self.clip, self.accuracy_limit, self.half_rarity) <= 0:
            raise ValueError("clip, accuracy_limit and half_rarity are positive")
        if self.finest < 0 or self.finest_share < 0:
            raise ValueError("what is finest is not negative")

    @cached_property
    def step_ms(self) -> int:
        """`step` in whole ms."""
        return self.step // MS

    @cached_property
    def per_hour(self) -> float:
        """Points of an hour, at least 1."""
        return max(1.0, HOUR_MS / (self.step / MS))

    @cached_property
    def longest_points(self) -> float:
        """Points of `memory`, at least `memory_points`."""
        return max(self.memory_points, self.memory / self.step)
