"""A rule's nodes in words, for explanations. State: none."""

from decimal import Decimal
from typing import Final

from domain.segments import rule
from domain.segments.conditions import Condition
from domain.segments.event_filter import EventFilter
from domain.segments.rule import Rule
from operators.rules.operators import OPERATORS, is_number

_MEASURES: Final = {
    "sum": "the sum of", "average": "the average of", "minimum": "the smallest",
    "maximum": "the largest",
    "unique": "the number of different", "first_at": "the first time of",
    "last_at": "the last time of",
}  # fmt: skip
_LEAST_PLAIN: Final = 1e-6
"""Smaller numbers are spelled with an exponent."""


def condition_to_text(condition: Condition) -> str:
    """A condition, to be read after the name of a value.

    >>> condition_to_text(rule.AtLeast(3))
    'is at least 3'
    """
    fields = {name: getattr(condition, name) for name in condition.__struct_fields__}
    said = {
        name: _listed(field)
        if isinstance(field, tuple)
        else _value_to_text(field)
        if name == "value"
        else _number_to_text(field)
        if is_number(field)
        else field
        for name, field in fields.items()
    }
    return OPERATORS[type(condition)].words.format(**said)


def filter_to_text(event: EventFilter) -> str:
    """Which events count.

    >>> filter_to_text(EventFilter("Order Completed"))
    '“Order Completed”'
    """
    name = f"“{event.name}”" if event.name is not None else "anything"
    kind = "" if event.event_type == "track" else f"{event.event_type} "
    where = " and ".join(
        f"{one.property} {condition_to_text(one.condition)}" for one in event.where
    )
    return f"{kind}{name}" + (f" where {where}" if where else "")


def to_text(node: Rule) -> str:
    """One node, without what is below it."""
    match node:
        case rule.All():
            return "all of these hold"
        case rule.Any():
            return "at least one of these holds"
        case rule.Not():
            return "this does not hold"
        case rule.Trait(name=name, condition=condition):
            return f"the trait {name} {condition_to_text(condition)}"
        case rule.Computed(name=name, condition=condition):
            return f"the computed trait {name} {condition_to_text(condition)}"
        case rule.Lifecycle(stages=stages):
            return f"the lifecycle stage is {' or '.join(stages)}"
    return _others(node)


def _others(node: Rule) -> str:
    match node:
        case rule.Consent(purpose=purpose, granted=granted):
            return f"consent to {purpose} is {'granted' if granted else 'not granted'}"
        case rule.HasIdentifier(kind=kind, at_least=least):
            return (
                f"there is at least 1 identifier of kind {kind}"
                if least == 1
                else f"there are at least {least} identifiers of kind {kind}"
            )
        case rule.Member(segment=segment):
            return f"the person is in segment {segment}"
        case rule.Behaviour():
            return _behaviour(node)
        case rule.Sequence():
            return _sequence(node)
        case rule.Rfm():
            bounds = [(name, getattr(node, name)) for name in ("recency", "frequency", "monetary")]
            said = [
                f"{name} {bound[0]} to {bound[1]}" for name, bound in bounds if bound is not None
            ]
            return "RFM: " + ", ".join(
                [*said, *([f"segment {_listed(node.segments)}"] if node.segments else [])]
                or ["any scores"]
            )
    raise TypeError(f"not a rule: {type(node).__name__}")


def _behaviour(node: rule.Behaviour) -> str:
    window = f" in the last {node.window}" if node.window else ""
    event = filter_to_text(node.event)
    if node.measure == "count":
        return f"the number of {event}{window} {condition_to_text(node.condition)}"
    what = f"{node.property} of {event}" if node.property else event
    return f"{_MEASURES[node.measure]} {what}{window} {condition_to_text(node.condition)}"


def _sequence(node: rule.Sequence) -> str:
    said = [filter_to_text(node.steps[0].event)]
    for step in node.steps[1:]:
        within = f" within {step.within}" if step.within else ""
        without = (
            f", without {' or '.join(filter_to_text(event) for event in step.without)} in between"
            if step.without
            else ""
        )
        said.append(f"{'no ' if step.absent else ''}{filter_to_text(step.event)}{within}{without}")
    return " then ".join(said) + (f", in the last {node.window}" if node.window else "")


def _value_to_text(value: object) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    return str(value).lower() if isinstance(value, bool) else _number_to_text(value)


def _number_to_text(value: object) -> str:
    """A number as readers of JSON in browsers spell it, so that words are the same there.

    >>> _number_to_text(1.0), _number_to_text(0.00001), _number_to_text(1.5e-07)
    ('1', '0.00001', '1.5e-7')
    """
    if not isinstance(value, float):
        return str(value)
    if value and abs(value) < _LEAST_PLAIN:
        return repr(value).replace("e-0", "e-")
    return format(Decimal(repr(value + 0.0)).normalize(), "f")


def _listed(values: tuple[object, ...]) -> str:
    return ", ".join(_value_to_text(value) for value in values)
