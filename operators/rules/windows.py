"""Windows that end now.

It computes the time bucket of an event, and the instant at which a bucket leaves a window.

An event counts for at least its window and at most one bucket longer (`docs/segments.md`): it
belongs to the bucket that *ends* at or after it, so that at the edge of a bucket the window is
exact. Buckets are numbers; the wider the window, the wider they are, so that what a leaf keeps is
bounded.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from domain.instants import DAY_MS, EPOCH, HOUR_MS, MINUTE_MS, SECOND_MS, to_ms, utc
from domain.segments.definition import Resolution
from domain.segments.span import span_ms

NEVER: Final = 2**62
"""An instant that does not come."""

_WIDTH: Final[dict[Resolution, int]] = {"second": SECOND_MS, "minute": MINUTE_MS, "hour": HOUR_MS}
_LONGEST: Final[tuple[tuple[int, Resolution], ...]] = (
    (HOUR_MS, "second"),
    (48 * HOUR_MS, "minute"),
    (60 * DAY_MS, "hour"),
)
_KEPT: Final[dict[Resolution, int]] = {
    "ever": NEVER,
    "second": 3_720,
    "minute": 2_910,
    "hour": 1_465,
    "day": 735,
}
"""Buckets kept before the newest one.

The longest window of a resolution, and slack for clocks that disagree.
"""

_FIRST_MS: Final = -62_100_000_000_000
_LAST_MS: Final = 253_370_000_000_000
_EPOCH_DAY: Final = EPOCH.toordinal()
_SLOT_MS: Final = 15 * MINUTE_MS
"""Every zone's clock changes at a multiple of a quarter of an hour, at least since 1970."""


class Window(NamedTuple):
    """A window that ends now.

    Attributes:
        span_ms: its length.
        resolution: width of its buckets.
    """

    span_ms: int
    resolution: Resolution


def window_of(span: str | None) -> Window:
    """The window of a span; None is all time.

    >>> window_of("30m")
    Window(span_ms=1800000, resolution='second')
    """
    if span is None:
        return Window(NEVER, "ever")
    length = span_ms(span)
    return Window(
        length, next((resolution for longest, resolution in _LONGEST if length <= longest), "day")
    )


def kept_buckets(resolution: Resolution) -> int:
    """How many buckets before the newest one are kept."""
    return _KEPT[resolution]


class Calendar:
    """Local dates of one time zone.

    Args:
        zone: IANA name.
    """

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._slot_date = lru_cache(maxsize=4096)(self._date_now)
        self.start_ms = lru_cache(maxsize=4096)(self._start_now)

    def date(self, at_ms: int) -> int:
        """Number of the local date of an instant (1 January of year 1 is 1)."""
        if at_ms < 0:
            return self._date_now(at_ms)
        return self._slot_date(at_ms - at_ms % _SLOT_MS)

    def _date_now(self, at_ms: int) -> int:
        if not _FIRST_MS < at_ms < _LAST_MS:
            return at_ms // DAY_MS + _EPOCH_DAY
        return utc(at_ms).astimezone(self.zone).toordinal()

    def _start_now(self, day: int) -> int:
        """The instant, in ms, that begins a local date.

        Where the clock skips midnight, it is the first instant after the gap.
        """
        start_ms = (day - _EPOCH_DAY) * DAY_MS
        if not _FIRST_MS < start_ms < _LAST_MS:
            return start_ms
        local = datetime.combine(date.fromordinal(day), datetime.min.time(), self.zone)
        return to_ms(local)


@lru_cache(maxsize=256)
def calendar(zone: str) -> Calendar:
    """The calendar of a zone, remembered."""
    return Calendar(zone)


def bucketer(resolution: Resolution, zone: str) -> Callable[[int], int]:
    """A function from an instant in ms to its bucket."""
    if resolution == "ever":
        return lambda _at_ms: 0
    if resolution == "day":
        days = calendar(zone)

        def day(at_ms: int) -> int:
            number = days.date(at_ms)
            return number - 1 if days.start_ms(number) == at_ms else number

        return day
    width = _WIDTH[resolution]
    return lambda at_ms: -(-at_ms // width)


def expirer(window: Window, zone: str) -> Callable[[int], int]:
    """A function from a bucket to the instant in ms at which it leaves the window.

    An event counts while ``now < expiry``.
    """
    if window.resolution == "ever":
        return lambda _bucket: NEVER
    if window.resolution == "day":
        start_ms, days = calendar(zone).start_ms, 1 - (-window.span_ms // DAY_MS)
        return lambda bucket: start_ms(bucket + days)
    width, span = _WIDTH[window.resolution], window.span_ms
    return lambda bucket: bucket * width + span


def first_counting(window: Window, zone: str, now_ms: int) -> int:
    """The smallest bucket that still counts at an instant: all before it have left the window."""
    if window.resolution == "ever":
        return 0
    if window.resolution == "day":
        days = 1 - (-window.span_ms // DAY_MS)
        bucket = calendar(zone).date(now_ms) - days + 1
        starts = calendar(zone).start_ms
        while starts(bucket + days) <= now_ms:
            bucket += 1
        while starts(bucket - 1 + days) > now_ms:
            bucket -= 1
        return bucket
    return (now_ms - window.span_ms) // _WIDTH[window.resolution] + 1


def instant_of(text: object, zone: ZoneInfo) -> int | None:
    """Read an instant, ms since 1970 UTC; None for anything that is none.

    Args:
        text: ISO 8601; a date alone is its midnight, and what names no zone is in `zone`.
        zone: the workspace's.
    """
    if not isinstance(text, str) or len(text) < 7 or not text[0].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        return to_ms(moment)
    except (ValueError, OverflowError):
        return None
