"""Erasure in UNIFY: what is left is what would be had nobody ever named the erased."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.event import Command, Event
from domain.ids import ProfileId
from domain.link import BANNED, LINKED, pair_of
from domain.privacy.erasure import FOREVER_MS
from tests.operators.unify.test_unify import GRANTED, fed
from tests.support.builders import (
    NOON_MS,
    allow,
    definitions,
    erase,
    event,
    key,
    order,
    unmerge,
)

MARY = ("u1", "e1", "a1")


def living() -> list[Event]:
    """Mary, who bought and consented, on a device that she shares with Tom."""
    return [
        order(
            "u1", "e1", "a1", at_ms=1, message="bought", consent=GRANTED, traits={"plan": "gold"}
        ),
        event("u1", "d1", at_ms=2, message="shared"),
        event("u2", "d1", at_ms=3, message="tom", traits={"plan": "iron"}),
    ]


def alone() -> list[Event]:
    """Tom, had Mary never been."""
    return [event("u2", "d1", at_ms=3, message="tom", traits={"plan": "iron"})]


def test_nothing_of_a_person_is_left() -> None:
    world = fed([living()])
    changes = world.feed(erase(*MARY, "d1", at_ms=10))
    assert not {key(name) for name in (*MARY, "d1")} & world.tables.identifiers.keys()
    assert set(world.tables.links) == set()
    assert [message.hex() for message in world.tables.erased_messages]
    (erasure,) = changes.erasures
    assert set(erasure.stored) == {key(name) for name in (*MARY, "d1")}
    assert erasure.joined == ()
    assert erasure.neighbours == (key("u2"),)


def test_others_are_as_if_the_person_had_never_been() -> None:
    world = fed([living(), [erase(*MARY, at_ms=10)]])
    assert world.views() == fed([alone()]).views()
    assert world.tables.links[pair_of(key("u2"), key("d1"))].status == LINKED
    assert world.person("u2").refused == 0


def test_whoever_is_erased_leaves_every_segment_at_once() -> None:
    world = fed([living()])
    before = world.person("u1").id
    changes = world.feed(erase(*MARY, "d1", at_ms=10))
    (left,) = changes.memberships
    assert (left.delta, left.cause, left.urgent) == (-1, "erasure", True)
    assert left.profile == before
    assert world.tables.memberships == {}


@pytest.mark.parametrize("order_of_arrival", list(permutations(range(4))))
def test_late_events_do_not_bring_anybody_back(order_of_arrival: tuple[int, ...]) -> None:
    items: list[Event | Command] = [*living(), erase(*MARY, at_ms=10, message="command")]
    world = fed([[items[place]] for place in order_of_arrival])
    assert world.views() == fed([alone()]).views()


def test_a_message_that_was_erased_is_a_duplicate_whatever_it_says_now() -> None:
    world = fed([living(), [erase(*MARY, at_ms=10)]])
    changes = world.feed(event("u1", at_ms=20, message="bought"))
    assert (changes.duplicates, changes.events) == (1, [])


def test_activity_after_the_erasure_makes_a_new_person() -> None:
    world = fed([living(), [erase(*MARY, at_ms=10)], [event("u1", "a1", at_ms=11)]])
    mary = world.person("u1")
    assert mary.view.types == {"track": 1}
    assert (mary.view.traits, mary.view.consent, mary.segments) == ({}, {}, {})
    assert mary.version > 1


def test_activity_after_the_erasure_is_refused_where_that_was_asked_for() -> None:
    world = fed([living(), [erase(*MARY, at_ms=10, until_ms=FOREVER_MS)]])
    changes = world.feed(event("u1", "a1", at_ms=11), event("u2", "a1", at_ms=12, message="both"))
    assert len(changes.suppressed) == 1
    assert world.views().keys() == fed([alone()]).views().keys()
    stored = world.tables.events[changes.events[0].message_key]
    assert isinstance(stored, Event)
    assert [one.key for one in stored.identifiers] == [key("u2")]


@pytest.mark.parametrize("first", [True, False])
def test_what_happened_after_the_request_and_before_its_turn_is_a_new_person(
    *, first: bool
) -> None:
    command = erase(*MARY, at_ms=10)
    later = [
        event("u1", "a1", at_ms=11, message="later"),
        event("u2", "a1", at_ms=12, message="other"),
    ]
    told: list[Event | Command] = [*later]
    batches: list[list[Event | Command]] = [[command], told] if first else [told, [command]]
    world = fed([living(), *batches])
    expected = fed([alone(), later])
    assert world.views() == expected.views()
    assert world.tables.links.keys() == expected.tables.links.keys()


def test_a_command_and_what_happened_after_it_may_come_in_one_batch() -> None:
    world = fed([living()])
    world.feed(
        erase(*MARY, at_ms=10),
        event("u1", "a1", at_ms=11, message="later"),
        event("u1", at_ms=9, message="late"),
    )
    expected = fed([alone(), [event("u1", "a1", at_ms=11, message="later")]])
    assert world.views() == expected.views()


def test_identifiers_that_joined_meanwhile_are_kept_and_told() -> None:
    world = fed([living(), [event("a7", at_ms=4), event("u1", "a7", at_ms=5)]])
    changes = world.feed(erase(*MARY, "d1", at_ms=10))
    assert changes.erasures[0].joined == (key("a7"),)
    assert world.person("a7").view.types == {"track": 1}


def test_an_identifier_that_only_erased_events_name_goes_with_them() -> None:
    world = fed([living(), [event("u1", "a7", at_ms=5)], [erase(*MARY, "d1", at_ms=10)]])
    assert key("a7") not in world.tables.identifiers
    world.feed(event("a7", at_ms=5))
    assert world.person("a7").version > 1


def test_a_ban_goes_with_the_person_and_one_from_afterwards_stays() -> None:
    world = fed([living(), [unmerge(("u1", "e1"), at_ms=5), unmerge(("u1", "a1"), at_ms=20)]])
    world.feed(erase(*MARY, "d1", at_ms=10))
    assert {pair: link.status for pair, link in world.tables.links.items()} == {
        pair_of(key("u1"), key("a1")): BANNED
    }
    world.feed(event("u1", "e1", "a1", at_ms=30))
    assert world.person("u1").id == world.person("e1").id != world.person("a1").id


def test_a_command_from_before_the_erasure_is_void_however_late_it_comes() -> None:
    world = fed([living(), [erase(*MARY, "d1", at_ms=10)]])
    world.feed(unmerge(("u1", "e1"), at_ms=5), allow(("u1", "a1"), at_ms=6))
    assert not any(key("u1") in pair for pair in world.tables.links)


def test_a_limit_that_the_erased_used_up_is_free_again() -> None:
    rules = definitions(email=1)
    told = [event("e1", "a1", at_ms=1), event("e2", "a1", at_ms=2)]
    world = fed([told], rules)
    assert world.person("e2").id != world.person("a1").id
    world.feed(erase("e1", at_ms=10))
    assert world.views() == fed([[event("e2", "a1", at_ms=2)]], rules).views()


def test_erasing_twice_erases_once() -> None:
    command = erase(*MARY, at_ms=10, message="once")
    world = fed([living(), [command]])
    again = world.feed(command)
    assert (again.erasures, again.duplicates) == ([], 1)
    second = world.feed(erase(*MARY, at_ms=12, message="twice"))
    assert second.erasures[0].stored == ()
    assert world.tables.erased[key("u1")].until_ms == NOON_MS + 12


def test_two_commands_about_one_person_share_the_work() -> None:
    world = fed([living()])
    changes = world.feed(erase("u1", "e1", at_ms=10), erase("e1", "a1", at_ms=11))
    first, second = changes.erasures
    assert set(first.stored) == {key("u1"), key("e1")}
    assert set(second.stored) == {key("a1")}
    assert (len(first.people), second.people) == (1, ())
    assert world.views() == fed([alone()]).views()


def test_erasing_somebody_who_was_never_seen_keeps_late_events_out() -> None:
    world = fed([[erase("u9", "a9", at_ms=10)]])
    changes = world.feed(event("u9", "a9", at_ms=3))
    assert (world.views(), len(changes.suppressed)) == ({}, 1)


NAMES = st.sampled_from(["u1", "u2", "e1", "a1", "a2", "d1"])
EVENTS = st.lists(
    st.tuples(st.lists(NAMES, min_size=1, max_size=3, unique=True), st.integers(0, 20)),
    max_size=12,
)


@given(EVENTS, st.sets(NAMES, min_size=1), st.integers(0, 20), st.randoms(use_true_random=False))
def test_any_order_gives_the_world_without_the_erased(
    told: list[tuple[list[str], int]], erased: set[str], until: int, rng: Random
) -> None:
    strength = ["u1", "u2", "e1", "d1", "a1", "a2"]
    events = [
        event(*sorted(names, key=strength.index), at_ms=at_ms, message=f"m{place}")
        for place, (names, at_ms) in enumerate(told)
    ]
    items: list[Event | Command] = [*events, erase(*erased, at_ms=until, message="command")]
    rng.shuffle(items)
    gone = {key(name) for name in erased}
    left = []
    for one in events:
        if one.occurred_ms > NOON_MS + until:
            left.append(one)
        elif one.identifiers[0].key not in gone:
            kept = tuple(each for each in one.identifiers if each.key not in gone)
            left.append(replace(one, identifiers=kept))
    world = fed([[item] for item in items])
    expected = fed([[one] for one in left])
    assert world.views() == expected.views()
    assert {pair: link.status for pair, link in world.tables.links.items()} == {
        pair: link.status for pair, link in expected.tables.links.items()
    }


def test_an_id_that_comes_again_is_never_the_one_that_was_erased() -> None:
    """What a worker remembers of the erased must not pass for the new person."""
    world = fed([living(), [event("u1", at_ms=4)]])
    old = world.person("u1")
    world.feed(erase(*MARY, "d1", at_ms=10))
    world.feed(event("u1", at_ms=11))
    new = world.person("u1")
    assert new.id == old.id == ProfileId(key("u1"))
    assert new.version > old.version
