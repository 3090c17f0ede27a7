"""Compiles rules: every node becomes a function of a subject.

It returns (holds, until which instant that is sure).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from domain.segments import conditions, rule
from domain.segments.aggregate import State
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
from operators.rfm.reading import RfmReading, rfm_reading, rfm_test
from operators.rules.conditions import instant_tester, is_relative, relative, tester
from operators.rules.windows import window_of
from operators.segments.combine import all_of, any_of, negation
from operators.segments.nodes import Node, Subject, Test
from operators.segments.predicates import Asked, Fixed, person_predicate, predicate_node

_INSTANT_MEASURES: Final = ("first_at", "last_at")
_HISTORY: Final = (rule.Behaviour, rule.Computed, rule.Sequence, rule.Rfm)


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
            case rule.Computed():
                return self._computed(node)
            case rule.Rfm():
                return self._rfm(node)
        return predicate_node(node, person_predicate(node, self._zone))

    def _asked(
        self, node: Rule, aggregate: Aggregate, condition: Ask, value: Callable[[Any, int], Json]
    ) -> Node:
        """A node that asks the state of an aggregate."""
        absent = condition(None, 0)
        return predicate_node(
            node, Asked(len(self._leaves), aggregate, aggregate.id, condition, absent, value)
        )

    def _behaviour(self, node: rule.Behaviour) -> Node:
        aggregate = self.aggregate(plan.behaviour_spec(node, self._zone))
        frame = Frame(window_of(node.window), self._zone)
        series = measure_series(node.measure, frame)
        condition = (
            _walking(series, instant_tester(node.condition, self._zone))
            if node.measure in _INSTANT_MEASURES
            else self._measured(node.measure, node.condition, frame, series)
        )
        return self._asked(node, aggregate, condition, _first(series))

    def _measured(self, measure: str, condition: Condition, frame: Frame, series: Series) -> Ask:
        """A condition on a value that is no instant."""
        test = tester(condition, self._zone)
        if measure == "count":
            return count_test(frame, condition, test)
        if measure == "sum":
            return sum_test(frame, condition, test)
        present = present_test(frame, measure, condition)
        return present or (lambda state, now_ms: test_series(series(state, now_ms), test))

    def _computed(self, node: rule.Computed) -> Node:
        trait, condition = self._traits.get(node.name), node.condition
        if trait is None:
            missing = not is_relative(condition) and tester(condition, self._zone)(None)
            return Node(node, Fixed(missing).test)
        aggregate, series = self.trait_series(trait)
        return self._asked(
            node, aggregate, self._on_trait(trait, condition, series), _trait_value(trait, series)
        )

    def _on_trait(self, trait: ComputedTrait, condition: Condition, series: Series) -> Ask:
        """A condition on the value of a computed trait."""
        if trait.rule.function == "time_since":
            age = age_tester(condition, tester(condition, self._zone))
            return lambda state, now_ms: age(series(state, now_ms), now_ms)
        if isinstance(condition, conditions.WithinLast | conditions.WithinNext):
            return _walking(series, relative(condition, self._zone))
        frame = Frame(window_of(trait.rule.window), self._zone)
        return self._measured(trait.rule.function, condition, frame, series)

    def trait_series(self, trait: ComputedTrait) -> tuple[Aggregate, Series]:
        """Where a computed trait's values come from.

        For ``time_since`` it is the series of the instant that is counted from.
        """
        aggregate = self.aggregate(plan.trait_spec(trait.rule, self._zone))
        return aggregate, function_series(
            trait.rule.function, Frame(window_of(trait.rule.window), self._zone)
        )

    def trait_value(self, trait: ComputedTrait, subject: Subject) -> Json:
        """A computed trait's value for a subject; None where it is missing."""
        aggregate, series = self.trait_series(trait)
        value: Json = _trait_value(trait, series)(subject.state(aggregate), subject.now_ms)
        return value

    def _sequence(self, node: rule.Sequence) -> Node:
        spec = plan.sequence_spec(node, self._zone)
        complete = completer(node, spec)
        return self._asked(
            node,
            self.aggregate(spec),
            sequence_test(node, spec),
            lambda state, _now_ms: [] if state is None else complete(state.marks),
        )

    def _scored(self) -> tuple[Aggregate, RfmReading] | None:
        """The aggregate that scores are read from, and how; None without bounds."""
        definition = self._definitions.rfm
        if definition is None or definition.breaks is None:
            return None
        return (
            self.aggregate(plan.rfm_spec(definition.rule, self._zone)),
            rfm_reading(definition.breaks, definition.rule.look_back, self._zone),
        )

    def rfm_scores(self, subject: Subject, built: int) -> tuple[int, int, int] | None:
        """A subject's RFM scores.

        None where no purchase counts, without bounds, or where the aggregate is above `built`.
        """
        found = self._scored()
        if found is None or found[0].id > built:
            return None
        aggregate, scored = found
        return scored(subject.state(aggregate), subject.now_ms)[0]  # type: ignore[arg-type]

    def _rfm(self, node: rule.Rfm) -> Node:
        found = self._scored()
        if found is None:
            return Node(node, Fixed(holds=False).test)
        aggregate, scored = found
        return self._asked(
            node,
            aggregate,
            rfm_test(node, scored),
            lambda state, now_ms: scored(state, now_ms)[0],
        )


def _first(series: Series) -> Callable[[Any, int], Json]:
    """The value of a series now."""
    return lambda state, now_ms: first_value(series(state, now_ms))


def _trait_value(trait: ComputedTrait, series: Series) -> Callable[[Any, int], Json]:
    """The value of a computed trait now; of ``time_since`` the seconds."""
    if trait.rule.function != "time_since":
        return _first(series)

    def seconds(state: State | None, now_ms: int) -> float | None:
        at_ms = first_value(series(state, now_ms))
        return None if at_ms is None else (now_ms - at_ms) / 1000

    return seconds


def _walking(series: Series, test: Ask) -> Ask:
    """Compile a condition, which changes with the clock, on a series."""
    return lambda state, now_ms: walk_series(series(state, now_ms), test, now_ms)
