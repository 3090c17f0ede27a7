"""What a sample says about everybody: an estimate with its interval.

Wilson's score interval (E. B. Wilson, "Probable Inference", 1927), whose size is corrected for a
finite population, so that the interval of a sample of everybody is the exact number.
"""

from math import ceil, floor, sqrt
from typing import Final, NamedTuple

Z_95: Final = 1.959963984540054
"""Quantile of the normal distribution for 95 %, two-sided."""


class Estimate(NamedTuple):
    """A number of people with its confidence interval.

    Attributes:
        value: most likely; exact where `low` equals `high`.
        low: lower end of the 95 % confidence interval.
        high: upper end.
    """

    value: int
    low: int
    high: int


def estimate(hits: int, sample: int, population: int) -> Estimate:
    """Estimate how many of a population have what `hits` of a random `sample` have.

    Args:
        hits: 0 to `sample`.
        sample: 0 to `population`; with nobody asked, anything is possible.
        population: everybody.
    """
    if not sample:
        return Estimate(0, 0, population)
    if sample >= population:
        return Estimate(hits, hits, hits)
    share = hits / sample
    size = sample * (population - 1) / (population - sample)
    squared = Z_95 * Z_95
    centre = (share + squared / (2 * size)) / (1 + squared / size)
    margin = (
        Z_95 / (1 + squared / size) * sqrt(share * (1 - share) / size + squared / (4 * size * size))
    )
    low = max(hits, floor((centre - margin) * population))
    high = min(population - (sample - hits), ceil((centre + margin) * population))
    return Estimate(min(max(round(share * population), low), high), low, high)
