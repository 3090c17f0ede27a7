"""Purchases of CDNOW through the engine: RFM bounds, names and members are those of a few lines of
plain Python over the file."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from config.settings import Settings
from domain.instants import to_ms
from domain.intake.envelope import encode_event
from domain.segments.definition import RfmRule
from domain.segments.rule import Rfm
from local.traffic import cdnow
from operators.rfm.scores import segment_of
from store.definitions.drafts import Author
from store.definitions.publish_rfm import publish_rfm
from store.segments.rfm_refresh import RfmRefresh
from tests.store.conftest import Engine

TODAY = date(2026, 9, 1)
NOW = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=6)
NOW_MS = to_ms(NOW)
BATCH = 4_000
EVERY = 4
"""Every fourth customer; `tests/operators/test_rfm.py` scores them all."""


def events() -> Iterator[dict[str, Any]]:
    return (
        event
        for event in cdnow.events(TODAY)
        if int(event["userId"].removeprefix("cdnow-")) % EVERY == 0
    )


def naive() -> dict[str, str]:
    """Each customer's named segment, from the file alone."""
    customers = defaultdict(list)
    for event in events():
        if event["type"] == "track":
            cents = round(event["properties"]["revenue"] * 100)
            customers[event["userId"]].append((datetime.fromisoformat(event["timestamp"]), cents))
    rows = {
        name: (NOW - max(bought)[0], len(bought), sum(cents for _, cents in bought))
        for name, bought in customers.items()
    }
    place = [math.ceil(len(rows) * part / 5) - 1 for part in (1, 2, 3, 4)]
    ages, counts, sums = (
        [sorted(column)[rank] for rank in place] for column in zip(*rows.values(), strict=True)
    )
    return {
        name: segment_of(
            5 - sum(b < age for b in ages),
            1 + sum(b < count for b in counts),
            1 + sum(b < total for b in sums),
        )
        for name, (age, count, total) in rows.items()
    }


def test_cdnow_customers_are_named_as_in_a_naive_computation(
    engine: Engine,
    settings: Settings,
) -> None:
    engine.clock[0] = NOW_MS
    rule = RfmRule(look_back="731d")
    with engine.conn.transaction():
        publish_rfm(engine.conn, Author(engine.workspace, "test"), rule)
    champions = engine.publish("champions", Rfm(segments=("champions",)))
    sleeping = engine.publish("sleeping", Rfm(segments=("about_to_sleep", "hibernating", "lost")))
    records = [
        encode_event(engine.source, NOW_MS, 0, msgspec.json.encode(event)) for event in events()
    ]
    for start in range(0, len(records), BATCH):
        engine.feed(*records[start : start + BATCH])

    found = RfmRefresh(settings.rfm).run_once(engine.conn, NOW_MS)
    engine.sweep()

    expected = naive()
    assert found is not None
    assert (found.population, found.exact, found.changed) == (len(expected), True, True)
    row = engine.conn.execute("SELECT distribution->'segments' FROM rfm").fetchone()
    assert row is not None
    assert {name: people for name, people in row[0].items() if people} == Counter(expected.values())
    assert engine.members(champions) == {
        name for name, segment in expected.items() if segment == "champions"
    }
    asleep = ("about_to_sleep", "hibernating", "lost")
    assert engine.members(sleeping) == {
        name for name, segment in expected.items() if segment in asleep
    }
