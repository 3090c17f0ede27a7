"""Compiles rules: every node becomes a function of a subject.

It returns (holds, until which instant that is sure).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from domain.segments import conditions, rule
from domain.segments.conditions import Condition
from domain.segments.definition import (
    Aggregate,
    AggregateSpec,
    ComputedTrait,
    WorkspaceDefinitions,
    spec_key,
)
from domain.segments.rule import Rule, encode_rule
from domain.values import Json
from operators.aggregates import plan
from operators.aggregates.sequences import completer, sequence_test
from operators.aggregates.series import Frame, Series, first_value, function_series, measure_series
from operators.aggregates.series_tests import (
    Ask,
    age_tester,
    count_test,
    present_test,
    sum_test,
    test_series,
    walk_series,
)
from operators.profiles.consent import consents
from operators.rfm.reading import rfm_reading, rfm_test
from operators.rules.conditions import instant_tester, is_relative, relative, tester
from operators.rules.windows import NEVER, window_of
from operators.segments.program import Answer, Node, Subject, Test

_INSTANT_MEASURES: Final = ("first_at", "last_at")
_HISTORY: Final = (rule.Behaviour, rule.Computed, rule.Sequence, rule.Rfm)


def all_of(tests: Sequence[Test]) -> Test:
    """Every test holds.

    While it does not, it cannot before every test that does not hold has changed.
    """
    if len(tests) == 2:
        return _both(*tests)

    def test(subject: Subject) -> Answer:
        until, waits = NEVER, 0
        for one in tests:
            holds, changes = one(subject)
            if not holds:
                if changes >= NEVER:
                    return False, NEVER
                waits = max(waits, changes)
            elif changes < until:
                until = changes
        return (False, waits) if waits else (True, until)

    return test


def any_of(tests: Sequence[Test]) -> Test:
    """At least one test holds.

    While it does, it cannot cease before every test that holds has changed.
    """
    if len(tests) == 2:
        return _either(*tests)

    def test(subject: Subject) -> Answer:
        until, waits = NEVER, 0
        for one in tests:
            holds, changes = one(subject)
            if holds:
                if changes >= NEVER:
                    return True, NEVER
                waits = max(waits, changes)
            elif changes < until:
                until = changes
        return (True, waits) if waits else (False, until)

    return test


def _both(one: Test, other: Test) -> Test:
    """`all_of` two, the most common number."""

    def test(subject: Subject) -> Answer:
        first, changes = one(subject)
        if not first and changes >= NEVER:
            return False, NEVER
        second, later = other(subject)
        if first is second:
            if first:
                return True, min(changes, later)
            return False, max(changes, later)
        return False, later if first else changes

    return test


def _either(one: Test, other: Test) -> Test:
    """`any_of` two."""

    def test(subject: Subject) -> Answer:
        first, changes = one(subject)
        if first and changes >= NEVER:
            return True, NEVER
        second, later = other(subject)
        if first is second:
            if first:
                return True, max(changes, later)
            return False, min(changes, later)
        return True, changes if first else later

    return test


def negation(test: Test) -> Test:
    """The test does not hold."""

    def negated(subject: Subject) -> Answer:
        holds, until = test(subject)
        return not holds, until

    return negated


def _cheapest_first(nodes: Sequence[Node]) -> list[Test]:
    """Tests in the order in which to ask.

    What is known of the person at once, then their history, then whole rules.
    """
    return [
        node.test
        for node in sorted(
            nodes, key=lambda node: (bool(node.children), isinstance(node.rule, _HISTORY))
        )
    ]


class Compiler:
    """Compiles rules of one workspace.

    Args:
        definitions: what rules may refer to.

    Raises:
        KeyError: from `compile`, where `definitions.aggregates` lacks one that the rule needs.
    """

    def __init__(self, definitions: WorkspaceDefinitions) -> None:
        self._definitions = definitions
        self._zone = definitions.time_zone
        self._aggregates = {
            spec_key(aggregate.spec): aggregate for aggregate in definitions.aggregates
        }
        self._leaves: dict[bytes, Node] = {}
        self._traits = {trait.name: trait for trait in definitions.traits}

    def aggregate(self, spec: AggregateSpec) -> Aggregate:
        """The aggregate of a spec.

        Raises:
            KeyError: there is none.
        """
        return self._aggregates[spec_key(spec)]

    def compile(self, node: Rule) -> Node:
        """Compile a rule with everything below it."""
        match node:
            case rule.All(of=of):
                children = tuple(self.compile(child) for child in of)
                return Node(node, all_of(_cheapest_first(children)), children)
            case rule.Any(of=of):
                children = tuple(self.compile(child) for child in of)
                return Node(node, any_of(_cheapest_first(children)), children)
            case rule.Not(of=only):
                child = self.compile(only)
                return Node(node, negation(child.test), (child,))
        spelled = encode_rule(node)
        if spelled not in self._leaves:
            self._leaves[spelled] = self._leaf(node)
        return self._leaves[spelled]

    def _leaf(self, node: Rule) -> Node:
        """Compile a node that has none below it.

        The same node of several segments is compiled once.
        """
        match node:
            case rule.Behaviour():
                return self._behaviour(node)
            case rule.Sequence():
                return self._sequence(node)
            case rule.Computed(name=name, condition=condition):
                return self._computed(node, self._traits.get(name), condition)
            case rule.Rfm():
                return self._rfm(node)
        return self._plain(node)

    def _asking(
        self, node: Rule, aggregate: Aggregate, ask: Ask, reading: Callable[[Subject], Any]
    ) -> Node:
        """A node that asks the state of an aggregate, once per subject whichever segments share it.

        Without a state, the answer is the same at every instant.
        """
        number, held, absent = len(self._leaves), aggregate.id, ask(None, 0)

        def test(subject: Subject) -> Answer:
            if held not in subject.aggregates:
                return absent
            answer = subject.asked.get(number)
            if answer is None:
                state = subject.states.get(held)
                if state is None:
                    state = subject.state(aggregate)
                answer = subject.asked[number] = ask(state, subject.now_ms)
            return answer

        return Node(node, test, reading=reading)

    def _plain(self, node: Rule) -> Node:
        match node:
            case rule.Trait(name=name, condition=condition):
                return self._trait(node, name, condition)
            case rule.Lifecycle(stages=stages):
                wanted = frozenset(stages)
                return Node(
                    node,
                    lambda subject: (subject.person.stage in wanted, subject.stage_until),
                    reading=lambda s: s.person.stage,
                )
            case rule.Consent(purpose=purpose, granted=granted):
                return Node(
                    node,
                    lambda s: (consents(s.person.view, purpose) is granted, NEVER),
                    reading=lambda s: consents(s.person.view, purpose),
                )
            case rule.HasIdentifier(kind=kind, at_least=least):
                return Node(
                    node,
                    lambda s: (s.person.kinds.get(kind, 0) >= least, NEVER),
                    reading=lambda s: s.person.kinds.get(kind, 0),
                )
            case rule.Member(segment=segment):
                return Node(
                    node,
                    lambda subject: subject.member(segment),
                    reading=lambda subject: subject.member(segment)[0],
                )
        raise TypeError(f"not a rule: {type(node).__name__}")

    def _trait(self, node: Rule, name: str, condition: Condition) -> Node:
        def reading(subject: Subject) -> Json:
            said = subject.person.view.traits.get(name)
            return None if said is None else said.value

        if isinstance(condition, conditions.WithinLast | conditions.WithinNext):
            moving = relative(condition, self._zone)
            return Node(
                node, lambda subject: moving(reading(subject), subject.now_ms), reading=reading
            )
        test = tester(condition, self._zone)

        def static(subject: Subject) -> Answer:
            said = subject.person.view.traits.get(name)
            return test(None if said is None else said.value), NEVER

        return Node(node, static, reading=reading)

    def _behaviour(self, node: rule.Behaviour) -> Node:
        aggregate = self.aggregate(plan.behaviour_spec(node, self._zone))
        frame = Frame(window_of(node.window), self._zone)
        series = measure_series(node.measure, frame)
        reading = _now(aggregate, series)
        if node.measure in _INSTANT_MEASURES:
            return self._asking(
                node,
                aggregate,
                _walking(series, instant_tester(node.condition, self._zone)),
                reading,
            )
        return self._asking(
            node, aggregate, self._measured(node.measure, node.condition, frame, series), reading
        )

    def _measured(self, measure: str, condition: Condition, frame: Frame, series: Series) -> Ask:
        """A condition on a value that is no instant."""
        test = tester(condition, self._zone)
        if measure == "count":
            return count_test(frame, condition, test)
        if measure == "sum":
            return sum_test(frame, condition, test)
        present = present_test(frame, measure, condition)
        return present or (lambda state, now_ms: test_series(series(state, now_ms), test))

    def _computed(
        self, node: rule.Computed, trait: ComputedTrait | None, condition: Condition
    ) -> Node:
        if trait is None:
            missing = not is_relative(condition) and tester(condition, self._zone)(None)
            return Node(node, lambda _subject: (missing, NEVER))
        aggregate, series = self.trait_series(trait)
        if trait.rule.function == "time_since":
            age = age_tester(condition, tester(condition, self._zone))
            return self._asking(
                node,
                aggregate,
                lambda state, now_ms: age(series(state, now_ms), now_ms),
                lambda subject: self.trait_value(trait, subject),
            )
        reading = _now(aggregate, series)
        if isinstance(condition, conditions.WithinLast | conditions.WithinNext):
            return self._asking(
                node, aggregate, _walking(series, relative(condition, self._zone)), reading
            )
        frame = Frame(window_of(trait.rule.window), self._zone)
        return self._asking(
            node, aggregate, self._measured(trait.rule.function, condition, frame, series), reading
        )

    def trait_series(self, trait: ComputedTrait) -> tuple[Aggregate, Series]:
        """Where a computed trait's values come from.

        For ``time_since`` those of the instant that is counted from.
        """
        aggregate = self.aggregate(plan.trait_spec(trait.rule, self._zone))
        return aggregate, function_series(
            trait.rule.function, Frame(window_of(trait.rule.window), self._zone)
        )

    def trait_value(self, trait: ComputedTrait, subject: Subject) -> Json:
        """A computed trait's value for a subject; None where it is missing."""
        aggregate, series = self.trait_series(trait)
        value = first_value(series(subject.state(aggregate), subject.now_ms))
        if trait.rule.function == "time_since" and value is not None:
            return (subject.now_ms - value) / 1000
        return value

    def rfm_scores(self, subject: Subject, built: int) -> tuple[int, int, int] | None:
        """A subject's RFM scores.

        None where no purchase counts, without bounds, or where the aggregate is above `built`.
        """
        definition = self._definitions.rfm
        if definition is None or definition.breaks is None:
            return None
        aggregate = self.aggregate(plan.rfm_spec(definition.rule, self._zone))
        if aggregate.id > built:
            return None
        scored = rfm_reading(definition.breaks, definition.rule.look_back, self._zone)
        return scored(subject.state(aggregate), subject.now_ms)[0]  # type: ignore[arg-type]

    def _sequence(self, node: rule.Sequence) -> Node:
        spec = plan.sequence_spec(node, self._zone)
        aggregate = self.aggregate(spec)
        test, complete = sequence_test(node, spec), completer(node, spec)

        def reading(subject: Subject) -> Json:
            state: Any = subject.state(aggregate)
            return [] if state is None else complete(state.marks)

        return self._asking(node, aggregate, test, reading)

    def _rfm(self, node: rule.Rfm) -> Node:
        definition = self._definitions.rfm
        if definition is None or definition.breaks is None:
            return Node(node, lambda _subject: (False, NEVER))
        aggregate = self.aggregate(plan.rfm_spec(definition.rule, self._zone))
        scored = rfm_reading(definition.breaks, definition.rule.look_back, self._zone)
        test = rfm_test(node, scored)
        return self._asking(
            node,
            aggregate,
            test,
            lambda subject: scored(subject.state(aggregate), subject.now_ms)[0],  # type: ignore[arg-type]
        )


def _now(aggregate: Aggregate, series: Series) -> Callable[[Subject], Any]:
    """The value of a series now."""
    return lambda subject: first_value(series(subject.state(aggregate), subject.now_ms))


def _walking(series: Series, test: Ask) -> Ask:
    """Compile a condition, which changes with the clock, on a series."""
    return lambda state, now_ms: walk_series(series(state, now_ms), test, now_ms)
