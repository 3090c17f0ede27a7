"""Whether a value satisfies a condition, operator by operator, as `docs/segments.md` says."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.segments import conditions
from domain.segments.conditions import Condition
from domain.segments.part import Scalar
from domain.segments.span import span_ms
from domain.values import Json
from oracle.windows import instant_of


@dataclass(frozen=True)
class Instant:
    """A value that is an instant by itself, not a text that says one."""

    at_ms: int


def satisfies(condition: Condition, value: Json, now_ms: int, zone: str) -> bool:
    """Whether a value satisfies a condition at an instant.

    Args:
        condition: any.
        value: a JSON value, None where there is none, or an `Instant`.
        now_ms: the instant.
        zone: the workspace's, IANA name.
    """
    match condition:
        case conditions.NotEquals(value=wanted):
            return not _equal(value, wanted)
        case conditions.NotIn(values=values):
            return not any(_equal(value, wanted) for wanted in values)
        case conditions.NotContains(value=part):
            return not _contains(value, part)
        case conditions.NotExists():
            return value is None
        case (
            conditions.Before()
            | conditions.After()
            | conditions.WithinLast()
            | conditions.WithinNext()
        ):
            at_ms = instant_in(value, zone)
            return at_ms is not None and _in_time(condition, at_ms, now_ms, zone)
    return _is(condition, value) or (_number(value) and _compares(condition, value))


def _is(condition: Condition, value: Json) -> bool:
    match condition:
        case conditions.Exists():
            return value is not None
        case conditions.Equals(value=wanted):
            return _equal(value, wanted)
        case conditions.In(values=values):
            return any(_equal(value, wanted) for wanted in values)
        case conditions.Contains(value=part):
            return _contains(value, part)
        case conditions.StartsWith(value=start):
            return isinstance(value, str) and value[: len(start)] == start
        case conditions.EndsWith(value=end):
            return isinstance(value, str) and value[max(len(value) - len(end), 0) :] == end
    return False


def _number(value: Json) -> bool:
    return type(value) in (int, float)


def _equal(value: Json, expected: Scalar) -> bool:
    if _number(value) and _number(expected):
        return bool(value == expected)
    return type(value) is type(expected) and value == expected


def _contains(value: Json, part: Scalar) -> bool:
    if isinstance(value, str):
        return isinstance(part, str) and value.find(part) >= 0
    return isinstance(value, list | tuple) and any(_equal(element, part) for element in value)


def _compares(condition: Condition, number: float) -> bool:
    match condition:
        case conditions.LessThan(value=bound):
            return number < bound
        case conditions.AtMost(value=bound):
            return number <= bound
        case conditions.GreaterThan(value=bound):
            return number > bound
        case conditions.AtLeast(value=bound):
            return number >= bound
        case conditions.Between(low=low, high=high):
            return low <= number <= high
    return False


def instant_in(value: Json, zone: str) -> int | None:
    """The instant that a value is or says, ms."""
    return value.at_ms if isinstance(value, Instant) else instant_of(value, zone)


def _in_time(condition: Condition, at_ms: int, now_ms: int, zone: str) -> bool:
    match condition:
        case conditions.WithinLast(span=span):
            return now_ms - span_ms(span) < at_ms <= now_ms
        case conditions.WithinNext(span=span):
            return now_ms < at_ms <= now_ms + span_ms(span)
        case conditions.Before(instant=text) | conditions.After(instant=text):
            bound = instant_of(text, zone)
            if bound is None:
                raise ValueError(f"not an instant: {text}")
            return at_ms < bound if isinstance(condition, conditions.Before) else at_ms >= bound
    raise TypeError("not a condition on an instant")


def turning_points(condition: Condition, value: Json, zone: str) -> Iterator[int]:
    """Instants at or next to which the answer about an unchanging value could change."""
    at_ms = instant_in(value, zone)
    if at_ms is not None and isinstance(condition, conditions.WithinLast | conditions.WithinNext):
        yield from (at_ms, at_ms + span_ms(condition.span), at_ms - span_ms(condition.span))


def bounds(condition: Condition) -> list[float]:
    """Every number that a condition compares with."""
    match condition:
        case conditions.Between(low=low, high=high):
            return [low, high]
        case conditions.In(values=values) | conditions.NotIn(values=values):
            return [value for value in values if isinstance(value, int | float)]
        case conditions.Equals(value=value) | conditions.NotEquals(value=value):
            return [value] if isinstance(value, int | float) else []
        case (
            conditions.LessThan(value=bound)
            | conditions.AtMost(value=bound)
            | conditions.GreaterThan(value=bound)
            | conditions.AtLeast(value=bound)
        ):
            return [bound]
    return []
