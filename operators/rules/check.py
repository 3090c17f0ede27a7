"""Checks a rule beyond its shape: conditions that suit values, bounds, what sequences allow.

Pure: returns every problem with its exact path. Used wherever a rule comes in, so that API and
files report the same. State: none.
"""

from collections.abc import Iterator, Mapping
from typing import Final, get_args

from domain.segments import conditions, rule
from domain.segments.conditions import Condition
from domain.segments.definition import Function, RfmRule, TraitRule
from domain.segments.event_filter import EventFilter
from domain.segments.rfm import RFM_SEGMENTS
from domain.segments.rule import Measure, Rule
from domain.segments.span import span_ms
from operators.rules.conditions import is_relative
from operators.rules.operators import OPERATORS, Kind, is_number, suiting
from operators.rules.references import DefinitionParams, RuleProblem, placed

STEPS_LEAST: Final = 2
STEPS_MOST: Final = 8
WINDOW_LEAST: Final = "1m"
LOOK_BACK_LEAST: Final = "1d"
REFRESH_LEAST_S: Final = 60

_PLAIN: Final = ("count", "exists", "time_since", "first_at", "last_at")
"""Measures and functions of events, not of a property."""
_NUMERIC: Final = ("count", "sum", "average", "minimum", "maximum", "unique", "time_since")


def rule_problems(tree: Rule, params: DefinitionParams) -> Iterator[RuleProblem]:
    """Everything about a rule that does not hold, whatever the workspace.

    Args:
        tree: of the right shape, with spans and instants that can be read.
        params: bounds.
    """
    size = 0
    for path, depth, node in placed(tree):
        size += _weight(node)
        if depth == params.depth_limit + 1:
            yield RuleProblem(
                path,
                f"Nodes may be nested {params.depth_limit} deep: flatten the rule, or make a part"
                " of it a segment.",
            )
        yield from _node_problems(path, node)
    if size > params.node_limit:
        message = (
            f"A rule has at most {params.node_limit} nodes, steps and property conditions, this one"
            f" has {size}: split it."
        )
        yield RuleProblem("$", message)


def _weight(node: Rule) -> int:
    filters: tuple[EventFilter, ...] = ()
    if isinstance(node, rule.Behaviour):
        filters = (node.event,)
    elif isinstance(node, rule.Sequence):
        filters = tuple(event for step in node.steps for event in (step.event, *step.without))
    return 1 + sum(1 + len(event.where) for event in filters)


def _node_problems(path: str, node: Rule) -> Iterator[RuleProblem]:
    match node:
        case rule.Trait(condition=condition) | rule.Computed(condition=condition):
            yield from _condition_problems(f"{path}.condition", condition)
        case rule.Lifecycle(stages=()):
            yield RuleProblem(f"{path}.stages", "Name at least one stage.")
        case rule.Rfm():
            yield from _rfm_problems(path, node)
        case rule.Behaviour():
            yield from _behaviour_problems(path, node)
        case rule.Sequence():
            yield from _sequence_problems(path, node)


def _condition_problems(path: str, condition: Condition) -> Iterator[RuleProblem]:
    if isinstance(condition, conditions.Between) and condition.low > condition.high:
        yield RuleProblem(
            f"{path}.high", "high is below low, so that nothing could lie between: swap them."
        )
    elif not getattr(condition, "values", True):
        yield RuleProblem(f"{path}.values", "Name at least one value.")


def value_problems(
    path: str, condition: Condition, kind: Measure | Function
) -> Iterator[RuleProblem]:
    """Whether a condition suits what a measure or a computed trait's function gives.

    Args:
        path: of the condition.
        condition: on the value.
        kind: the measure or function.
    """
    if kind in _NUMERIC:
        if not _suits(condition, "number"):
            yield RuleProblem(f"{path}.op", f"{kind} is a number: use {_choice('number')}.")
        else:
            yield from _number_problems(path, condition, kind)
    elif kind in ("first_at", "last_at") and not _suits(condition, "instant"):
        yield RuleProblem(f"{path}.op", f"{kind} is an instant: use {_choice('instant')}.")
    elif kind == "exists" and not _suits(condition, "boolean"):
        message = f"The value is true or false: use {_choice('boolean')}."
        yield RuleProblem(f"{path}.op", message)


def _suits(condition: Condition, kind: Kind) -> bool:
    return kind in OPERATORS[type(condition)].suits


def _choice(kind: Kind) -> str:
    *names, last = suiting(kind)
    return f"{', '.join(names)} or {last}"


def function_problems(tree: Rule, functions: Mapping[str, Function]) -> Iterator[RuleProblem]:
    """Where a rule's conditions on computed traits do not suit what those give.

    Args:
        tree: the rule.
        functions: computed trait's name → function; other traits are left alone.
    """
    for path, _, node in placed(tree):
        if isinstance(node, rule.Computed) and node.name in functions:
            yield from value_problems(f"{path}.condition", node.condition, functions[node.name])


def _number_problems(path: str, condition: Condition, kind: str) -> Iterator[RuleProblem]:
    """Where a condition that suits numbers compares with something else."""
    if not is_number(getattr(condition, "value", 0)):
        yield RuleProblem(f"{path}.value", f"{kind} is a number: compare it with one.")
    for index, value in enumerate(getattr(condition, "values", ())):
        if not is_number(value):
            yield RuleProblem(
                f"{path}.values[{index}]", f"{kind} is a number: compare it with numbers."
            )


def _property_problems(
    path: str, kind: Measure | Function, prop: str | None
) -> Iterator[RuleProblem]:
    if kind in _PLAIN and prop is not None:
        yield RuleProblem(
            f"{path}.property", f"{kind} is of events and takes no property: leave it out."
        )
    elif kind not in _PLAIN and prop is None:
        yield RuleProblem(
            f"{path}.property", f"{kind} is of a property's values: name the property."
        )


def _window_problems(path: str, window: str | None) -> Iterator[RuleProblem]:
    if window is not None and span_ms(window) < span_ms(WINDOW_LEAST):
        yield RuleProblem(path, "A window is at least 1m and at most 731d.")


def _filter_problems(path: str, event: EventFilter) -> Iterator[RuleProblem]:
    for index, where in enumerate(event.where):
        at = f"{path}.where[{index}].condition"
        if is_relative(where.condition):
            yield RuleProblem(
                f"{at}.op",
                "A condition on a property cannot move with the clock: give the node a window, or"
                " use before or after.",
            )
        yield from _condition_problems(at, where.condition)


def _behaviour_problems(path: str, node: rule.Behaviour) -> Iterator[RuleProblem]:
    yield from _filter_problems(f"{path}.event", node.event)
    yield from _property_problems(path, node.measure, node.property)
    yield from _window_problems(f"{path}.window", node.window)
    yield from value_problems(f"{path}.condition", node.condition, node.measure)
    yield from _condition_problems(f"{path}.condition", node.condition)


def _rfm_problems(path: str, node: rule.Rfm) -> Iterator[RuleProblem]:
    bounds = {"recency": node.recency, "frequency": node.frequency, "monetary": node.monetary}
    if not any(bounds.values()) and not node.segments:
        yield RuleProblem(path, "Bound recency, frequency or monetary, or name segments.")
    for name, bound in bounds.items():
        if bound is not None and not 1 <= bound[0] <= bound[1] <= 5:
            yield RuleProblem(
                f"{path}.{name}", "Scores go from the lowest to the highest that is meant, 1 to 5."
            )
    for index, segment in enumerate(node.segments):
        if segment not in RFM_SEGMENTS:
            yield RuleProblem(
                f"{path}.segments[{index}]", f"RFM segments are {', '.join(RFM_SEGMENTS)}."
            )


def _sequence_problems(path: str, node: rule.Sequence) -> Iterator[RuleProblem]:
    if not STEPS_LEAST <= len(node.steps) <= STEPS_MOST:
        yield RuleProblem(f"{path}.steps", f"A sequence has {STEPS_LEAST} to {STEPS_MOST} steps.")
    for index, step in enumerate(node.steps):
        at = f"{path}.steps[{index}]"
        yield from _filter_problems(f"{at}.event", step.event)
        for number, event in enumerate(step.without):
            yield from _filter_problems(f"{at}.without[{number}]", event)
        if index == 0:
            yield from _first_step_problems(at, step)
        elif step.absent:
            yield from _absence_problems(at, step, last=index == len(node.steps) - 1)


def _first_step_problems(path: str, step: rule.Step) -> Iterator[RuleProblem]:
    for name, given in (
        ("within", step.within is not None),
        ("without", bool(step.without)),
        ("absent", step.absent),
    ):
        if given:
            yield RuleProblem(
                f"{path}.{name}",
                f"{name} speaks of the step before, and the first step has none: leave it out.",
            )


def _absence_problems(path: str, step: rule.Step, *, last: bool) -> Iterator[RuleProblem]:
    if not last:
        yield RuleProblem(
            f"{path}.absent",
            "Only the last step can be absent; use without for what must not happen in between.",
        )
    if step.within is None:
        yield RuleProblem(f"{path}.within", "An absent step needs within: how long to wait for it.")
    if step.without:
        yield RuleProblem(f"{path}.without", "An absent step takes no without: leave it out.")


def trait_problems(definition: TraitRule) -> Iterator[RuleProblem]:
    """Everything about a computed trait that does not hold."""
    yield from _filter_problems("$.event", definition.event)
    yield from _property_problems("$", definition.function, definition.property)
    yield from _window_problems("$.window", definition.window)


def rfm_rule_problems(definition: RfmRule) -> Iterator[RuleProblem]:
    """Everything about an RFM definition that does not hold."""
    yield from _filter_problems("$.event", definition.event)
    if span_ms(definition.look_back) < span_ms(LOOK_BACK_LEAST):
        yield RuleProblem("$.look_back", "The look-back is at least 1d and at most 731d.")
    if definition.refresh_s < REFRESH_LEAST_S:
        yield RuleProblem(
            "$.refresh_s", f"Bounds are recomputed every {REFRESH_LEAST_S} seconds at most."
        )


if {*_NUMERIC, *_PLAIN, "first", "last", "most_frequent"} != {
    *get_args(Measure),
    *get_args(Function),
}:
    raise AssertionError("every measure and function has its conditions")
