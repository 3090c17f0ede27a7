"""Whether a share has risen or fallen for good reason: a CUSUM of counts out of denominators.

For h of n in a minute, a baseline p₀ and the least change that matters, p₁ = p₀ ± min_effect:

    ℓ = [ h · ln(p₁ / p₀) + (n − h) · ln((1 − p₁) / (1 − p₀)) ] / φ
    p₀ = (H + ½) / (N + 1),   H and N fading by half every `memory`
    φ  = mean of (h_b − n_b·p₀)² / (n_b·p₀·(1 − p₀)) over blocks b of 15 minutes, at least 1

The over-dispersion φ says how much more blocks differ than chance alone makes them: the same people
come again within one, so that their events say less than as many events of others. The baseline is
never learned while the test suspects a change; one that lasts `adopt_after` becomes the baseline.

References: E. S. Page, "Continuous inspection schemes", Biometrika 41 (1954), for the sum
(`cusum`); R. E. Krichevsky and V. K. Trofimov, "The performance of universal encoding", IEEE
Transactions on Information Theory 27 (1981), for the halves of p₀; P. McCullagh and J. A. Nelder,
"Generalized Linear Models", 2nd ed. (1989), for φ.

>>> import random
>>> rng, rate, params = random.Random(1), RateCusum(), CusumParams()
>>> for minute in range(1, 541):  # 20 events a minute; half carry an e-mail, a quarter at the end
...     hits = sum(rng.random() < (0.25 if minute > 530 else 0.5) for _ in range(20))
...     step(rate, Sample(minute * 60_000, hits, 20), 0.3, params)
...     if minute in (530, 533, 540):
...         found = fallen(rate, params)
...         print(minute - 530, round(found.certainty, 2), f"{found.observed:.2f}")
0 0.0 0.50
3 0.03 0.18
10 1.0 0.27
"""

import math

import msgspec

from domain.instants import MINUTE_MS
from operators.detection.cusum import Excursion, Finding, Sample, certainty
from operators.detection.cusum_params import CusumParams


class RateCusum(msgspec.Struct):
    """One share, its baseline, and the evidence that it has changed.

    Attributes:
        version: layout of this structure.
        hits: usual count, fading.
        size: usual denominator, fading.
        spread: over-dispersion φ, in variances; at least 1.
        block_ms: beginning of the block that lasts.
        block_hits: counted in it.
        block_size: out of how many.
        seen_minutes: minutes with data so far.
        up: evidence that it has risen.
        down: evidence that it has fallen.
    """

    version: int = 1
    hits: float = 0.0
    size: float = 0.0
    spread: float = 1.0
    block_ms: int = 0
    block_hits: float = 0.0
    block_size: float = 0.0
    seen_minutes: float = 0.0
    up: Excursion = msgspec.field(default_factory=Excursion)
    down: Excursion = msgspec.field(default_factory=Excursion)

    @property
    def baseline(self) -> float:
        """The usual share, 0–1."""
        return (self.hits + 0.5) / (self.size + 1.0)


def is_warm(rate: RateCusum, params: CusumParams) -> bool:
    """Whether enough was seen for anything to be unusual."""
    return rate.size >= params.warm_up_sample and rate.seen_minutes >= params.warm_up_minutes


def step(
    rate: RateCusum,
    sample: Sample,
    min_effect: float,
    params: CusumParams,
    *,
    trusted: bool = True,
) -> None:
    """Take in one minute, in place.

    Args:
        rate: the share.
        sample: the minute; one of size 0 says nothing, and hits beyond the size are not counted.
        min_effect: least change of the share that matters, absolute, 0–1.
        params: how sure to be.
        trusted: whether nothing else is suspected of the minute; where something is, it is weighed
            and not learned.
    """
    hits, size = sample.hits, sample.size
    if size <= 0:
        return
    if hits > size:
        hits, sample = size, msgspec.structs.replace(sample, hits=size)
    up, down, alarm = rate.up, rate.down, params.alarm
    if is_warm(rate, params):
        least, highest = params.least_share, params.highest_share
        base = min(highest, max(least, rate.baseline))
        for excursion, other in (
            (up, min(highest, base + min_effect)),
            (down, max(least, base - min_effect)),
        ):
            ratio = (
                hits * math.log(other / base) + (size - hits) * math.log((1 - other) / (1 - base))
            ) / rate.spread
            excursion.add(ratio, sample, params, alarm)
    surest = max(up.sum, down.sum)
    if surest >= alarm:
        _adopt(rate, sample.at_ms, params)
    elif trusted and surest <= params.suspected:
        _learn(rate, sample, params)


def _adopt(rate: RateCusum, at_ms: int, params: CusumParams) -> None:
    """Make a change that has lasted the new baseline."""
    for excursion in (rate.up, rate.down):
        if excursion.lasts(at_ms, params, params.alarm):
            rate.hits, rate.size = excursion.hits, excursion.size
            rate.up, rate.down = Excursion(), Excursion()
            return


def _learn(rate: RateCusum, sample: Sample, params: CusumParams) -> None:
    """Learn a minute of which nothing is suspected."""
    at_ms, hits, size = sample.at_ms, sample.hits, sample.size
    fading = params.minute_fading
    if at_ms >= rate.block_ms + params.block_ms:
        _close_block(rate, params)
        rate.block_ms = at_ms
    rate.block_hits, rate.block_size = rate.block_hits + hits, rate.block_size + size
    rate.hits, rate.size = rate.hits * fading + hits, rate.size * fading + size
    rate.seen_minutes += 1


def _close_block(rate: RateCusum, params: CusumParams) -> None:
    """Learn from a block how much blocks differ."""
    base = min(params.highest_share, max(params.least_share, rate.baseline))
    if rate.block_size and rate.size > rate.block_size:
        surprise = min(
            params.block_limit,
            (rate.block_hits - rate.block_size * base) ** 2 / (rate.block_size * base * (1 - base)),
        )
        minutes = params.block_ms / MINUTE_MS
        weight = max(1 - params.fading(minutes), minutes / (rate.seen_minutes + 1))
        rate.spread = max(1.0, rate.spread + min(1.0, weight) * (surprise - rate.spread))
    rate.block_hits, rate.block_size = 0.0, 0.0


def risen(rate: RateCusum, params: CusumParams) -> Finding:
    """Whether it has risen."""
    return _finding(rate, rate.up, params)


def fallen(rate: RateCusum, params: CusumParams) -> Finding:
    """Whether it has fallen."""
    return _finding(rate, rate.down, params)


def surer(rate: RateCusum, params: CusumParams) -> Finding:
    """Whether it has risen or fallen, whichever is surer."""
    return max(risen(rate, params), fallen(rate, params), key=lambda one: one.certainty)


def _finding(rate: RateCusum, excursion: Excursion, params: CusumParams) -> Finding:
    base = rate.baseline
    return Finding(
        certainty(excursion.sum, params),
        base,
        excursion.hits / excursion.size if excursion.size else base,
        excursion.size,
        excursion.since_ms,
        excursion.expected,
    )
