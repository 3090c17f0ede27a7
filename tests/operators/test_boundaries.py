"""The engine at the edges of windows: events go through UNIFY, the clock through wakes, and every
instant is exact."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.changes import Changes, LoadedState
from domain.event import Event
from domain.ids import SegmentId
from domain.instants import HOUR_MS
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.profile import Person
from domain.segments.conditions import AtLeast, Equals
from domain.segments.definition import Segment, WorkspaceDefinitions
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Behaviour, Not, Rule, Step
from domain.segments.rule import Sequence as SequenceRule
from operators.rules.windows import kept_buckets, window_of
from operators.segments.compile_definitions import compile_program
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from operators.unify.wake import wake
from tests.support.boundaries import TABLE
from tests.support.builders import NOON_MS, WORKSPACE, event, numbered

VIEWED = EventFilter("Viewed")


def ms(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // (datetime.resolution * 1000)


def live(rule: Rule, zone: str = "UTC") -> Definitions:
    one = numbered(
        WorkspaceDefinitions(
            WORKSPACE,
            1,
            time_zone=zone,
            segments=(Segment(SegmentId(1), WORKSPACE, 1, rule, revision=1),),
        )
    )
    return Definitions(IdentityRules(), ProfileRules(), {WORKSPACE: compile_program(one)}, 1)


def fed(events: list[Event], definitions: Definitions, now_ms: int) -> tuple[Person, Changes]:
    """The one person whom events make, and everything that was done."""
    changes = unify(events, LoadedState(), definitions, now_ms)
    assert isinstance(changes, Changes)
    (person,) = changes.people
    return person, changes


def woken(person: Person, definitions: Definitions, now_ms: int) -> list[tuple[int, str]]:
    """What the clock changes: (delta, cause) of every transition."""
    changes = wake([person], LoadedState(), definitions, now_ms)
    assert isinstance(changes, Changes)
    return [(change.delta, change.cause) for change in changes.memberships]


@pytest.mark.parametrize(
    ("name", "window", "zone", "at", "expiry"), TABLE, ids=[row[0] for row in TABLE]
)
def test_an_event_counts_until_exactly_its_expiry(
    name: str, window: str, zone: str, at: str, expiry: str
) -> None:
    did = live(Behaviour(VIEWED, window=window, condition=AtLeast(1)), zone)
    person, changes = fed([event("u1", at_ms=ms(at) - NOON_MS)], did, ms(at))

    assert [change.delta for change in changes.memberships] == [1]
    assert person.flips == {SegmentId(1): ms(expiry)}, name
    assert woken(person, did, ms(expiry) - 1) == []
    assert woken(person, did, ms(expiry)) == [(-1, "wake")]
    assert person.flips == {}


@pytest.mark.parametrize(
    ("name", "window", "zone", "at", "expiry"), TABLE, ids=[row[0] for row in TABLE]
)
def test_who_did_not_do_it_enters_when_the_event_leaves(
    name: str, window: str, zone: str, at: str, expiry: str
) -> None:
    silent = live(Not(Behaviour(VIEWED, window=window, condition=AtLeast(1))), zone)
    person, changes = fed([event("u1", at_ms=ms(at) - NOON_MS)], silent, ms(at))

    assert changes.memberships == []
    assert person.flips == {SegmentId(1): ms(expiry)}, name
    assert woken(person, silent, ms(expiry) - 1) == []
    assert woken(person, silent, ms(expiry)) == [(1, "wake")]


def test_an_event_that_comes_when_its_window_has_passed_changes_nothing() -> None:
    did = live(Behaviour(VIEWED, window="1h", condition=AtLeast(1)))
    late, _ = fed([event("u1", at_ms=-HOUR_MS)], did, NOON_MS)
    assert late.segments == {}
    just_in_time, _ = fed([event("u1", at_ms=-HOUR_MS + 1_000)], did, NOON_MS)
    assert just_in_time.flips == {SegmentId(1): NOON_MS + 1_000}


def test_a_late_event_changes_the_past() -> None:
    seen_then_bought = live(
        SequenceRule((Step(VIEWED), Step(EventFilter("Order Completed"), "30m")))
    )
    bought = event("u1", name="Order Completed", at_ms=-HOUR_MS)
    alone, _ = fed([bought], seen_then_bought, NOON_MS)
    with_the_late_one, _ = fed(
        [bought, event("u1", at_ms=-HOUR_MS - 30 * 60_000)], seen_then_bought, NOON_MS
    )
    too_early, _ = fed(
        [bought, event("u1", at_ms=-HOUR_MS - 30 * 60_000 - 1)], seen_then_bought, NOON_MS
    )
    assert [bool(person.segments) for person in (alone, with_the_late_one, too_early)] == [
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    "make", [list, lambda: [event("u1", name="Something Else")]], ids=["nothing", "something else"]
)
def test_without_matching_events_only_absence_holds(make: Callable[[], list[Event]]) -> None:
    history = make() or [event("u1", type="identify", name="")]
    for rule, expected in (
        (Behaviour(VIEWED, condition=AtLeast(1)), False),
        (Behaviour(VIEWED, window="1m", condition=Equals(0)), True),
        (Not(Behaviour(VIEWED, window="731d", condition=AtLeast(1))), True),
    ):
        person, _ = fed(history, live(rule), NOON_MS)
        assert bool(person.segments) is expected
        assert person.flips == {}


@pytest.mark.parametrize(
    ("window", "span_ms"),
    [
        ("1h", HOUR_MS),
        ("48h", 48 * HOUR_MS),
        ("60d", 1_440 * HOUR_MS),
        ("731d", 731 * 24 * HOUR_MS),
    ],
)
def test_a_huge_history_is_held_in_bounded_memory(window: str, span_ms: int) -> None:
    definitions = live(Behaviour(VIEWED, window=window, condition=AtLeast(5_000)))
    history = [event("u1", at_ms=-int(number * 2 * span_ms / 20_000)) for number in range(20_000)]
    person, _ = fed(history, definitions, NOON_MS)
    (state,) = person.view.aggregates.values()
    held: Any = state
    assert len(held.buckets) <= kept_buckets(window_of(window).resolution) + 1
    assert SegmentId(1) in person.segments


def test_of_two_events_the_one_that_the_condition_needs_decides_when_it_ends() -> None:
    twice = live(Behaviour(VIEWED, window="1h", condition=AtLeast(2)))
    history = [
        event("u1", at_ms=-50 * 60_000),
        event("u1", at_ms=-20 * 60_000),
        event("u1", at_ms=-10 * 60_000),
    ]
    person, _ = fed(history, twice, NOON_MS)
    assert person.flips == {SegmentId(1): NOON_MS + 40 * 60_000}
