"""Every fault changes the traffic as its label says, every severity more than the one below it."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

from domain.event import DeadLetter, Event
from domain.instants import HOUR_MS, MINUTE_MS
from domain.policies import IdentityRules, ProfileRules
from domain.signals import metrics
from faultlab.deliveries import Answers, DeliveriesState
from faultlab.disturbance import CALM, Disturbance
from faultlab.faults import FAULTS, NORMAL
from faultlab.profiles import CONVERSIONS, META, MOBILE_APP, PROFILES, SOURCES, WEB_SHOP, Profile
from faultlab.records import Records
from faultlab.rhythm import MONDAY_MS
from faultlab.traffic import Traffic, TrafficState

START = MONDAY_MS + 12 * HOUR_MS
"""Noon: everybody is awake."""
RECORDS = {
    profile.name: Records(profile, IdentityRules(), ProfileRules())
    for profile in (WEB_SHOP, MOBILE_APP, CONVERSIONS)
}


class Heard(NamedTuple):
    """What was processed at an instant."""

    now_ms: int
    item: Event | DeadLetter


def sent(
    disturbance: Disturbance, profile: Profile = WEB_SHOP, minutes: int = 150, skip: int = 90
) -> list[Heard]:
    """Records of the time in which the disturbance is fully there."""
    records = RECORDS[profile.name].disturbed(disturbance.change, disturbance.clock)
    traffic = Traffic(profile, records, TrafficState(np.random.default_rng(1)), disturbance, START)
    heard = []
    for minute in range(1, minutes + 1):
        now_ms = START + minute * MINUTE_MS
        heard += [Heard(now_ms, item) for item in traffic.batch(now_ms, MINUTE_MS) if minute > skip]
    return heard


def events(heard: list[Heard]) -> list[Event]:
    return [one.item for one in heard if isinstance(one.item, Event)]


def share(found: list[Event], holds: Callable[[Event], bool]) -> float:
    return sum(map(holds, found)) / max(1, len(found))


def properties(event: Event) -> dict[str, Any]:
    return event.properties or {}


def carrying(kind: str) -> Callable[[list[Heard]], float]:
    return lambda heard: share(
        events(heard), lambda event: kind in {one.kind for one in event.identifiers}
    )


def granted(heard: list[Heard]) -> float:
    return share(
        [event for event in events(heard) if event.consent], lambda event: event.consent["ads"]
    )


def repeated(heard: list[Heard]) -> float:
    keys = Counter(event.message_key for event in events(heard))
    return 1 - len(keys) / keys.total()


def order_value(heard: list[Heard]) -> float:
    return float(
        np.mean([event.order.amount_minor for event in events(heard) if event.order is not None])
    )


def busiest(heard: list[Heard]) -> float:
    found = Counter(event.identifiers[0].key for event in events(heard))
    return found.most_common(1)[0][1] / found.total()


def with_price(heard: list[Heard]) -> float:
    viewed = [event for event in events(heard) if event.name == "Product Viewed"]
    return share(viewed, lambda event: "product_id" in properties(event))


def numeric(heard: list[Heard]) -> float:
    viewed = [event for event in events(heard) if event.name == "Product Viewed"]
    return share(viewed, lambda event: isinstance(properties(event)["price"], float))


def dead(heard: list[Heard]) -> float:
    return sum(isinstance(one.item, DeadLetter) for one in heard) / len(heard)


def age_s(heard: list[Heard]) -> float:
    return (
        float(np.median([event.received_ms - event.occurred_ms for event in events(heard)])) / 1000
    )


def lag_s(heard: list[Heard]) -> float:
    return float(np.median([one.now_ms - one.item.received_ms for one in heard])) / 1000


def old(heard: list[Heard]) -> float:
    return share(events(heard), lambda event: event.received_ms - event.occurred_ms > HOUR_MS)


UP, DOWN = 1, -1
MEASURES: dict[str, tuple[Callable[[list[Heard]], float], int]] = {
    "outage": (len, DOWN),
    "partial loss": (len, DOWN),
    "late arrival": (age_s, UP),
    "late processing": (lag_s, UP),
    "duplicate storm": (repeated, UP),
    "identifier dropout": (carrying("user_id"), DOWN),
    "wrong hashing": (
        lambda heard: share(events(heard), lambda event: "email" in event.invalid),
        UP,
    ),
    "vanished properties": (with_price, DOWN),
    "renamed properties": (with_price, DOWN),
    "broken records": (dead, UP),
    "retyped properties": (numeric, DOWN),
    "amounts ×100": (order_value, UP),
    "clock behind": (old, UP),
    "clock ahead": (lambda heard: share(events(heard), lambda event: event.future), UP),
    "bot flood": (busiest, UP),
    "consent always granted": (granted, UP),
    "consent never granted": (granted, DOWN),
}


def answered(disturbance: Disturbance) -> Counter[str]:
    answers = Answers(META, DeliveriesState(np.random.default_rng(1)), disturbance, START)
    total: Counter[str] = Counter()
    for minute in range(1, 400):
        total.update(answers.counters(START + minute * MINUTE_MS, MINUTE_MS))
    return total


def ratio(part: str, whole: str) -> Callable[[Counter[str]], float]:
    return lambda counted: counted[part] / counted[whole]


PLATFORM: dict[str, tuple[Callable[[Counter[str]], float], int]] = {
    "platform fails": (
        lambda counted: (
            counted[metrics.REQUESTS_OK]
            / (counted[metrics.REQUESTS_OK] + counted[metrics.REQUESTS_FAILED])
        ),
        DOWN,
    ),
    "platform rejects rows": (ratio(metrics.ROWS_REJECTED, metrics.ROWS_SENT), UP),
    "match rate collapses": (ratio(metrics.MATCH_RATE, metrics.MATCH_RATES), DOWN),
}


def claimed(heard: list[Heard]) -> float:
    found = events(heard)
    return sum(event.report.orders for event in found if event.report) / sum(
        event.order is not None for event in found
    )


REPORTS = {"double-fired conversions": (claimed, UP), "conversions not reported": (claimed, DOWN)}
CALMLY = {profile.name: sent(CALM, profile) for profile in (WEB_SHOP, CONVERSIONS)}


def graded(name: str) -> list[Disturbance]:
    return [fault for fault in FAULTS if fault.name == name]


def test_every_fault_is_measured() -> None:
    assert {*MEASURES, *PLATFORM, *REPORTS} == {fault.name for fault in FAULTS}


@pytest.mark.parametrize("name", MEASURES)
def test_a_fault_of_a_source_moves_what_it_says_and_more_so_the_severer_it_is(name: str) -> None:
    measure, direction = MEASURES[name]
    values = [
        measure(CALMLY[WEB_SHOP.name]),
        *(measure(sent(fault)) if fault.lost < 1 else 0.0 for fault in graded(name)),
    ]
    assert values == sorted(values, reverse=direction == DOWN)
    assert all(one != other for one, other in pairwise(values))


@pytest.mark.parametrize("name", PLATFORM)
def test_a_fault_of_a_platform_moves_what_it_says_and_more_so_the_severer_it_is(name: str) -> None:
    measure, direction = PLATFORM[name]
    values = [
        measure(answered(CALM)),
        *(measure(answered(fault)) for fault in graded(name) if fault.failing < 1),
    ]
    assert values == sorted(values, reverse=direction == DOWN)


def test_a_platform_that_fails_altogether_delivers_nothing() -> None:
    total = answered(graded("platform fails")[-1])
    assert (total[metrics.REQUESTS_OK], total[metrics.ROWS_SENT]) == (0, 0)
    assert total[metrics.REQUESTS_FAILED] > 100


@pytest.mark.parametrize("name", REPORTS)
def test_reported_conversions_move_as_labelled_and_first_party_orders_stay(name: str) -> None:
    measure, direction = REPORTS[name]
    usual = CALMLY[CONVERSIONS.name]
    moved = [sent(fault, CONVERSIONS) for fault in graded(name)]
    values = [measure(usual), *map(measure, moved)]
    assert values == sorted(values, reverse=direction == DOWN)
    assert order_value(moved[-1]) == pytest.approx(order_value(usual), rel=0.2)


def test_half_a_loss_loses_half() -> None:
    lost = len(sent(graded("partial loss")[1]))
    assert lost / len(CALMLY[WEB_SHOP.name]) == pytest.approx(0.5, abs=0.06)


def test_an_outage_is_silence() -> None:
    assert sent(graded("outage")[0], skip=0) == []


def test_nothing_happens_before_the_onset() -> None:
    storm = graded("duplicate storm")[2]
    traffic = Traffic(
        WEB_SHOP,
        RECORDS[WEB_SHOP.name],
        TrafficState(np.random.default_rng(1)),
        storm,
        START + 60 * MINUTE_MS,
    )
    calm = Traffic(
        WEB_SHOP, RECORDS[WEB_SHOP.name], TrafficState(np.random.default_rng(1)), CALM, START
    )
    for minute in range(1, 61):
        now_ms = START + minute * MINUTE_MS
        assert traffic.batch(now_ms, MINUTE_MS) == calm.batch(now_ms, MINUTE_MS)


def test_calm_traffic_is_as_the_mix_says() -> None:
    heard = CALMLY[WEB_SHOP.name]
    mix = WEB_SHOP.mix
    regulars = 1 - mix.newcomers
    assert granted(heard) == pytest.approx(mix.granted, abs=0.1)
    assert carrying("user_id")(heard) == pytest.approx(mix.user_id * regulars, abs=0.08)
    assert repeated(heard) < 0.02
    assert dead(heard) < 0.01
    assert age_s(heard) < 60
    assert lag_s(heard) < 1


@pytest.mark.parametrize("thing", NORMAL, ids=lambda thing: thing.name)
def test_normal_things_break_no_record_and_happen_somewhere(thing: Disturbance) -> None:
    assert any(thing.needs <= profile.offers for profile in PROFILES)
    if thing.needs <= WEB_SHOP.offers:
        assert dead(sent(thing)) < 0.01


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.name} {fault.severity}")
def test_every_fault_happens_to_some_profile_and_fits_into_its_duration(fault: Disturbance) -> None:
    assert any(fault.needs <= profile.offers for profile in PROFILES)
    assert fault.ramp <= fault.lasting


def test_sources_send_different_identifiers() -> None:
    assert (
        len(
            {
                (profile.mix.user_id, profile.mix.email, profile.mix.phone, profile.mix.device_id)
                for profile in SOURCES
            }
        )
        >= 5
    )
    assert carrying("device_id")(sent(CALM, MOBILE_APP, minutes=30, skip=0)) > 0.3
