"""Folding and composing obey the laws that the engine relies on."""

import random
from copy import deepcopy
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event, Order
from domain.ids import AggregateId
from domain.policies import ProfileRules
from domain.profiles.consent import EVERY_PURPOSE
from domain.profiles.leaf import Leaf, decode_leaf, encode_leaf, tie_of
from domain.segments.conditions import AtLeast
from domain.segments.definition import (
    Aggregate,
    AggregateSpec,
    Family,
    Resolution,
    WorkspaceDefinitions,
)
from domain.segments.event_filter import EventFilter, Where
from operators.aggregates.fold import state_of
from operators.profiles.compose import compose
from operators.profiles.fold import fold
from operators.profiles.sessions import add_interval, join_sessions
from operators.segments.program import Program
from operators.segments.touches import fold_matched, matched
from tests.support.builders import WORKSPACE, event

RULES = ProfileRules(
    session_gap=timedelta(milliseconds=10), name_limit=4, trait_limit=3, group_limit=2
)
PURCHASE = EventFilter("A", where=(Where("amount", AtLeast(0)),))
FAMILIES: tuple[Family, ...] = ("count", "number", "unique", "frequent", "edge")
RESOLUTIONS: tuple[Resolution, ...] = ("ever", "second", "minute", "hour", "day")
SPECS = [
    *(
        AggregateSpec(family, (named,), "amount", width, "Europe/Berlin")
        for family in FAMILIES
        for width in RESOLUTIONS
        for named in (PURCHASE, EventFilter(None))
    ),
    AggregateSpec("edge", (EventFilter("B"),), None, "hour"),
    AggregateSpec("marks", (EventFilter("A"), PURCHASE, EventFilter(None, "page"))),
]
AGGREGATES = tuple(Aggregate(AggregateId(number), spec) for number, spec in enumerate(SPECS, 1))
PROGRAM = Program(
    WorkspaceDefinitions(WORKSPACE, aggregates=AGGREGATES, newest_aggregate=len(AGGREGATES)), ()
)
JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.text("ab", max_size=2),
    st.lists(st.integers(0, 3), max_size=2),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["track", "page", "identify", "group"]))
    fields: dict[str, Any] = {
        "type": kind,
        "name": draw(st.sampled_from(["", "A", "B", "C", "D", "E", "F"]))
        if kind in ("track", "page")
        else "",
        "traits": draw(st.dictionaries(st.sampled_from("abcdef"), JSON, max_size=3)),
        "consent": draw(
            st.dictionaries(st.sampled_from(["ads", "mail"]), st.booleans(), max_size=2)
            | st.just({EVERY_PURPOSE: False})
        ),
        "order": draw(
            st.none() | st.builds(Order, st.sampled_from(["USD", "JPY"]), st.integers(-500, 500))
        ),
    }
    if kind == "group":
        fields |= {
            "group": draw(st.sampled_from("xyz")),
            "group_traits": draw(st.dictionaries(st.just("plan"), JSON)),
        }
    if kind in ("track", "page"):
        amounts = st.sampled_from([0, 1, 1.0, 2.5, 0.1, -3, "2", True, None, 10**12, 2.0**60])
        fields["properties"] = {"amount": draw(amounts)}
    apart = draw(
        st.sampled_from(
            [
                0,
                0,
                1_000,
                60_000,
                3_600_000,
                86_400_000,
                3_000 * 1_000,
                3_721 * 1_000,
                80 * 86_400_000,
                900 * 86_400_000,
            ]
        )
    )
    return event("u1", at_ms=draw(st.integers(0, 60)) - apart, **fields)


HISTORY = st.lists(events(), max_size=12)


def folded(history: list[Event]) -> Leaf:
    leaf = Leaf()
    for one in history:
        add(leaf, one)
    return leaf


def add(leaf: Leaf, one: Event) -> None:
    fold(leaf, one, RULES)
    found = matched(PROGRAM.touches(one.type, one.name), one.properties or {})
    fold_matched(leaf, found, one.properties or {}, one.occurred_ms, tie_of(one.message_key))


def composed(*leaves: Leaf) -> Leaf:
    return compose(leaves, RULES, PROGRAM.aggregates)


def opened(leaf: Leaf) -> Leaf:
    """With every state unpacked."""
    states = {
        aggregate.id: state_of(leaf, aggregate)
        for aggregate in AGGREGATES
        if aggregate.id in leaf.aggregates
    }
    return msgspec.structs.replace(leaf, aggregates=states)


@given(HISTORY, st.randoms())
def test_any_order_of_events_gives_the_same_leaf(history: list[Event], rng: random.Random) -> None:
    shuffled = history[:]
    rng.shuffle(shuffled)
    assert opened(folded(history)) == opened(folded(shuffled))


@given(HISTORY, st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_composing_leaves_equals_folding_all_their_events(
    history: list[Event], owners: list[int]
) -> None:
    leaves = [
        folded([one for one, owner in zip(history, owners, strict=False) if owner == leaf])
        for leaf in range(4)
    ]
    assert opened(composed(*leaves)) == opened(folded(history))


@given(HISTORY, HISTORY, events())
@pytest.mark.long
def test_folding_into_a_leaf_and_into_the_view_commute(
    one: list[Event], other: list[Event], late: Event
) -> None:
    view = decode_leaf(encode_leaf(composed(folded(one), folded(other))))
    add(view, late)
    assert opened(view) == opened(composed(folded([*one, late]), folded(other)))


@given(HISTORY)
def test_a_leaf_survives_storage(history: list[Event]) -> None:
    leaf = folded(history)
    assert opened(decode_leaf(encode_leaf(leaf))) == opened(leaf)


@given(HISTORY)
def test_composing_changes_no_leaf(history: list[Event]) -> None:
    leaves = [folded(history), folded(history[::2])]
    before = deepcopy(leaves)
    composed(*leaves)
    assert leaves == before


def test_caps_keep_exact_counts_and_say_that_something_is_left_out() -> None:
    leaf = folded([event("u1", name=f"N{number % 7}") for number in range(70)])
    assert (len(leaf.names), set(leaf.names.values()), leaf.overflow, leaf.events) == (
        4,
        {10},
        True,
        70,
    )


def test_at_the_same_instant_a_refusal_wins() -> None:
    history = [
        event("u1", consent={"ads": granted}, message=f"m{granted}") for granted in (True, False)
    ]
    assert (
        folded(history).consent["ads"].value is folded(history[::-1]).consent["ads"].value is False
    )


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=15), st.integers(0, 15)
)
def test_sessions_are_the_closure_of_closeness(activity: list[tuple[int, int]], cut: int) -> None:
    intervals = [(start, start + span) for start, span in activity]
    whole: list[int] = []
    left: list[int] = []
    right: list[int] = []
    for place, (start, end) in enumerate(intervals):
        add_interval(whole, start, end, 10)
        add_interval(left if place < cut else right, start, end, 10)
    naive: list[list[int]] = []
    for start, end in sorted(intervals):
        if naive and start - naive[-1][1] <= 10:
            naive[-1][1] = max(naive[-1][1], end)
        else:
            naive.append([start, end])
    assert whole == [instant for interval in naive for instant in interval]
    assert join_sessions(left, right, 10) == whole
