"""From definitions to the aggregates that leaves must keep for them.

Equal demands share one aggregate.
"""

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from domain.segments import conditions, rule
from domain.segments.definition import (
    AggregateSpec,
    ComputedTrait,
    Family,
    Function,
    RfmRule,
    TraitRule,
    WorkspaceDefinitions,
    spec_key,
)
from domain.segments.event_filter import EventFilter, filter_key
from domain.segments.rule import Measure, Rule
from operators.rules.windows import window_of

_OF_MEASURE: Final[dict[Measure, Family]] = {
    "count": "count",
    "sum": "number",
    "average": "number",
    "minimum": "number",
    "maximum": "number",
    "unique": "unique",
    "first_at": "edge",
    "last_at": "count",
}
_OF_FUNCTION: Final[dict[Function, Family]] = {
    "count": "count",
    "exists": "count",
    "time_since": "count",
    "sum": "number",
    "average": "number",
    "minimum": "number",
    "maximum": "number",
    "unique": "unique",
    "first": "edge",
    "last": "edge",
    "most_frequent": "frequent",
}
if set(_OF_FUNCTION) != set(get_args(Function)):
    raise AssertionError("every function has a family")


def _spec(
    family: Family, event: EventFilter, prop: str | None, window: str | None, zone: str
) -> AggregateSpec:
    resolution = window_of(window).resolution
    return AggregateSpec(
        family, (event,), prop, resolution, zone if resolution == "day" or _dated(event) else ""
    )


def _dated(event: EventFilter) -> bool:
    """Whether a filter names an instant, which may be one of the workspace's time zone."""
    return any(
        isinstance(where.condition, conditions.Before | conditions.After) for where in event.where
    )


def behaviour_spec(node: rule.Behaviour, zone: str) -> AggregateSpec:
    """What a behaviour node is answered from."""
    family = _OF_MEASURE[node.measure]
    if family == "edge" and node.window is None:
        family = "count"
    return _spec(
        family, node.event, node.property if family != "count" else None, node.window, zone
    )


def trait_spec(trait: TraitRule, zone: str) -> AggregateSpec:
    """What a computed trait is answered from."""
    family = _OF_FUNCTION[trait.function]
    return _spec(
        family, trait.event, trait.property if family != "count" else None, trait.window, zone
    )


def sequence_spec(node: rule.Sequence, zone: str) -> AggregateSpec:
    """What a sequence is answered from: marks of all its filters, in order of first mention."""
    filters = tuple(
        {
            filter_key(event): event for step in node.steps for event in (step.event, *step.without)
        }.values()
    )
    return AggregateSpec(
        "marks", filters, None, "ever", zone if any(_dated(event) for event in filters) else ""
    )


def rfm_spec(definition: RfmRule, zone: str) -> AggregateSpec:
    """What RFM is answered from: calendar days, whatever the look-back."""
    return AggregateSpec("number", (definition.event,), definition.property, "day", zone)


def nodes(tree: Rule) -> Iterator[Rule]:
    """Every node of a rule, parents first."""
    yield tree
    if isinstance(tree, rule.Not):
        yield from nodes(tree.of)
    elif isinstance(tree, rule.All | rule.Any):
        for child in tree.of:
            yield from nodes(child)


def _rule_specs(tree: Rule, zone: str) -> Iterator[AggregateSpec]:
    for node in nodes(tree):
        if isinstance(node, rule.Behaviour):
            yield behaviour_spec(node, zone)
        elif isinstance(node, rule.Sequence):
            yield sequence_spec(node, zone)


def _trait_specs(traits: Iterable[ComputedTrait], zone: str) -> Iterator[AggregateSpec]:
    for trait in traits:
        yield trait_spec(trait.rule, zone)


def aggregate_specs(definitions: WorkspaceDefinitions) -> tuple[AggregateSpec, ...]:
    """Every aggregate that live definitions ask for, each once, in order of first mention.

    A paused segment (whose rule is None) asks for nothing.
    """
    found: dict[bytes, AggregateSpec] = {}
    for segment in definitions.segments:
        if segment.rule is not None:
            found |= _by_key(_rule_specs(segment.rule, definitions.time_zone))
    found |= _by_key(_trait_specs(definitions.traits, definitions.time_zone))
    if definitions.rfm is not None:
        found |= _by_key([rfm_spec(definitions.rfm.rule, definitions.time_zone)])
    return tuple(found.values())


def _by_key(specs: Iterable[AggregateSpec]) -> dict[bytes, AggregateSpec]:
    return {spec_key(spec): spec for spec in specs}
