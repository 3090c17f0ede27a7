"""How rare a deviation is, told from the largest ones that the same series showed before.

Kept are the few largest deviations of one direction; from them follow a threshold (the least of
them) and how heavy the tail is behind it (Hill's estimator, leaning on a usual value while few are
known). No distribution is assumed for the rest, and no scale: a series that often jumps must jump
further to be surprising. The largest fade slowly, so that what happened once is not the measure of
all time.

Sources: Hill, "A simple general approach to inference about the tail of a distribution", Annals of
Statistics 3 (1975); Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD
2017, for peaks over a threshold on streams.
"""

import math
import struct
from bisect import bisect_left
from typing import Final

import msgspec

KEPT: Final = 16
"""Largest deviations kept of one direction."""
_LEAN: Final = 3.0
"""So many deviations' worth of evidence speaks for the usual heaviness."""
_USUAL: Final = 0.3
"""Heaviness (index of the tail) that the estimate leans on.

Between an exponential tail of a day's points and Pareto tails of counts.
"""
_SHARE: Final = 50
"""Early on the tail is at most the largest 1/50 of the points, but eight of them at least."""
_FEWEST: Final = 8
_LEAST: Final = 1.0
"""A deviation below its scale is never extreme, however calm the series was."""
_PACKED: Final = struct.Struct(f"<{KEPT}f")
_LN10: Final = math.log(10)


class Tail(msgspec.Struct, array_like=True):
    """The largest deviations of one direction.

    Attributes:
        packed: them, ascending, as 32-bit floats; zeros in front while there are fewer.
        least: the smallest of them; what is below changes nothing.
    """

    packed: bytes = bytes(_PACKED.size)
    least: float = 0.0


def rarity(tail: Tail, deviation: float, points: float) -> float:
    """How rare a deviation is: −log10 of the estimated share of points that deviate as far.

    Args:
        tail: the largest so far, without this one.
        deviation: in units of the series' scale, not negative.
        points: how many points the tail was taken from.

    Returns:
        0 where it is not among the largest.
    """
    if deviation <= tail.least or deviation <= _LEAST:
        return 0.0
    largest = _PACKED.unpack(tail.packed)[-min(KEPT, max(_FEWEST, int(points / _SHARE))) :]
    threshold = max(largest[0], _LEAST)
    if deviation <= threshold:
        return 0.0
    excess = sum(math.log(each / threshold) for each in largest if each > threshold)
    heaviness = (excess + _LEAN * _USUAL) / (len(largest) + _LEAN)
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
