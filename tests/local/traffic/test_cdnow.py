from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import phonenumbers
import pytest

from local.traffic import cdnow

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return list(cdnow.events(date(2026, 3, 1)))


def orders(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "track"]


def test_the_totals_are_those_of_the_data_set(events: list[dict[str, Any]]) -> None:
    revenue = sum(Decimal(str(order["properties"]["revenue"])) for order in orders(events))
    assert len({event["userId"] for event in events}) == cdnow.PEOPLE
    assert len(orders(events)) == cdnow.ORDERS
    assert revenue * 100 == cdnow.REVENUE_MINOR


def test_events_come_in_time_order_and_end_the_day_before(events: list[dict[str, Any]]) -> None:
    assert all(one["timestamp"] <= two["timestamp"] for one, two in pairwise(events))
    last = datetime.fromisoformat(events[-1]["timestamp"])
    assert last.date() == date(2026, 2, 28)
    assert last.tzinfo == UTC


def test_everybody_is_identified_before_the_first_order(events: list[dict[str, Any]]) -> None:
    known: set[str] = set()
    for event in events:
        if event["type"] == "identify":
            known.add(event["userId"])
        assert event["userId"] in known


def test_message_ids_are_unique_and_the_same_at_every_call(events: list[dict[str, Any]]) -> None:
    assert (
        len({event["messageId"] for event in events}) == len(events) == cdnow.PEOPLE + cdnow.ORDERS
    )
    assert list(cdnow.events(date(2026, 3, 1))) == events


def test_nobody_shares_an_address_or_a_number_and_every_number_is_possible(
    events: list[dict[str, Any]],
) -> None:
    traits = [event["traits"] for event in events if event["type"] == "identify"]
    numbers = [each["phone"] for each in traits if "phone" in each]
    assert len({each["email"] for each in traits}) == cdnow.PEOPLE
    assert len(set(numbers)) == len(numbers)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers[::97])


def test_four_in_five_consent_to_advertising(events: list[dict[str, Any]]) -> None:
    stated = [
        event["context"]["consent"]["categoryPreferences"]["advertising"]
        for event in events
        if event["type"] == "identify"
    ]
    assert sum(stated) / len(stated) == pytest.approx(0.8, abs=0.01)
