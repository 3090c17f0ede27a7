"""Folding and composing obey the laws that the engine relies on."""

import random
from copy import deepcopy
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event, Order
from domain.leaf import Leaf, decode_leaf, encode_leaf
from domain.rules import ProfileRules
from operators.compose import compose
from operators.fold import fold
from operators.sessions import add_interval, join_sessions
from tests.builders import event

RULES = ProfileRules(session_gap=timedelta(milliseconds=10), name_limit=4, trait_limit=3, group_limit=2)
JSON = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.text("ab", max_size=2), st.lists(st.integers(0, 3), max_size=2))


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(["track", "page", "identify", "group"]))
    fields: dict[str, Any] = {
        "type": kind,
        "name": draw(st.sampled_from(["", "A", "B", "C", "D", "E", "F"])) if kind in ("track", "page") else "",
        "traits": draw(st.dictionaries(st.sampled_from("abcdef"), JSON, max_size=3)),
        "consent": draw(st.dictionaries(st.sampled_from(["ads", "mail"]), st.booleans(), max_size=2)),
        "order": draw(st.none() | st.builds(Order, st.sampled_from(["USD", "JPY"]), st.integers(-500, 500))),
    }
    if kind == "group":
        fields |= {"group": draw(st.sampled_from("xyz")), "group_traits": draw(st.dictionaries(st.just("plan"), JSON))}
    return event("u1", at_ms=draw(st.integers(0, 60)), **fields)


HISTORY = st.lists(events(), max_size=12)


def folded(history: list[Event]) -> Leaf:
    leaf = Leaf()
    for one in history:
        fold(leaf, one, RULES)
    return leaf


@given(HISTORY, st.randoms())
def test_any_order_of_events_gives_the_same_leaf(history: list[Event], rng: random.Random) -> None:
    shuffled = history[:]
    rng.shuffle(shuffled)
    assert folded(history) == folded(shuffled)


@given(HISTORY, st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_composing_leaves_equals_folding_all_their_events(history: list[Event], owners: list[int]) -> None:
    leaves = [folded([one for one, owner in zip(history, owners, strict=False) if owner == leaf]) for leaf in range(4)]
    assert compose(leaves, RULES) == folded(history)


@given(HISTORY, HISTORY, events())
def test_folding_into_a_leaf_and_into_the_view_commute(one: list[Event], other: list[Event], late: Event) -> None:
    view = deepcopy(compose([folded(one), folded(other)], RULES))
    fold(view, late, RULES)
    assert view == compose([folded([*one, late]), folded(other)], RULES)


@given(HISTORY)
def test_a_leaf_survives_storage(history: list[Event]) -> None:
    leaf = folded(history)
    assert decode_leaf(encode_leaf(leaf)) == leaf


@given(HISTORY)
def test_composing_changes_no_leaf(history: list[Event]) -> None:
    leaves = [folded(history), folded(history[::2])]
    before = deepcopy(leaves)
    compose(leaves, RULES)
    assert leaves == before


def test_caps_keep_exact_counts_and_say_that_something_is_left_out() -> None:
    leaf = folded([event("u1", name=f"N{number % 7}") for number in range(70)])
    assert (len(leaf.names), set(leaf.names.values()), leaf.overflow, leaf.events) == (4, {10}, True, 70)


def test_at_the_same_instant_a_refusal_wins() -> None:
    history = [event("u1", consent={"ads": granted}, message=f"m{granted}") for granted in (True, False)]
    assert folded(history).consent["ads"].value is folded(history[::-1]).consent["ads"].value is False


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 30)), max_size=15), st.integers(0, 15))
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
