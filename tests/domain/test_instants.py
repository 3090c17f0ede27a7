"""Conversions of instants against exact fractions."""

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.instants import (
    DAY_MS,
    EARLIEST_MS,
    EPOCH_2000_MS,
    LATEST_MS,
    WEEK_MS,
    clamped_utc,
    to_ms,
    utc,
)

ZONES = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))


def exact_ms(at: datetime) -> Fraction:
    """Milliseconds since 1970 from the calendar alone."""
    days = at.toordinal() - date(1970, 1, 1).toordinal()
    seconds = days * 86_400 + at.hour * 3_600 + at.minute * 60 + at.second
    offset = at.utcoffset() or timedelta()
    offset_us = (offset.days * 86_400 + offset.seconds) * 1_000_000 + offset.microseconds
    return Fraction(seconds * 1_000_000 + at.microsecond - offset_us, 1_000)


@given(st.datetimes(timezones=st.just(UTC) | ZONES))
@example(datetime.min.replace(tzinfo=UTC))
@example(datetime.max.replace(tzinfo=UTC))
@example(datetime.min.replace(tzinfo=timezone(timedelta(hours=14))))
@example(datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))))
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
def test_a_datetime_falls_into_the_millisecond_in_which_it_lies(at: datetime) -> None:
    assert to_ms(at) == floor(exact_ms(at))


@given(st.integers(EARLIEST_MS, LATEST_MS - 1))
@example(EARLIEST_MS)
@example(LATEST_MS - 1)
def test_every_millisecond_of_the_calendar_comes_back(at_ms: int) -> None:
    assert exact_ms(utc(at_ms)) == at_ms
    assert to_ms(utc(at_ms)) == at_ms
    assert clamped_utc(at_ms) == utc(at_ms)


@pytest.mark.parametrize(
    "at_ms", [EARLIEST_MS + 4_008, 1_767_225_600_001, 1_790_000_000_123, LATEST_MS - 1]
)
@pytest.mark.parametrize("microsecond", [0, 1, 499, 500, 501, 999])
def test_microseconds_that_a_float_rounds_are_exact(at_ms: int, microsecond: int) -> None:
    assert to_ms(utc(at_ms) + timedelta(microseconds=microsecond)) == at_ms


def test_an_instant_that_a_float_moves_into_the_next_millisecond_stays() -> None:
    at = datetime.max.replace(tzinfo=UTC)
    assert int(at.timestamp() * 1000) == LATEST_MS
    assert to_ms(at) == LATEST_MS - 1


@pytest.mark.parametrize("at_ms", [EARLIEST_MS - 1, LATEST_MS, 10**18, -(10**30)])
def test_what_no_calendar_holds_is_refused_or_clamped(at_ms: int) -> None:
    with pytest.raises(OverflowError):
        utc(at_ms)
    assert clamped_utc(at_ms).year == (1 if at_ms < 0 else 9999)


def test_a_datetime_without_a_zone_is_no_instant() -> None:
    with pytest.raises(TypeError):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_constants_agree_with_the_calendar() -> None:
    assert to_ms(datetime(2000, 1, 1, tzinfo=UTC)) == EPOCH_2000_MS
    assert utc(WEEK_MS + DAY_MS) == datetime(1970, 1, 9, tzinfo=UTC)
