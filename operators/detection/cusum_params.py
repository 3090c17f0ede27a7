"""Parameters of the cumulative sums: how sure a test must be, and what it takes for usual.

Sources, by name:

- *fault lab*: chosen on its seeds 1, 2 and 3 (`docs/fault-lab.md`); the default seed is never used.
- *design*: a bound on cost, memory or the damage of one reading; results hardly depend on it.
- Anything else is cited in full.

`docs/signals.md` tells what happens to false holds and delays when one of them is changed.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from domain.instants import MINUTE_MS, MS


@dataclass(frozen=True)
class LevelParams:
    """How the logarithm of a positive quantity is tested.

    Attributes:
        warm_up: minutes with data before a level can be unusual. Source: design; a variance of
            fewer values is a guess.
        sample_limit: observations that one minute counts for at most. Source: fault lab; orders of
            one minute share a campaign, so that hundreds are not hundreds of proofs.
        sample_worth: observations of a share that one of a level is worth in
            `CusumParams.warm_up_sample`. Source: fault lab; orders are rarer than events.
        spread_divisor: the standard deviation of one observation is never taken for less than the
            logarithm of the factor that matters, divided by this. Source: design; a constant price
            must not make the first other one an alarm.
    """

    warm_up: timedelta = timedelta(minutes=10)
    sample_limit: float = 36.0
    sample_worth: float = 10.0
    spread_divisor: float = 3.0

    def __post_init__(self) -> None:
        if self.warm_up < timedelta():
            raise ValueError("warm_up is not negative")
        if min(self.sample_limit, self.sample_worth, self.spread_divisor) <= 0:
            raise ValueError("sample_limit, sample_worth and spread_divisor are positive")

    @cached_property
    def warm_up_minutes(self) -> float:
        """`warm_up` in minutes."""
        return self.warm_up / timedelta(minutes=1)


@dataclass(frozen=True)
class CusumParams:
    """How sure a test must be.

    Attributes:
        alarm: threshold of the sum, nats (natural log-likelihood ratio): a change counts as found.
            Source: A. Wald, "Sequential Analysis" (1947): each ln 10 ≈ 2.3 make false alarms ten
            times rarer; 12 by the fault lab's cost of false holds.
        memory: half-life of the baseline. Source: fault lab; two days span a night and a day.
        warm_up: minutes with data before anything can be unusual. Source: fault lab.
        warm_up_sample: observations before anything can be unusual. Source: the standard error of
            a share is at most 3 % with 300 observations (√(¼ / 300)).
        adopt_after: a change that lasts longer becomes the baseline. Source: fault lab; half a day
            is longer than an incident goes unseen.
        burst: most that one minute adds, as a share of `alarm`, 0–1. Source: design; at 0.34 no
            fewer than three minutes raise an alarm.
        sparse_warm_up: `warm_up` of what comes a few times an hour. Source: design; ten minutes
            with data take hours then.
        sparse_burst: `burst` of the same, 0–1. Source: design; two such minutes are enough.
        least_share: shares nearer to 0 or 1 are taken for this far from it, 0–0.5. Source: design;
            log-likelihoods stay finite, and what happens once in 500 is not impossible.
        block: stretch over which over-dispersion is estimated. Source: fault lab; people come again
            within a quarter of an hour.
        block_limit: most that one stretch says about over-dispersion, variances. Source: design;
            six standard deviations squared.
        suspected_from: share of `alarm` from which nothing is learned, 0–1. Source: fault lab; a
            baseline that learns a change while it is tested adapts to the fault.
        evidence_limit: sum that is kept, in multiples of `alarm`, at least 1. Source: design; more
            would only delay the all-clear.
        certain_from: share of `alarm` up to which evidence lowers no score, 0–1. Source: fault lab.
        levels: how positive quantities are tested.
    """

    alarm: float = 12.0
    memory: timedelta = timedelta(days=2)
    warm_up: timedelta = timedelta(hours=6)
    warm_up_sample: int = 300
    adopt_after: timedelta = timedelta(hours=12)
    burst: float = 0.34
    sparse_warm_up: timedelta = timedelta(minutes=10)
    sparse_burst: float = 0.5
    least_share: float = 0.002
    block: timedelta = timedelta(minutes=15)
    block_limit: float = 36.0
    suspected_from: float = 0.5
    evidence_limit: float = 1.5
    certain_from: float = 0.75
    levels: LevelParams = field(default_factory=LevelParams)

    def __post_init__(self) -> None:
        nothing = timedelta()
        if (
            min(self.memory, self.adopt_after, self.block) <= nothing
            or min(self.alarm, self.block_limit) <= 0
        ):
            raise ValueError("alarm, memory, adopt_after, block and block_limit are positive")
        if min(self.warm_up, self.sparse_warm_up) < nothing or self.warm_up_sample < 1:
            raise ValueError("warm-ups are not negative, warm_up_sample is at least 1")
        if not (0 < self.burst <= 1 and 0 < self.sparse_burst <= 1):
            raise ValueError("0 < burst <= 1, and sparse_burst likewise")
        if not (0 < self.least_share < 0.5 and 0 < self.suspected_from <= 1):
            raise ValueError("0 < least_share < 0.5, 0 < suspected_from <= 1")
        if not 0 <= self.certain_from < 1 <= self.evidence_limit:
            raise ValueError("0 <= certain_from < 1 <= evidence_limit")

    @cached_property
    def sparse(self) -> "CusumParams":
        """The same for what comes a few times an hour."""
        return replace(self, warm_up=self.sparse_warm_up, burst=self.sparse_burst)

    @cached_property
    def minute_fading(self) -> float:
        """What is left of a memory after a minute, 0–1."""
        return self.fading(1)

    @cached_property
    def warm_up_minutes(self) -> float:
        """`warm_up` in minutes."""
        return self.warm_up / timedelta(minutes=1)

    @cached_property
    def adopt_ms(self) -> int:
        """`adopt_after` in ms."""
        return self.adopt_after // MS

    @cached_property
    def block_ms(self) -> int:
        """`block` in ms."""
        return self.block // MS

    @cached_property
    def suspected(self) -> float:
        """Sum above which nothing is learned, nats."""
        return self.alarm * self.suspected_from

    @cached_property
    def highest_share(self) -> float:
        """The highest share that is told apart, 0–1."""
        return 1 - self.least_share

    def fading(self, minutes: float) -> float:
        """What is left of a memory after some minutes, 0–1."""
        return math.pow(0.5, minutes * MINUTE_MS / 1000 / self.memory.total_seconds())
