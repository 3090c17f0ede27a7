"""The next instant at which an answer changes by itself: tries every possible one in order."""

from collections.abc import Iterator
from itertools import chain

from domain.segments import rule
from domain.segments.conditions import Condition
from domain.segments.definition import TraitRule
from domain.segments.rule import Rule
from domain.segments.span import span_ms
from oracle.conditions import Instant, bounds, turning_points
from oracle.measures import value_at
from oracle.rules import Subject
from oracle.view import churns_at


def next_flip(subject: Subject, node: Rule, now_ms: int) -> int | None:
    """The first instant after `now_ms` at which a rule's answer is not the one at `now_ms`.

    None where it stays for ever.

    Args:
        subject: the person.
        node: the rule.
        now_ms: the instant.
    """
    present = subject.holds(node, now_ms)
    later = {
        near
        for at_ms in candidates(subject, node)
        for near in range(at_ms - 2, at_ms + 3)
        if near > now_ms
    }
    return next(
        (at_ms for at_ms in sorted(later) if subject.holds(node, at_ms) is not present), None
    )


def candidates(subject: Subject, node: Rule) -> Iterator[int]:
    """Yield instants within two milliseconds of which alone an answer may change, unordered."""
    zone = subject.definitions.time_zone
    match node:
        case rule.All(of=children) | rule.Any(of=children):
            yield from chain.from_iterable(candidates(subject, child) for child in children)
        case rule.Not(of=child):
            yield from candidates(subject, child)
        case rule.Member(segment=segment):
            rules = [found.rule for found in subject.definitions.segments if found.id == segment]
            yield from chain.from_iterable(
                candidates(subject, live) for live in rules if live is not None
            )
        case rule.Sequence(window=window):
            for at_ms in subject.completed(node):
                yield from (at_ms, at_ms + (span_ms(window) if window else 0))
        case rule.Behaviour():
            yield from _of_behaviour(subject, node)
        case rule.Trait(name=name, condition=condition):
            yield from turning_points(condition, subject.view.traits.get(name, (None,))[0], zone)
        case rule.Computed(name=name, condition=condition):
            traits = [trait.rule for trait in subject.definitions.traits if trait.name == name]
            yield from chain.from_iterable(_of_trait(subject, trait, condition) for trait in traits)
        case rule.Lifecycle():
            yield churns_at(subject.view, subject.rules)
        case rule.Rfm():
            yield from _of_rfm(subject)


def _of_behaviour(subject: Subject, node: rule.Behaviour) -> Iterator[int]:
    for event in subject.matching(node.event):
        if node.window is not None:
            yield subject.expiry(event.at_ms, node.window)
        yield from turning_points(
            node.condition, Instant(event.at_ms), subject.definitions.time_zone
        )


def _of_trait(subject: Subject, trait: TraitRule, condition: Condition) -> Iterator[int]:
    for event in subject.matching(trait.event):
        if trait.window is not None:
            yield subject.expiry(event.at_ms, trait.window)
        if trait.function == "time_since":
            yield from (event.at_ms + round(bound * 1000) for bound in bounds(condition))
        yield from turning_points(
            condition, value_at(event.properties, trait.property), subject.definitions.time_zone
        )


def _of_rfm(subject: Subject) -> Iterator[int]:
    rfm = subject.definitions.rfm
    if rfm is None or rfm.breaks is None:
        return
    for event in subject.matching(rfm.rule.event):
        yield subject.expiry(event.at_ms, rfm.rule.look_back, calendar=True)
        yield from (event.at_ms + age_ms for age_ms in rfm.breaks.recency_ms)
