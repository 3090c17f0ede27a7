"""Why somebody is in a segment, or not.

Every node of the rule with its answer, the value that decided it, and when it changes by itself.

The same compiled nodes answer as in the engine; nothing is decided here. Clock: `now_ms`, and the
instants that the nodes themselves name.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from domain.ids import SegmentId
from domain.policies import ProfileRules
from domain.profiles.profile import Person
from domain.segments.event_filter import EventFilter, filter_key
from domain.segments.rule import All, Behaviour, Not, Rule, Sequence
from domain.segments.rule import Any as Any_
from operators.profiles.consent import restricted
from operators.profiles.lifecycle import stage_at
from operators.rules.windows import NEVER
from operators.segments.nodes import Node, Subject
from operators.segments.program import Program

FLIP_STEPS: Final = 10_000
"""Instants looked at in search of the next flip before it is given up.

A window has at most a few thousand buckets.
"""


class Explanation(msgspec.Struct, frozen=True):
    """One node as it stands at an instant.

    Attributes:
        rule: the node, as a rule of its own.
        holds: its result.
        value: what its condition was held against; None where there is nothing to show.
        changes_ms: earliest instant at which this node's answer may change if nothing happens; None
            for never.
        of: the nodes below.
    """

    rule: Rule
    holds: bool
    value: Any
    changes_ms: int | None
    of: tuple["Explanation", ...] = ()


class Flip(msgspec.Struct, frozen=True):
    """When a result changes if nothing happens.

    Attributes:
        at_ms: the instant; None for never.
        exact: False where the search was given up, and `at_ms` is the earliest instant that could
            not be ruled out.
    """

    at_ms: int | None
    exact: bool = True


def subject_at(person: Person, program: Program, rules: ProfileRules, now_ms: int) -> Subject:
    """A person at an instant, with every segment answered as of then: no for whoever is restricted.

    Args:
        person: backfilled (`operators.unify.backfill`).
        program: of the workspace.
        rules: lifecycle.
        now_ms: the instant.
    """
    stage, stage_wake = stage_at(person, rules, now_ms)
    subject = Subject(person, now_ms, stage_wake or NEVER, stage)
    if restricted(person.view):
        subject.answers.update((segment.id, (False, NEVER)) for segment, _, _ in program.segments)
        return subject
    for segment, node, _ in program.segments:
        if node is not None:
            subject.answers[segment.id] = node.test(subject)
    return subject


def explain(node: Node, subject: Subject) -> Explanation:
    """Explain one node and everything below it."""
    holds, until = node.test(subject)
    value = None if node.reading is None else node.reading(subject)
    return Explanation(
        node.rule,
        holds,
        value,
        None if until >= NEVER else until,
        tuple(explain(child, subject) for child in node.children),
    )


def deciding(explanation: Explanation) -> frozenset[tuple[int, ...]]:
    """Return the leaves whose opposite result alone would change the result of the whole rule.

    Each is a path of child numbers.
    """
    places = list(_leaves(explanation, ()))
    return frozenset(
        place for place in places if _answer(explanation, (), place) is not explanation.holds
    )


def _leaves(explanation: Explanation, path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not isinstance(explanation.rule, All | Any_ | Not):
        yield path
    for number, child in enumerate(explanation.of):
        yield from _leaves(child, (*path, number))


def _answer(explanation: Explanation, path: tuple[int, ...], turned: tuple[int, ...]) -> bool:
    if path == turned:
        return not explanation.holds
    if path != turned[: len(path)]:
        return explanation.holds
    below = [_answer(child, (*path, number), turned) for number, child in enumerate(explanation.of)]
    match explanation.rule:
        case All():
            return all(below)
        case Any_():
            return any(below)
        case Not():
            return not below[0]
    return explanation.holds


def next_flip(
    person: Person, program: Program, rules: ProfileRules, segment: SegmentId, now_ms: int
) -> Flip:
    """The next instant at which a person enters or leaves a segment if nothing happens.

    Args:
        person: backfilled.
        program: of the workspace.
        rules: lifecycle.
        segment: a live one.
        now_ms: after this instant.
    """
    answer, until = subject_at(person, program, rules, now_ms).answers[segment]
    for _ in range(FLIP_STEPS):
        if until >= NEVER:
            return Flip(None)
        then, later = subject_at(person, program, rules, until).answers[segment]
        if then is not answer:
            return Flip(until)
        until = later
    return Flip(until, exact=False)


def events_of(node: Rule) -> tuple[EventFilter, ...]:
    """The event filters that a node itself looks at; those of a computed trait are the trait's."""
    if isinstance(node, Behaviour):
        return (node.event,)
    if isinstance(node, Sequence):
        return tuple(
            {
                filter_key(event): event
                for step in node.steps
                for event in (step.event, *step.without)
            }.values()
        )
    return ()
