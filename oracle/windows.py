"""When an event leaves a window, and what texts say about time, as `docs/segments.md` says.

Calendar days are counted by asking the zone for the local date of instants, never by adding hours.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from domain.instants import DAY_MS, EPOCH, HOUR_MS, MINUTE_MS, MS

_DAY: Final = timedelta(days=1)
_TABLE: Final = ((HOUR_MS, 1_000), (48 * HOUR_MS, MINUTE_MS), (60 * DAY_MS, HOUR_MS))
"""(longest window, resolution), ms; beyond the last row windows count calendar days."""
_CALENDAR_MS: Final = (-62_000_000_000_000, 253_000_000_000_000)
"""Instants that calendars of every zone hold with years to spare.

Outside, days are those of UTC.
"""


def expiry(at_ms: int, window_ms: int, zone: str, *, calendar: bool = False) -> int:
    """The instant from which an event no longer counts.

    Args:
        at_ms: of the event.
        window_ms: length of the window.
        zone: IANA name, for windows that count calendar days.
        calendar: count calendar days however short the window is.
    """
    for longest_ms, resolution_ms in _TABLE:
        if window_ms <= longest_ms and not calendar:
            rounded_up = (
                at_ms
                if at_ms % resolution_ms == 0
                else at_ms - at_ms % resolution_ms + resolution_ms
            )
            return rounded_up + window_ms
    return _days_expiry(at_ms, window_ms, zone)


@lru_cache(maxsize=100_000)
def _days_expiry(at_ms: int, window_ms: int, zone: str) -> int:
    days = -(-window_ms // DAY_MS)
    if not _CALENDAR_MS[0] < at_ms < _CALENDAR_MS[1]:
        return -(-at_ms // DAY_MS) * DAY_MS + days * DAY_MS
    day = local(at_ms, zone).date()
    if begins(day, zone) == at_ms:
        day -= _DAY
    return begins(day + timedelta(days=1 + days), zone)


def local(at_ms: int, zone: str) -> datetime:
    """What the clocks of a zone show at an instant."""
    return (EPOCH + at_ms * MS).astimezone(ZoneInfo(zone))


@lru_cache(maxsize=100_000)
def begins(day: date, zone: str) -> int:
    """The first instant, ms, at which a zone's calendars show a date.

    Where they skip it, this is the first instant at which they show a later one.
    """
    noon_ms = (datetime.combine(day, time(12), UTC) - EPOCH) // MS
    around = [noon_ms + hours * HOUR_MS for hours in range(-48, 49)]
    offsets = {local(at_ms, zone).utcoffset() or timedelta() for at_ms in around}
    midnights = [(datetime.combine(day, time(), UTC) - offset - EPOCH) // MS for offset in offsets]
    shown = [
        at_ms
        for at_ms in midnights
        if local(at_ms, zone).replace(tzinfo=None) == datetime.combine(day, time())
    ]
    if shown:
        return min(shown)
    # Midnight is skipped: close in on the jump.
    before = max(at_ms for at_ms in around if local(at_ms, zone).date() < day)
    after = min(at_ms for at_ms in around if local(at_ms, zone).date() >= day)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if local(middle, zone).date() >= day else (middle, after)
    return after


def instant_of(text: object, zone: str) -> int | None:
    """The instant that a text says, ms, fractions of a millisecond cut off.

    None for anything that says none.

    Args:
        text: ISO 8601; a date alone is its midnight, and what names no zone is of `zone`.
        zone: IANA name.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(zone))
        return (moment - EPOCH) // MS
    except (ValueError, OverflowError):
        return None
