"""Page's cumulative sum (CUSUM): the evidence that something has changed, and how sure it is.

    S₀ = 0,   Sₙ = max(0, Sₙ₋₁ + clip(ℓₙ, −alarm, burst · alarm))
    ℓₙ = ln p(xₙ | changed) − ln p(xₙ | baseline)

A change is found once S reaches `alarm`. S returns to 0 for as long as the baseline explains the
minutes better, so that the sum starts where the change does. A minute counts for at most a part of
an alarm: no single burst raises one. ℓ of a share: `rate_cusum`; of a positive quantity:
`level_cusum`; of a number of events: `learning`. Deterministic; the state is five numbers.

References: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954); G. Lorden,
"Procedures for reacting to a change in distribution", Annals of Mathematical Statistics 42 (1971):
of all tests with as rare false alarms, none finds a change asymptotically sooner.

>>> import random
>>> rng, sum_ = random.Random(1), Excursion()
>>> params = CusumParams()
>>> for minute in range(1, 26):  # normal values; their mean rises by 2 after 20 minutes
...     value = rng.gauss(2.0 if minute > 20 else 0.0, 1.0)
...     sum_.add(2 * (value - 1), Sample(minute, value, 1.0), params, params.alarm)
...     if minute in (20, 24, 25):
...         print(minute, round(sum_.sum, 1), round(certainty(sum_.sum, params), 2))
20 0.0 0.0
24 11.6 0.85
25 14.0 1.0
"""

import msgspec

from operators.detection.cusum_params import CusumParams


class Sample(msgspec.Struct, frozen=True, gc=False):
    """What one minute says.

    Attributes:
        at_ms: its beginning.
        hits: what was counted in it, or the sum of its values.
        size: out of how many.
        expected: out of how many usually; what `Finding.expected` adds up.
    """

    at_ms: int
    hits: float
    size: float
    expected: float = 0.0


class Excursion(msgspec.Struct):
    """Evidence for a change in one direction.

    Attributes:
        sum: the cumulative sum; 0 while nothing speaks for a change.
        since_ms: first minute of it.
        hits: what was counted in it.
        size: out of how many.
        expected: out of how many usually.
    """

    sum: float = 0.0
    since_ms: int = 0
    hits: float = 0.0
    size: float = 0.0
    expected: float = 0.0

    def add(self, ratio: float, sample: Sample, params: CusumParams, threshold: float) -> None:
        """Add one minute, in place.

        Args:
            ratio: log-likelihood ratio ℓ of the minute, nats.
            sample: the minute.
            params: how much a minute may add, and how much is kept.
            threshold: sum that is an alarm, nats; `params.alarm` unless the test has its own.
        """
        total = self.sum + max(-threshold, min(ratio, threshold * params.burst))
        if total <= 0:
            self.sum, self.since_ms, self.hits, self.size, self.expected = 0.0, 0, 0.0, 0.0, 0.0
            return
        if not self.since_ms:
            self.since_ms = sample.at_ms
        self.sum = min(total, threshold * params.evidence_limit)
        self.hits, self.size = self.hits + sample.hits, self.size + sample.size
        self.expected += sample.expected

    def lasts(self, at_ms: int, params: CusumParams, threshold: float) -> bool:
        """Whether the change is found and has lasted for so long that it is the new baseline."""
        return self.sum >= threshold and at_ms - self.since_ms >= params.adopt_ms


class Finding(msgspec.Struct, frozen=True):
    """What a test says of now.

    Attributes:
        certainty: 0–1; 1 from the alarm on.
        baseline: what is usual.
        observed: what it is over the minutes that speak for a change, or the baseline where none
            do.
        sample: observations in these minutes.
        since_ms: the first of them; 0 for none.
        expected: observations that usually come in them; 0 where nobody asked.
    """

    certainty: float
    baseline: float
    observed: float
    sample: float
    since_ms: int
    expected: float = 0.0


def certainty(total: float, params: CusumParams, threshold: float | None = None) -> float:
    """0 up to `certain_from` of an alarm, 1 from it on, linear between."""
    part = total / (params.alarm if threshold is None else threshold)
    ramp = params.certain_from
    return min(1.0, max(0.0, (part - ramp) / (1.0 - ramp)))
