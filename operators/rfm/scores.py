"""RFM: scores of one buyer by the population's bounds, and the segment that they make.

It also computes when a score changes by age alone.

State: none. Oracle: a sort of everybody, in the tests.
"""

from bisect import bisect_left
from collections.abc import Collection
from typing import Final

from domain.segments.definition import RfmBreaks
from domain.segments.rfm import RFM_GRID

Bounds = tuple[int, int, int, int]
SCORES: Final = 5


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    """The named segment of three scores, 1 to 5 each; every combination has one.

    >>> segment_of(5, 5, 4), segment_of(1, 1, 2)
    ('champions', 'hibernating')
    """
    return RFM_GRID[recency - 1][(frequency + monetary + 1) // 2 - 1]


def scores(
    breaks: RfmBreaks, age_ms: int, frequency: int, monetary_micro: int
) -> tuple[int, int, int]:
    """Score one buyer: recency, frequency and monetary, 1 to 5 each, 5 the best.

    Args:
        breaks: of the population.
        age_ms: of the latest purchase, at least 0.
        frequency: purchases in the look-back.
        monetary_micro: their sum, millionths.
    """
    return (
        SCORES - bisect_left(breaks.recency_ms, age_ms),
        1 + bisect_left(breaks.frequency, frequency),
        1 + bisect_left(breaks.monetary, monetary_micro),
    )


def recency_changes(breaks: RfmBreaks, last_ms: int, now_ms: int) -> int:
    """The earliest instant after now at which the recency score is another one, by age alone.

    It is 0 for never.

    A bound is below the age from one millisecond after they are equal.

    Args:
        breaks: of the population.
        last_ms: the latest purchase; may lie after now, its age is 0 then.
        now_ms: the instant.
    """
    for bound in breaks.recency_ms:
        if bound >= 0 and last_ms + bound + 1 > now_ms:
            return last_ms + bound + 1
    return 0


def quintiles(values: Collection[int]) -> Bounds:
    """The nearest-rank 20th, 40th, 60th and 80th percentile.

    For q, this is value number ⌈n·q⌉ of n values in ascending order, counted from 1.

    Raises:
        ValueError: there are no values.

    >>> quintiles([50, 10, 40, 20, 30])
    (10, 20, 30, 40)
    """
    if not values:
        raise ValueError("no values, no quintiles")
    ordered = sorted(values)
    first, second, third, fourth = (
        ordered[-(-len(ordered) * part // SCORES) - 1] for part in range(1, SCORES)
    )
    return first, second, third, fourth
