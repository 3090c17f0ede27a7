"""Parameters of a source's seasonality: what is expected, when too little comes, what is learned.

Sources, by name:

- *fault lab*: chosen on its seeds 1, 2 and 3 (`docs/fault-lab.md`); the default seed is never used.
- *random lives*: the laws of silence hold with it over random lives of sources (ADR 28).
- *design*: a bound on cost, memory or the damage of one reading; results hardly depend on it.
- Anything else is cited in full.
"""

import math
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from domain.instants import MS

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class LearningParams:
    """How what is usual of a source is learned.

    Attributes:
        visit_weight: weight of one whole visit of an hour of the week, once it was visited a few
            times, 0–1. Source: fault lab; two thirds of a mean are the last three weeks then.
        day_lean: visits at which an hour of the day's own mean weighs as much as the overall one.
            Source: design; any visit is better than a guess.
        busy_memory: half-life of how busy the last minutes were. Source: fault lab; a quiet day
            shows within an hour, a fault within minutes.
        surge: a minute counts for at most so many times what is expected … Source: fault lab; a
            campaign is no new habit.
        surge_deviations: … plus so many standard deviations of a Poisson count, and one event.
            Source: a Poisson count of mean λ deviates by √λ; two of them hold 95 %.
        block: stretch over which over-dispersion is estimated. Source: fault lab.
        block_limit: most that one stretch says about over-dispersion, variances. Source: design;
            six standard deviations squared.
        block_memory: span over which over-dispersion fades. Source: fault lab; as
            `CusumParams.memory`.
        pauses: long pauses that are kept. Source: random lives.
        pauses_needed: so many pauses within a day make their length usual. Source: random lives;
            fewer can be one bad day.
        pause_times: a pause is usual up to so many times the median of those. Source: random lives;
            one outage among them is no habit.
        alike: silences that begin and end this near to the same time of day are alike. Source:
            ADR 28.
        alike_days: a suspected silence is a habit once so many alike came on other days. Source:
            ADR 28.
        gaps: suspected silences that are kept. Source: design; state.
        gaps_memory: time for which they are kept. Source: design; three weeks and a day hold three
            alike of every weekly habit.
    """

    visit_weight: float = 0.35
    day_lean: float = 0.02
    busy_memory: timedelta = timedelta(minutes=20)
    surge: float = 1.2
    surge_deviations: float = 2.0
    block: timedelta = timedelta(minutes=10)
    block_limit: float = 36.0
    block_memory: timedelta = timedelta(days=2)
    pauses: int = 8
    pauses_needed: int = 6
    pause_times: float = 2.0
    alike: timedelta = timedelta(hours=3)
    alike_days: int = 2
    gaps: int = 12
    gaps_memory: timedelta = timedelta(days=22)

    def __post_init__(self) -> None:
        if not 0 < self.visit_weight <= 1 or self.surge < 1 or self.pause_times < 1:
            raise ValueError("0 < visit_weight <= 1, surge and pause_times are at least 1")
        if min(self.day_lean, self.block_limit) <= 0 or self.surge_deviations < 0:
            raise ValueError(
                "day_lean and block_limit are positive, surge_deviations is not negative"
            )
        if min(self.busy_memory, self.alike, self.gaps_memory) <= timedelta():
            raise ValueError("busy_memory, alike and gaps_memory are positive")
        if not timedelta() < self.block <= self.block_memory:
            raise ValueError("block is positive and at most block_memory")
        if not 1 <= self.pauses_needed <= self.pauses or not 1 <= self.alike_days <= self.gaps:
            raise ValueError("1 <= pauses_needed <= pauses, 1 <= alike_days <= gaps")

    @cached_property
    def busy_fading(self) -> float:
        """What is left of how busy it was after a minute, 0–1."""
        return math.pow(0.5, 1 / (self.busy_memory / _MINUTE))

    @cached_property
    def block_ms(self) -> int:
        """`block` in ms."""
        return self.block // MS

    @cached_property
    def block_minutes(self) -> float:
        """`block` in minutes."""
        return self.block / _MINUTE

    @cached_property
    def block_weight(self) -> float:
        """Least weight of one stretch in the over-dispersion, 0–1."""
        return self.block / self.block_memory

    @cached_property
    def alike_ms(self) -> int:
        """`alike` in ms."""
        return self.alike // MS

    @cached_property
    def gaps_ms(self) -> int:
        """`gaps_memory` in ms."""
        return self.gaps_memory // MS


@dataclass(frozen=True)
class SeasonalityParams:
    """When a source sends too little.

    Attributes:
        lost: part of the expected events whose loss the test looks for, 0–1. Source: fault lab;
            half the traffic is a fault, a fifth is a quiet day.
        alarm: threshold of the evidence for a loss, nats, as `CusumParams.alarm`. Source: fault
            lab; 9 misses eleven expected events within three minutes (ADR 23).
        pause_events: expected events during a pause from which it is a long one, until the source
            is known to pause. Source: Poisson; e⁻⁷ ≈ 0.001 of all pauses are longer by chance.
        hour_lean: visits at which an hour of the week's own mean weighs as much as the hour of the
            day's. Source: fault lab; one visit is nearly enough.
        hour_seen: visits of 60 minutes from which on an hour is known. Source: fault lab.
        busy_prior: events that speak for the last minutes having been as busy as usual. Source:
            fault lab; more delay the adaptation to a holiday, fewer hide losses.
        quietest: least busyness of an hour that is known, 0–1. Source: fault lab; holidays of the
            corpus send half.
        quietest_new: the same of an hour of the week that was never seen, 0–1. Source: fault lab; a
            first weekend may be very quiet.
        quiet: how quiet an hour may be without its pauses being too long, 0–1. Source: fault lab.
        dead_times: a silence of so many times what is normal is that of a dead source. Source:
            fault lab.
        longest: silence from which on nothing is learned; nor is it looked further ahead. Source:
            design; a week and a day hold every weekly habit.
        suspected_from: share of `alarm` from which minutes are suspected, 0–1. Source: as
            `CusumParams.suspected_from`.
        learning: how what is usual is learned.
    """

    lost: float = 0.4
    alarm: float = 9.0
    pause_events: float = 7.0
    hour_lean: float = 0.1
    hour_seen: float = 0.5
    busy_prior: float = 20.0
    quietest: float = 0.3
    quietest_new: float = 0.05
    quiet: float = 0.85
    dead_times: float = 3.0
    longest: timedelta = timedelta(days=8)
    suspected_from: float = 0.5
    learning: LearningParams = field(default_factory=LearningParams)

    def __post_init__(self) -> None:
        if not 0 < self.lost < 1 or self.pause_events < 1 or self.alarm <= 0:
            raise ValueError("0 < lost < 1, pause_events is at least 1, alarm is positive")
        if min(self.hour_lean, self.hour_seen, self.busy_prior) <= 0:
            raise ValueError("hour_lean, hour_seen and busy_prior are positive")
        if not 0 < self.quietest_new <= self.quietest <= 1 or not 0 < self.quiet <= 1:
            raise ValueError("0 < quietest_new <= quietest <= 1, 0 < quiet <= 1")
        if self.dead_times < 1 or self.longest <= timedelta() or not 0 < self.suspected_from <= 1:
            raise ValueError("dead_times is at least 1, longest positive, 0 < suspected_from <= 1")

    @cached_property
    def longest_ms(self) -> int:
        """`longest` in ms."""
        return self.longest // MS

    @cached_property
    def suspected(self) -> float:
        """Evidence above which a loss is suspected, nats."""
        return self.alarm * self.suspected_from
