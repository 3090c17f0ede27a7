"""What is usual at this hour.

A mean and a spread per hour of the day, shifted by the day of the week.

An hour leans on the overall mean until it was visited; a day's shift starts at nothing. Outliers
count as far as four spreads. State: 24 hours and 7 days of doubles, packed. UTC: a change of summer
time is a shift like any other and is learnt within days.
"""

import struct
from typing import Final, NamedTuple

from domain.instants import DAY_MS, HOUR_MS

_HOUR: Final = struct.Struct("<3d")
_DAY: Final = struct.Struct("<2d")
_VISITS: Final = 6.0
"""Visits that the memory of an hour spans."""
_LEAN: Final = 0.5
"""Visits at which an hour's own mean weighs as much as the overall one."""
_DAYS: Final = 4.0
"""Visits that the memory of a day of the week spans."""
_CLIP: Final = 4.0
_NARROW: Final = 0.1
"""An hour's spread is never taken for less than this share of the overall one."""


class Season(NamedTuple):
    """What is usual at an instant.

    Attributes:
        usual: the value.
        spread: mean absolute deviation from it.
        shift: part of the value that is due to the day of the week.
        visits: how often the hour was visited, in hours of points.
    """

    usual: float
    spread: float
    shift: float
    visits: float


def empty_hours() -> bytearray:
    """Hours never visited."""
    return bytearray(24 * _HOUR.size)


def empty_days() -> bytearray:
    """Days never visited."""
    return bytearray(7 * _DAY.size)


def season_at(
    hours: bytearray, days: bytearray, at_ms: int, mean: float, spread: float, per_hour: float
) -> Season:
    """What is usual at an instant.

    Args:
        hours: as learnt.
        days: as learnt.
        at_ms: the instant.
        mean: of all hours, to lean on.
        spread: of all hours, to lean on.
        per_hour: points that an hour has.
    """
    own, own_spread, points = _HOUR.unpack_from(hours, _hour(at_ms))
    shift, _ = _DAY.unpack_from(days, _day(at_ms))
    lean = _LEAN * per_hour
    usual = (points * own + lean * mean) / (points + lean) + shift
    leaning = 2 * lean
    around = (points * own_spread + leaning * spread) / (points + leaning)
    return Season(usual, max(around, _NARROW * spread), shift, points / per_hour)


def learn_season(
    hours: bytearray,
    days: bytearray,
    at_ms: int,
    value: float,
    season: Season,
    spread: float,
    per_hour: float,
) -> None:
    """Take in one point, in place.

    Args:
        hours: changed.
        days: changed.
        at_ms: of the point.
        value: of the point.
        season: what was usual.
        spread: unit in which outliers are clipped; infinite while no scale is known.
        per_hour: points that an hour has.
    """
    place = _hour(at_ms)
    own, around, points = _HOUR.unpack_from(hours, place)
    off = value - season.usual
    clipped = max(-_CLIP * spread, min(_CLIP * spread, off))
    # The first visit of an hour says where it lies, and nothing is known by which it could be an
    # outlier.
    taken = off if points < per_hour else clipped
    weight = 1 / (min(points, _VISITS * per_hour) + 1)
    around += weight * (abs(taken) - around)
    own += weight * (season.usual - season.shift + taken - own)
    _HOUR.pack_into(hours, place, own, around, points + 1)
    if points >= per_hour:
        day = _day(at_ms)
        shift, seen = _DAY.unpack_from(days, day)
        whole = 24 * per_hour
        _DAY.pack_into(days, day, shift + clipped / (min(seen, _DAYS * whole) + whole), seen + 1)


def _hour(at_ms: int) -> int:
    return at_ms // HOUR_MS % 24 * _HOUR.size


def _day(at_ms: int) -> int:
    return at_ms // DAY_MS % 7 * _DAY.size
