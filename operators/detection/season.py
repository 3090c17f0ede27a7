"""What is usual at this hour: a mean and a spread per hour, shifted by the day of the week.

    baseline(t) = (n_h·m_h + λ·m) / (n_h + λ) + s_w
    m_h ← m_h + clip(x − baseline) / (min(n_h, memory) + 1),   s_w likewise, by the day of the week

m_h is the mean of n_h points of the hour h, m that of all points, s_w the shift of a weekday, which
starts at nothing. An hour leans on the overall mean until it was visited. Outliers count as far as
four spreads (mean absolute deviations). State: 24 hours and 7 days of doubles, packed. UTC: a
change of summer time is a shift like any other and is learnt within days.

References: P. R. Winters, "Forecasting sales by exponentially weighted moving averages", Management
Science 6 (1960), for seasonal means that follow; P. J. Huber, "Robust estimation of a location
parameter", Annals of Mathematical Statistics 35 (1964), for clipping.

>>> import random
>>> rng, params = random.Random(1), SeasonParams()
>>> profile = SeasonProfile(empty_hours(), empty_days(), per_hour=1.0)
>>> for hour in range(14 * 24):  # 20 at night, 100 by day
...     value = (100 if 8 <= hour % 24 < 20 else 20) + rng.gauss(0, 5)
...     season = season_at(profile, hour * HOUR_MS, 60.0, 5.0, params)
...     learn_season(profile, hour * HOUR_MS, value, season, 5.0, params)
>>> [round(season_at(profile, hour * HOUR_MS, 60.0, 5.0, params).baseline) for hour in (3, 14)]
[22, 101]
"""

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.instants import DAY_MS, HOUR_MS

_HOUR: Final = struct.Struct("<3d")
_DAY: Final = struct.Struct("<2d")


@dataclass(frozen=True)
class SeasonParams:
    """How what is usual at an hour is learned.

    Attributes:
        visits: visits that the memory of an hour spans. Source: NAB.
        lean: visits at which an hour's own mean weighs as much as the overall one. Source: NAB.
        spread_lean: visits at which its own spread weighs as much as the overall one. Source: NAB.
        days: visits that the memory of a day of the week spans. Source: NAB.
        clip: an outlier counts as so many spreads. Source: NAB; as `AnomalyParams.clip`.
        narrow: an hour's spread is never taken for less than this share of the overall one, 0–1.
            Source: design; a night without a single event must not make the first one an alarm.
    """

    visits: float = 6.0
    lean: float = 0.5
    spread_lean: float = 1.0
    days: float = 4.0
    clip: float = 4.0
    narrow: float = 0.1

    def __post_init__(self) -> None:
        if min(self.visits, self.lean, self.spread_lean, self.days, self.clip) <= 0:
            raise ValueError("visits, lean, spread_lean, days and clip are positive")
        if not 0 <= self.narrow <= 1:
            raise ValueError("narrow lies from 0 to 1")


class SeasonProfile(NamedTuple):
    """The season of one series.

    Attributes:
        hours: per hour of the day: mean, spread, points; changed in place.
        days: per day of the week: shift, points; changed in place.
        per_hour: points that an hour has.
    """

    hours: bytearray
    days: bytearray
    per_hour: float


class Season(NamedTuple):
    """What is usual at an instant.

    Attributes:
        baseline: the value.
        spread: mean absolute deviation from it.
        shift: part of the value that is due to the day of the week.
        visits: how often the hour was visited, in hours of points.
    """

    baseline: float
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
    profile: SeasonProfile, at_ms: int, mean: float, spread: float, params: SeasonParams
) -> Season:
    """What is usual at an instant.

    Args:
        profile: as learnt.
        at_ms: the instant.
        mean: of all hours, to lean on.
        spread: of all hours, to lean on.
        params: how much.
    """
    hours, days, per_hour = profile
    own, own_spread, points = _HOUR.unpack_from(hours, _hour(at_ms))
    shift, _ = _DAY.unpack_from(days, _day(at_ms))
    lean, leaning = params.lean * per_hour, params.spread_lean * per_hour
    baseline = (points * own + lean * mean) / (points + lean) + shift
    around = (points * own_spread + leaning * spread) / (points + leaning)
    return Season(baseline, max(around, params.narrow * spread), shift, points / per_hour)


def learn_season(
    profile: SeasonProfile,
    at_ms: int,
    value: float,
    season: Season,
    spread: float,
    params: SeasonParams,
) -> None:
    """Take in one point, in place.

    Args:
        profile: changed.
        at_ms: of the point.
        value: of the point.
        season: what was usual.
        spread: unit in which outliers are clipped; infinite while no scale is known.
        params: how fast to learn.
    """
    hours, days, per_hour = profile
    place = _hour(at_ms)
    own, around, points = _HOUR.unpack_from(hours, place)
    off = value - season.baseline
    clipped = max(-params.clip * spread, min(params.clip * spread, off))
    # The first visit of an hour says where it lies, and nothing is known by which it could be an
    # outlier.
    taken = off if points < per_hour else clipped
    weight = 1 / (min(points, params.visits * per_hour) + 1)
    around += weight * (abs(taken) - around)
    own += weight * (season.baseline - season.shift + taken - own)
    _HOUR.pack_into(hours, place, own, around, points + 1)
    if points >= per_hour:
        day = _day(at_ms)
        shift, seen = _DAY.unpack_from(days, day)
        whole = 24 * per_hour
        shift += clipped / (min(seen, params.days * whole) + whole)
        _DAY.pack_into(days, day, shift, seen + 1)


def _hour(at_ms: int) -> int:
    return at_ms // HOUR_MS % 24 * _HOUR.size


def _day(at_ms: int) -> int:
    return at_ms // DAY_MS % 7 * _DAY.size
