"""What a sample says about everybody: an estimate with its interval.

Wilson's score interval (E. B. Wilson, "Probable Inference", 1927), whose size is corrected for a
finite population, so that the interval of a sample of everybody is the exact number.
"""

from math import ceil, floor, sqrt
from typing import Final, NamedTuple

Z_95: Final = 1.959963984540054
"""Quantile of the normal distribution for 95 %, two-sided."""


class Estimate(NamedTuple):
    """How many people, as far as it is known.

    Attributes:
        value: most likely; exact where `low` equals `high`.
        low: lower end of the 95 % confidence interval.
        high: upper end.
    """

    value: int
    low: int
    high: int


def estimate(found: int, asked: int, population: int) -> Estimate:
    """Estimate how many of a population have what `found` of a random `asked` have.

    Args:
        found: 0 to `asked`.
        asked: 0 to `population`; with nobody asked, anything is possible.
        population: everybody.
    """
    if not asked:
        return Estimate(0, 0, population)
    if asked >= population:
        return Estimate(found, found, found)
    share = found / asked
    size = asked * (population - 1) / (population - asked)
    squared = Z_95 * Z_95
    centre = (share + squared / (2 * size)) / (1 + squared / size)
    margin = (
        Z_95 / (1 + squared / size) * sqrt(share * (1 - share) / size + squared / (4 * size * size))
    )
    low = max(found, floor((centre - margin) * population))
    high = min(population - (asked - found), ceil((centre + margin) * population))
    return Estimate(min(max(round(share * population), low), high), low, high)
