"""How rare a deviation is, by the largest ones that the same series showed before.

For N points, with the k largest deviations x₁ … x_k so far and the least of them, u, as threshold:

    rarity(x) = log10(N / k) + log10(x / u) / γ,   for x > u, otherwise 0
    γ = (Σ ln(xᵢ / u) + λ·γ₀) / (k + λ)

γ is the heaviness of the tail (Hill's estimator, leaning on a usual value γ₀ while few are known).
No distribution is assumed for the rest, and no scale: a series that often jumps must jump further
to be surprising. The largest fade slowly, so that what happened once is not the measure of all
time.

References: B. M. Hill, "A simple general approach to inference about the tail of a distribution",
Annals of Statistics 3 (1975); A. Siffer et al., "Anomaly detection in streams with extreme value
theory", KDD 2017, for peaks over a threshold on streams.

>>> import random
>>> rng, tail, params = random.Random(1), Tail(), TailParams()
>>> for _ in range(1_000):
...     keep(tail, abs(rng.gauss(0, 1)))
>>> [round(rarity(tail, deviation, 1_000, params), 1) for deviation in (2.0, 3.0, 4.0, 6.0)]
[0.0, 2.5, 3.6, 5.0]
"""

import math
import struct
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import msgspec

KEPT: Final = 16
"""Largest deviations kept of one direction; a layout of the stored state."""
_PACKED: Final = struct.Struct(f"<{KEPT}f")
_LN10: Final = math.log(10)


@dataclass(frozen=True)
class TailParams:
    """How the tail of a series is estimated.

    Attributes:
        lean: deviations' worth of evidence that speaks for the usual heaviness λ. Source: NAB.
        heaviness: index of the tail γ₀ that the estimate leans on. Source: design; between an
            exponential tail of a day's points and Pareto tails of counts.
        rarest: early on the tail is at most the largest one of so many points … Source: NAB; what
            is more often is no tail.
        fewest: … but so many deviations at least, 1–16. Source: NAB; Hill's estimator of fewer is
            arbitrary.
        least: a deviation below so many scales is never extreme. Source: design; however calm the
            series was.
    """

    lean: float = 3.0
    heaviness: float = 0.3
    rarest: float = 50.0
    fewest: int = 8
    least: float = 1.0

    def __post_init__(self) -> None:
        if min(self.lean, self.heaviness, self.rarest, self.least) <= 0:
            raise ValueError("lean, heaviness, rarest and least are positive")
        if not 1 <= self.fewest <= KEPT:
            raise ValueError(f"fewest lies from 1 to {KEPT}")


class Tail(msgspec.Struct, array_like=True):
    """The largest deviations of one direction.

    Attributes:
        packed: them, ascending, as 32-bit floats; zeros in front while there are fewer.
        least: the smallest of them; what is below changes nothing.
    """

    packed: bytes = bytes(_PACKED.size)
    least: float = 0.0


def rarity(tail: Tail, deviation: float, points: float, params: TailParams) -> float:
    """How rare a deviation is: −log10 of the estimated share of points that deviate as far.

    Args:
        tail: the largest so far, without this one.
        deviation: in units of the series' scale, not negative.
        points: how many points the tail was taken from.
        params: how it is estimated.

    Returns:
        0 where it is not among the largest.
    """
    if deviation <= tail.least or deviation <= params.least:
        return 0.0
    kept = min(KEPT, max(params.fewest, int(points / params.rarest)))
    largest = _PACKED.unpack(tail.packed)[-kept:]
    threshold = max(largest[0], params.least)
    if deviation <= threshold:
        return 0.0
    excess = sum(math.log(each / threshold) for each in largest if each > threshold)
    heaviness = (excess + params.lean * params.heaviness) / (len(largest) + params.lean)
    return (
        max(0.0, math.log10(points / len(largest)))
        + math.log(deviation / threshold) / heaviness / _LN10
    )


def keep(tail: Tail, deviation: float) -> None:
    """Take in one deviation, in place."""
    if deviation <= tail.least:
        return
    largest = list(_PACKED.unpack(tail.packed))
    largest.insert(bisect_left(largest, deviation), deviation)
    _pack(tail, largest[1:])


def fade(tail: Tail, factor: float) -> None:
    """Make all of them a little smaller, in place."""
    _pack(tail, [each * factor for each in _PACKED.unpack(tail.packed)])


def _pack(tail: Tail, largest: list[float]) -> None:
    tail.packed = _PACKED.pack(*largest)
    tail.least = _PACKED.unpack(tail.packed)[0]
