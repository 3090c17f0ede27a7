"""Bans and what lifts them: the latest command about a link counts, in any order of delivery."""

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import Command, Event
from domain.link import BANNED, LIFTED, LINKED, Link, pair_of
from tests.operators.unify.test_unify import World, fed
from tests.support.builders import allow, event, key, order, unmerge

PAIR = ("u1", "e1")


def link(world: World) -> Link:
    return world.tables.links[pair_of(*map(key, PAIR))]


def test_lifting_a_ban_gives_what_would_have_been_without_it() -> None:
    history = [
        event("u1", at_ms=1, message="1"),
        order("e1", at_ms=2, message="2"),
        event("u1", "e1", at_ms=3, message="3"),
    ]
    later = [event("e1", "a1", at_ms=4, message="4"), event("u1", at_ms=5, message="5")]
    lifted = fed([history, [unmerge(PAIR, at_ms=10)], later, [allow(PAIR, at_ms=11)]])
    assert lifted.views() == fed([history, later]).views()
    assert lifted.person("u1").id == lifted.person("a1").id
    assert (link(lifted).status, link(lifted).reason) == (LINKED, "")


def test_a_lifted_ban_is_a_merge_in_the_history_that_names_the_command() -> None:
    world = fed([[event("u1", "e1", at_ms=1)], [unmerge(PAIR, at_ms=2)]])
    command = allow(PAIR, at_ms=3)
    (merge,) = world.feed(command).merges
    assert (merge.kind, merge.cause) == ("merge", command.message_key)


def test_an_event_that_came_during_the_ban_counts_when_it_is_lifted() -> None:
    world = fed([[event("u1", "e1", at_ms=5)], [unmerge(PAIR, at_ms=10)]])
    earlier = event("u1", "a9", "e1", at_ms=1)
    world.feed(earlier)
    assert link(world).status == BANNED
    world.feed(allow(PAIR, at_ms=11))
    assert link(world).cause == earlier.message_key
    assert (link(world).status, link(world).rank) == (LINKED, 2)


def test_a_link_that_was_banned_before_any_event_stated_it_is_free_to_be_stated() -> None:
    world = fed([[unmerge(PAIR, at_ms=1)], [allow(PAIR, at_ms=2)]])
    assert link(world).status == LIFTED
    world.feed(event("u1", "e1", at_ms=3))
    assert link(world).status == LINKED
    assert world.person("u1").id == world.person("e1").id


def test_a_limit_refuses_a_link_whose_ban_is_lifted() -> None:
    world = fed(
        [
            [event("u1", "d1", at_ms=2)],
            [unmerge(("u1", "d1"), at_ms=10)],
            [event("u2", "d1", at_ms=1)],
            [allow(("u1", "d1"), at_ms=11)],
        ]
    )
    refused = world.tables.links[pair_of(key("u1"), key("d1"))]
    assert (refused.status, refused.reason) == ("refused", "limit:user_id")
    assert world.person("d1").id == world.person("u2").id != world.person("u1").id


def test_lifting_an_early_ban_gives_a_shared_device_back_to_who_used_it_first() -> None:
    world = fed(
        [
            [event("u1", "d1", at_ms=1)],
            [unmerge(("u1", "d1"), at_ms=10)],
            [event("u2", "d1", at_ms=2)],
        ]
    )
    assert world.person("d1").id == world.person("u2").id
    world.feed(allow(("u1", "d1"), at_ms=11))
    assert world.person("d1").id == world.person("u1").id != world.person("u2").id


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        ([unmerge(PAIR, at_ms=1), allow(PAIR, at_ms=2)], LINKED),
        ([unmerge(PAIR, at_ms=2), allow(PAIR, at_ms=1)], BANNED),
        ([unmerge(PAIR, at_ms=1), allow(PAIR, at_ms=1)], BANNED),
        ([unmerge(PAIR, at_ms=1), allow(PAIR, at_ms=2), unmerge(PAIR, at_ms=3)], BANNED),
    ],
)
def test_the_latest_command_counts_and_of_one_millisecond_the_ban(
    commands: list[Command], status: str
) -> None:
    said: list[Event | Command] = [event("u1", "e1", at_ms=0), *commands]
    for items in permutations(said):
        assert link(fed([[item] for item in items])).status == status
        assert link(fed([items])).status == status


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event | Command], int]:
    """Events and commands about a few identifiers, and a seed for their delivery."""
    names = st.sampled_from(["u1", "u2", "e1", "d1"])
    pairs = st.lists(names, min_size=2, max_size=2, unique=True).map(sorted)
    instants = st.integers(0, 5)
    items: list[Event | Command] = []
    for number in range(draw(st.integers(2, 8))):
        one, other = draw(pairs)
        at_ms, message = draw(instants), f"{number}"
        match draw(st.sampled_from(["event", "event", "unmerge", "allow"])):
            case "event":
                items.append(event(other, one, at_ms=at_ms, message=message))
            case "unmerge":
                reason = draw(st.sampled_from(["a typo", "shared"]))
                items.append(unmerge((one, other), at_ms=at_ms, message=message, reason=reason))
            case _:
                items.append(allow((other, one), at_ms=at_ms, message=message))
    return items, draw(st.integers(0, 1_000))


@given(histories())
def test_no_order_of_delivery_no_batching_and_no_repetition_changes_anything(
    drawn: tuple[list[Event | Command], int],
) -> None:
    items, seed = drawn
    rng = random.Random(seed)
    shuffled = [*items, *rng.sample(items, len(items) // 2)]
    rng.shuffle(shuffled)
    cut = rng.randrange(len(shuffled) + 1)
    one, other = fed([[item] for item in items]), fed([shuffled[:cut], shuffled[cut:]])
    assert one.views() == other.views()
    for pair, fact in one.tables.links.items():
        twin = other.tables.links[pair]
        assert (fact.status, fact.reason, fact.ruled_ms) == (
            twin.status, twin.reason, twin.ruled_ms,
        )  # fmt: skip
        assert fact == twin or not fact.is_stated
    assert one.tables.links.keys() == other.tables.links.keys()
