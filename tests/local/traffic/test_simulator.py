import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from local.traffic.simulator import TrafficParams, traffic

START = datetime(2026, 3, 1, tzinfo=UTC)


def events(seed: int, count: int) -> list[dict[str, Any]]:
    ticks = iter(range(10 * count))
    return list(
        islice(
            traffic(
                seed,
                lambda: START + timedelta(milliseconds=20 * next(ticks)),
                TrafficParams(people=300),
            ),
            count,
        )
    )


def test_the_same_seed_gives_the_same_events_and_another_gives_others() -> None:
    assert events(1, 500) == events(1, 500)
    assert events(1, 500) != events(2, 500)


def test_every_kind_of_call_comes_in() -> None:
    found = Counter(event.get("type") for event in events(3, 20_000))
    assert {"page", "track", "identify", "group", "alias"} <= found.keys()
    assert found["page"] > found["identify"] > found["alias"]


def test_people_buy_and_change_their_minds() -> None:
    found = events(4, 20_000)
    orders = [
        event
        for event in found
        if event.get("event") == "Order Completed" and "properties" in event
    ]
    stated = Counter(
        json.dumps(event["context"]["consent"])
        for event in found
        if "consent" in event.get("context", {})
    )
    assert len(orders) > 100
    assert len(stated) == 2


def test_clients_send_some_events_twice_and_nothing_else_shares_a_message_id() -> None:
    found = events(5, 20_000)
    by_id: dict[str, dict[str, Any]] = {}
    assert all(by_id.setdefault(event["messageId"], event) == event for event in found)
    assert 0.005 < 1 - len(by_id) / len(found) < 0.05


def test_some_events_come_late_and_some_records_are_bad() -> None:
    found = events(6, 20_000)
    bad = [event for event in found if "sim-bad" in event["messageId"]]
    stamps = [event["timestamp"] for event in found if event not in bad]
    assert 0 < len(bad) < 100
    assert any(later < earlier for earlier, later in pairwise(stamps))
    assert min(stamps) < "2026-03-01"
