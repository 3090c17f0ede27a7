"""Composes leaves into one view.

A commutative, associative merge, so that any order of merges gives the same person.

``compose([a, b])`` after folding an event into ``a`` equals folding it into ``compose([a, b])``:
the engine relies on it to keep a person's view current without touching the person's other leaves.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec

from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf, Register, Revenue, later, later_consent
from domain.segments.aggregate import State
from domain.segments.definition import Aggregate
from operators.aggregates.bounded import keep_bounded
from operators.aggregates.fold import state_of
from operators.aggregates.join import join
from operators.profiles.sessions import join_sessions


def _join(
    left: dict[str, Register],
    right: dict[str, Register],
    choose: Callable[[Register, Register], Register],
) -> dict[str, Register]:
    joined = dict(left)
    for name, register in right.items():
        known = joined.get(name)
        joined[name] = register if known is None else choose(known, register)
    return joined


def _add(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    joined = dict(left)
    for name, count in right.items():
        joined[name] = joined.get(name, 0) + count
    return joined


def _join_aggregates(
    left: Leaf, right: Leaf, aggregates: Mapping[int, Aggregate]
) -> dict[int, msgspec.Raw]:
    joined: dict[int, State | msgspec.Raw] = {}
    for number in left.aggregates.keys() | right.aggregates.keys():
        aggregate = aggregates.get(number)
        if aggregate is None:
            continue
        mine, theirs = state_of(left, aggregate), state_of(right, aggregate)
        joined[number] = (
            join(aggregate.spec, mine, theirs)
            if mine and theirs
            else left.aggregates.get(number) or right.aggregates[number]
        )
    return cast("dict[int, msgspec.Raw]", joined)


def _join_two(
    left: Leaf, right: Leaf, rules: ProfileRules, aggregates: Mapping[int, Aggregate]
) -> Leaf:
    if right.is_empty:
        return left
    if left.is_empty:
        return right
    revenue = dict(left.revenue)
    for currency, (orders, amount) in right.revenue.items():
        count, total = revenue.get(currency, (0, 0))
        revenue[currency] = Revenue(count + orders, total + amount)
    active = [leaf for leaf in (left, right) if leaf.types]
    buyers = [leaf for leaf in (left, right) if leaf.revenue]
    view = Leaf(
        first_ms=min((leaf.first_ms for leaf in active), default=0),
        last_ms=max((leaf.last_ms for leaf in active), default=0),
        types=_add(left.types, right.types),
        names=_add(left.names, right.names),
        traits=_join(left.traits, right.traits, later),
        groups=_join(left.groups, right.groups, later),
        sessions=join_sessions(left.sessions, right.sessions, rules.session_gap_ms),
        revenue=revenue,
        first_order_ms=min((leaf.first_order_ms for leaf in buyers), default=0),
        last_order_ms=max((leaf.last_order_ms for leaf in buyers), default=0),
        consent=_join(left.consent, right.consent, later_consent),
        overflow=left.overflow or right.overflow,
        aggregates=_join_aggregates(left, right, aggregates),
    )
    view.overflow |= keep_bounded(view.names, rules.name_limit)
    view.overflow |= keep_bounded(view.traits, rules.trait_limit)
    view.overflow |= keep_bounded(view.groups, rules.group_limit)
    return view


def compose(
    leaves: Iterable[Leaf], rules: ProfileRules, aggregates: Mapping[int, Aggregate]
) -> Leaf:
    """Merge leaves into a view.

    Args:
        leaves: any number, in any order; none of them is changed.
        rules: session gap and caps.
        aggregates: those that are kept, by id; others are dropped.

    Returns:
        The composed view; empty for no leaves. It shares registers with the leaves, which are
        immutable, but no containers unless there is only one leaf with events, which is returned as
        it is.
    """
    remaining = [leaf for leaf in leaves if not leaf.is_empty]
    if not remaining:
        return Leaf()
    while len(remaining) > 1:  # pairwise, so that a thousand leaves cost n log n and not n²
        pairs = zip(remaining[::2], remaining[1::2], strict=False)
        odd = remaining[-1:] if len(remaining) % 2 else []
        remaining = [_join_two(one, other, rules, aggregates) for one, other in pairs] + odd
    return remaining[0]
