"""Instants: milliseconds since 1970 inside, aware datetimes at the rim.

The engine counts in whole milliseconds of Unix time, which has no leap seconds; databases and the
API speak of datetimes. Every conversion in Python between the two is here and exact: it uses
integer arithmetic only, as a float holds no microsecond of a distant year. SQL converts for itself.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_2000_MS: Final = 946_684_800_000
"""2000-01-01 UTC, from which PostgreSQL counts its timestamps on the wire, in microseconds."""

EARLIEST_MS: Final = -62_135_596_800_000
"""The first instant of year 1."""
LATEST_MS: Final = 253_402_300_800_000
"""The first instant after year 9999."""

MS: Final = timedelta(milliseconds=1)
"""One millisecond: `span // MS` is a span in whole milliseconds, `span_ms * MS` is the span."""
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
WEEK_MS: Final = 7 * DAY_MS


def utc(at_ms: int) -> datetime:
    """Return the aware UTC datetime of an instant in milliseconds since 1970.

    >>> utc(-1).isoformat(), utc(253_402_300_799_999).isoformat()
    ('1969-12-31T23:59:59.999000+00:00', '9999-12-31T23:59:59.999000+00:00')

    Raises:
        OverflowError: The instant is outside the years 1 to 9999.
    """
    return EPOCH + at_ms * MS


def clamped_utc(at_ms: int) -> datetime:
    """Return the aware UTC datetime of an instant, or the first or last day of the calendar.

    >>> clamped_utc(10**18).isoformat()
    '9999-12-31T00:00:00+00:00'
    """
    try:
        return utc(at_ms)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=UTC) if at_ms < 0 else datetime(9999, 12, 31, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    """Return the milliseconds from 1970 to an aware datetime, rounded down.

    Rounding down, also before 1970, puts each instant into the millisecond in which it lies.

    >>> to_ms(datetime(2026, 11, 29, 3, 30, 0, 999, tzinfo=UTC)) == to_ms(
    ...     datetime(2026, 11, 29, 3, 30, tzinfo=UTC)
    ... )
    True
    >>> to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
    -1
    >>> to_ms(datetime.max.replace(tzinfo=UTC)), to_ms(datetime.min.replace(tzinfo=UTC))
    (253402300799999, -62135596800000)

    Raises:
        TypeError: The datetime has no time zone.
    """
    return (at - EPOCH) // MS


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of an instant with a zone, as the audit log counts.

    >>> to_us(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (at - EPOCH) // timedelta(microseconds=1)
