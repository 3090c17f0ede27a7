"""The oracle at the edges of windows and of calendars."""

from datetime import date

import pytest

from domain.instants import utc
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour
from oracle.rules import NO_DEFINITIONS, PersonHistory, holds
from oracle.statements.record import Statement
from oracle.windows import begins, instant_of
from tests.support.boundaries import APIA, BERLIN, KOLKATA, NEW_YORK, SAO_PAULO, TABLE


def ms(text: str) -> int:
    instant = instant_of(text, "UTC")
    assert instant is not None
    return instant


YEAR_ONE = (
    "the beginning of calendars",
    "731d",
    NEW_YORK,
    "0001-01-01T00:00:00",
    "0003-01-02T00:00:00",
)
"""No clock of a person says this; days so far back are those of UTC."""


@pytest.mark.parametrize(
    ("name", "window", "zone", "event", "expiry"),
    [*TABLE, YEAR_ONE],
    ids=[row[0] for row in (*TABLE, YEAR_ONE)],
)
def test_an_event_counts_until_exactly_its_expiry(
    name: str, window: str, zone: str, event: str, expiry: str
) -> None:
    definitions = type(NO_DEFINITIONS)(NO_DEFINITIONS.workspace, time_zone=zone)
    history = PersonHistory((Statement(b"", ms(event), 0, "track", "Viewed", ()),))
    rule = Behaviour(EventFilter("Viewed"), window=window)
    asked = (ms(event) - 1, ms(event), ms(expiry) - 1, ms(expiry), ms(expiry) + 1)
    assert [holds(rule, history, at_ms, definitions) for at_ms in asked] == [
        True,
        True,
        True,
        False,
        False,
    ], name


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2024, 3, 31), BERLIN, "2024-03-30T23:00:00"),
        (date(2024, 4, 1), BERLIN, "2024-03-31T22:00:00"),
        (date(2018, 11, 4), SAO_PAULO, "2018-11-04T03:00:00"),
        (date(2018, 2, 18), SAO_PAULO, "2018-02-18T03:00:00"),
        (date(2011, 12, 30), APIA, "2011-12-30T10:00:00"),
        (date(2011, 12, 31), APIA, "2011-12-30T10:00:00"),
        # Midnight comes twice: the first one.
        (date(2023, 11, 5), "America/Havana", "2023-11-05T04:00:00"),
        # At 00:01 the clock goes back to the day before.
        (date(2010, 11, 7), "America/St_Johns", "2010-11-07T02:30:00"),
        (date(2024, 2, 29), "UTC", "2024-02-29T00:00:00"),
    ],
)
def test_a_local_date_begins_with_its_first_instant(day: date, zone: str, instant: str) -> None:
    assert begins(day, zone) == ms(instant)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-02-28", "UTC", "2026-02-28T00:00:00+00:00"),
        ("2026-02-28", BERLIN, "2026-02-27T23:00:00+00:00"),
        ("20260228", BERLIN, "2026-02-27T23:00:00+00:00"),
        ("2026-02-28T10:00", KOLKATA, "2026-02-28T04:30:00+00:00"),
        ("2026-02-28 10:00:00Z", KOLKATA, "2026-02-28T10:00:00+00:00"),
        ("2026-02-28T10:00:00-05:00", KOLKATA, "2026-02-28T15:00:00+00:00"),
        ("2026-02-28T10:00:00.1239Z", "UTC", "2026-02-28T10:00:00.123000+00:00"),
        ("1969-12-31T23:59:59.9999Z", "UTC", "1969-12-31T23:59:59.999000+00:00"),
        ("2018-11-04", SAO_PAULO, "2018-11-04T03:00:00+00:00"),
        ("2024-10-27T02:30:00", BERLIN, "2024-10-27T00:30:00+00:00"),
        ("2024-03-31T02:30:00", BERLIN, "2024-03-31T01:30:00+00:00"),
        ("2026-02-29", "UTC", None),
        ("2026-02-28T24:00", "UTC", None),
        ("soon", "UTC", None),
        ("", "UTC", None),
        ("1772236800000", "UTC", None),
        (1_772_236_800_000, "UTC", None),
        (None, "UTC", None),
        (True, "UTC", None),
    ],
)
def test_an_instant_is_an_iso_8601_text(text: object, zone: str, expected: str | None) -> None:
    at_ms = instant_of(text, zone)
    shown = None if at_ms is None else utc(at_ms).isoformat()
    assert shown == expected
