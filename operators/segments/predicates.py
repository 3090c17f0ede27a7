"""Predicates of compiled rules: each tests one thing about a subject, and reads what it tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from domain.ids import SegmentId
from domain.profiles.profile import Stage
from domain.segments import conditions, rule
from domain.segments.definition import Aggregate
from domain.segments.rule import Rule
from domain.values import Json
from operators.aggregates.series_tests import Ask
from operators.profiles.consent import consents
from operators.rules.conditions import relative, tester
from operators.rules.operators import Test as ValueTest
from operators.rules.windows import NEVER
from operators.segments.nodes import Answer, Node, Subject


class Predicate(Protocol):
    """Tests one thing about a subject."""

    def test(self, subject: Subject) -> Answer:
        """Whether it holds, and until which instant that is sure if nothing happens."""

    def reading(self, subject: Subject) -> Json:
        """The value that was tested."""


def predicate_node(node: Rule, predicate: Predicate) -> Node:
    """The compiled node of a predicate."""
    return Node(node, predicate.test, reading=predicate.reading)


def person_predicate(node: Rule, zone: str) -> Predicate:
    """Compile a node on what is known of the person without their history.

    Args:
        node: a trait, lifecycle, consent, identifier or segment node.
        zone: IANA name, for instants without one.

    Raises:
        TypeError: another node.
    """
    match node:
        case rule.Trait(name=name, condition=condition):
            if isinstance(condition, conditions.WithinLast | conditions.WithinNext):
                return RecentTrait(name, relative(condition, zone))
            return TraitIs(name, tester(condition, zone))
        case rule.Lifecycle(stages=stages):
            return InStage(frozenset(stages))
        case rule.Consent(purpose=purpose, granted=granted):
            return ConsentIs(purpose, granted)
        case rule.HasIdentifier(kind=kind, at_least=least):
            return HasIdentifiers(kind, least)
        case rule.Member(segment=segment):
            return InSegment(segment)
    raise TypeError(f"not a rule: {type(node).__name__}")


@dataclass(frozen=True, slots=True)
class TraitIs:
    """The newest value of a trait, under a condition that does not depend on the clock."""

    name: str
    condition: ValueTest

    def test(self, subject: Subject) -> Answer:
        """Sure for ever."""
        said = subject.person.view.traits.get(self.name)
        return self.condition(None if said is None else said.value), NEVER

    def reading(self, subject: Subject) -> Json:
        """The value; None where there is none."""
        said = subject.person.view.traits.get(self.name)
        return None if said is None else said.value


@dataclass(frozen=True, slots=True)
class RecentTrait:
    """The newest value of a trait, an instant, under a condition that the clock changes."""

    name: str
    condition: Ask

    def test(self, subject: Subject) -> Answer:
        """Sure until the instant enters or leaves the span."""
        return self.condition(self.reading(subject), subject.now_ms)

    def reading(self, subject: Subject) -> Json:
        """The value; None where there is none."""
        said = subject.person.view.traits.get(self.name)
        return None if said is None else said.value


@dataclass(frozen=True, slots=True)
class InStage:
    """The lifecycle stage is one of these."""

    stages: frozenset[Stage]

    def test(self, subject: Subject) -> Answer:
        """Sure until the stage changes."""
        return subject.stage in self.stages, subject.stage_until

    def reading(self, subject: Subject) -> Stage:
        """The stage."""
        return subject.stage


@dataclass(frozen=True, slots=True)
class ConsentIs:
    """Whether the person consents to a purpose."""

    purpose: str
    granted: bool

    def test(self, subject: Subject) -> Answer:
        """Sure for ever."""
        return consents(subject.person.view, self.purpose) is self.granted, NEVER

    def reading(self, subject: Subject) -> bool:
        """Whether they consent."""
        return consents(subject.person.view, self.purpose)


@dataclass(frozen=True, slots=True)
class HasIdentifiers:
    """The person has at least so many identifiers of a kind."""

    kind: str
    least: int

    def test(self, subject: Subject) -> Answer:
        """Sure for ever."""
        return subject.person.kinds.get(self.kind, 0) >= self.least, NEVER

    def reading(self, subject: Subject) -> int:
        """How many they have."""
        return subject.person.kinds.get(self.kind, 0)


@dataclass(frozen=True, slots=True)
class InSegment:
    """The person is in another segment."""

    segment: SegmentId

    def test(self, subject: Subject) -> Answer:
        """As sure as the other segment's answer."""
        return subject.member(self.segment)

    def reading(self, subject: Subject) -> bool:
        """Whether they are."""
        return subject.member(self.segment)[0]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What holds for everybody or for nobody, because what it refers to is not there."""

    holds: bool

    def test(self, _subject: Subject) -> Answer:
        """Sure for ever."""
        return self.holds, NEVER


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition on the state of an aggregate.

    Attributes:
        number: the predicate's own; a subject is asked once, whichever segments share it.
        aggregate: whose state.
        held: its id.
        condition: on the state.
        absent: its answer without a state, the same at every instant.
        value: state and instant → the value that the condition is on.
    """

    number: int
    aggregate: Aggregate
    held: int
    condition: Ask
    absent: Answer
    value: Callable[[Any, int], Json]

    def test(self, subject: Subject) -> Answer:
        """Sure until the state loses a bucket that matters."""
        if self.held not in subject.aggregates:
            return self.absent
        answer = subject.asked.get(self.number)
        if answer is None:
            state = subject.states.get(self.held)
            if state is None:
                state = subject.state(self.aggregate)
            answer = subject.asked[self.number] = self.condition(state, subject.now_ms)
        return answer

    def reading(self, subject: Subject) -> Json:
        """The value now."""
        return self.value(subject.state(self.aggregate), subject.now_ms)
