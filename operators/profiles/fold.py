"""Folds one event into a leaf, or into a person's view, which has the same shape and laws.

Event time decides values. Folding is commutative; it is not idempotent, so the caller de-duplicates
first (`operators.unify.batch`).
"""

from collections.abc import Sequence

from domain.event import OPERATOR, Event
from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf, Register, Revenue, later, later_consent, tie_of
from operators.aggregates.bounded import keep_bounded
from operators.profiles.sessions import add_interval


def _write(registers: dict[str, Register], name: str, register: Register) -> None:
    known = registers.get(name)
    registers[name] = register if known is None else later(register, known)


def fold(leaf: Leaf, event: Event, rules: ProfileRules) -> Sequence[str]:
    """Add what one event says, in place.

    Args:
        leaf: leaf or composed view; changed in place.
        event: accepted and not yet folded.
        rules: session gap and caps.

    Returns:
        Traits that fell out because there is no room for all.
    """
    if event.source == OPERATOR:  # no activity
        return _fold_statements(leaf, event, rules)
    at = event.occurred_ms
    if leaf.types:
        if at < leaf.first_ms:
            leaf.first_ms = at
        elif at > leaf.last_ms:
            leaf.last_ms = at
    else:
        leaf.first_ms = leaf.last_ms = at
    leaf.types[event.type] = leaf.types.get(event.type, 0) + 1
    if event.name:
        name = f"{event.type}:{event.name}"
        leaf.names[name] = leaf.names.get(name, 0) + 1
        if len(leaf.names) > rules.name_limit:
            leaf.overflow |= keep_bounded(leaf.names, rules.name_limit)
    add_interval(leaf.sessions, at, at, rules.session_gap_ms)
    if event.order is not None:
        _fold_order(leaf, event.order.currency, event.order.amount_minor, at)
    if event.traits or event.group or event.consent:
        return _fold_statements(leaf, event, rules)
    return ()


def _fold_statements(leaf: Leaf, event: Event, rules: ProfileRules) -> Sequence[str]:
    """Add traits, a group and consent; answers the traits that fell out."""
    at, tie = event.occurred_ms, tie_of(event.message_key)
    for trait, value in event.traits.items():
        _write(leaf.traits, trait, Register(value, at, tie))
    dropped: Sequence[str] = ()
    if len(leaf.traits) > rules.trait_limit:
        before = list(leaf.traits)
        leaf.overflow |= keep_bounded(leaf.traits, rules.trait_limit)
        dropped = [trait for trait in before if trait not in leaf.traits]
    if event.group:
        _write(leaf.groups, event.group, Register(event.group_traits, at, tie))
        leaf.overflow |= keep_bounded(leaf.groups, rules.group_limit)
    for purpose, granted in event.consent.items():
        statement = Register(granted, at, tie)
        known = leaf.consent.get(purpose)
        leaf.consent[purpose] = statement if known is None else later_consent(statement, known)
    return dropped


def _fold_order(leaf: Leaf, currency: str, amount_minor: int, at: int) -> None:
    known = leaf.revenue.get(currency)
    count, total = known or (0, 0)
    if leaf.revenue:
        leaf.first_order_ms = min(leaf.first_order_ms, at)
        leaf.last_order_ms = max(leaf.last_order_ms, at)
    else:
        leaf.first_order_ms = leaf.last_order_ms = at
    leaf.revenue[currency] = Revenue(count + 1, total + amount_minor)
