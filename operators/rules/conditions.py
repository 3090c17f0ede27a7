"""Conditions on one value, compiled to functions, and filters of events built from them.

A value that is missing, null or of another type satisfies no positive condition and every negative
one. State: none; no clock, except that `relative` answers for an instant and says how long its
answer holds.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from domain.segments import rule
from domain.segments.rule import Condition, EventFilter
from domain.values import Json
from operators.rules.windows import NEVER, calendar, instant_of

Test = Callable[[Any], bool]
RelativeTest = Callable[[Any, int], tuple[bool, int]]

_INSTANTS_REMEMBERED: Final = 16_384

_NEGATIVES: Final[dict[type, Callable[[Any], Condition]]] = {
    rule.NotEquals: lambda condition: rule.Equals(condition.value),
    rule.NotIn: lambda condition: rule.In(condition.values),
    rule.NotContains: lambda condition: rule.Contains(condition.value),
    rule.NotExists: lambda _condition: rule.Exists(),
}


def same(one: object, other: object) -> bool:
    """Whether two JSON scalars are equal: numbers as numbers, booleans only with booleans.

    >>> same(1, 1.0), same(True, 1), same("1", 1)
    (True, False, False)
    """
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_number(value: object) -> bool:
    """Whether a JSON value is a number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_relative(condition: Condition) -> bool:
    """Whether a condition's answer depends on the clock."""
    return isinstance(condition, rule.WithinLast | rule.WithinNext)


def tester(condition: Condition, zone: str) -> Test:  # noqa: PLR0911 - one line per operator
    """Compile a condition that does not depend on the clock.

    Args:
        condition: any but within_last and within_next.
        zone: IANA name, for instants without one.

    Raises:
        ValueError: a relative condition, or an instant that is none.
    """
    negated = _NEGATIVES.get(type(condition))
    if negated is not None:
        positive = tester(negated(condition), zone)
        return lambda value: not positive(value)
    match condition:
        case rule.Equals(value=wanted):
            return _equals(wanted)
        case rule.In(values=values):
            return _in(values)
        case rule.Contains(value=part):
            return _contains(part)
        case rule.StartsWith(value=start):
            return lambda value: isinstance(value, str) and value.startswith(start)
        case rule.EndsWith(value=end):
            return lambda value: isinstance(value, str) and value.endswith(end)
        case rule.Exists():
            return lambda value: value is not None
        case rule.LessThan(value=bound):
            return lambda value: is_number(value) and value < bound
        case rule.AtMost(value=bound):
            return lambda value: is_number(value) and value <= bound
        case rule.GreaterThan(value=bound):
            return lambda value: is_number(value) and value > bound
        case rule.AtLeast(value=bound):
            return lambda value: is_number(value) and value >= bound
        case rule.Between(low=low, high=high):
            return lambda value: is_number(value) and low <= value <= high
        case rule.Before() | rule.After():
            return _dated(condition, zone)
    raise ValueError("a relative condition needs the clock")


def _equals(wanted: object) -> Test:
    kind = type(wanted)
    if kind is str or kind is bool:
        return lambda value: type(value) is kind and value == wanted
    return lambda value: is_number(value) and value == wanted


def _in(values: tuple[rule.Scalar, ...]) -> Test:
    texts = frozenset(value for value in values if isinstance(value, str))
    others = tuple(value for value in values if not isinstance(value, str))
    return lambda value: (
        value in texts if isinstance(value, str) else any(same(value, other) for other in others)
    )


def _contains(part: rule.Scalar) -> Test:
    def test(value: Json) -> bool:
        if isinstance(value, str):
            return isinstance(part, str) and part in value
        return isinstance(value, list | tuple) and any(same(element, part) for element in value)

    return test


def reader(zone: str) -> Callable[[Any], int | None]:
    """A function from a JSON value to the instant that it is, ms, or None; remembers texts."""
    place = calendar(zone).zone
    remembered = lru_cache(maxsize=_INSTANTS_REMEMBERED)(lambda text: instant_of(text, place))
    return lambda value: remembered(value) if isinstance(value, str) else None


def _dated(condition: rule.Before | rule.After, zone: str) -> Test:
    read = reader(zone)
    bound = read(condition.instant)
    if bound is None:
        raise ValueError(f"not an instant: {condition.instant}")
    if isinstance(condition, rule.Before):
        return lambda value: (at := read(value)) is not None and at < bound
    return lambda value: (at := read(value)) is not None and at >= bound


def instant_tester(
    condition: Condition, zone: str
) -> Callable[[int | None, int], tuple[bool, int]]:
    """Compile a condition on an instant that is known in ms (None: missing): answers (holds, until which instant that is sure)."""
    if isinstance(condition, rule.WithinLast | rule.WithinNext):
        return _span_test(condition)
    if isinstance(condition, rule.Exists | rule.NotExists):
        wanted = isinstance(condition, rule.Exists)
        return lambda at, _now: ((at is not None) is wanted, NEVER)
    if isinstance(condition, rule.Before | rule.After):
        bound = reader(zone)(condition.instant)
        if bound is None:
            raise ValueError(f"not an instant: {condition.instant}")
        before, limit = isinstance(condition, rule.Before), bound
        return lambda at, _now: (at is not None and (at < limit) is before, NEVER)
    raise ValueError("not a condition on an instant")


def _span_test(
    condition: rule.WithinLast | rule.WithinNext,
) -> Callable[[int | None, int], tuple[bool, int]]:
    span = rule.span_ms(condition.span)
    if isinstance(condition, rule.WithinLast):

        def within_last(at: int | None, now_ms: int) -> tuple[bool, int]:
            if at is None or now_ms >= at + span:
                return False, NEVER
            return (True, at + span) if at <= now_ms else (False, at)

        return within_last

    def within_next(at: int | None, now_ms: int) -> tuple[bool, int]:
        if at is None or at <= now_ms:
            return False, NEVER
        return (True, at) if at <= now_ms + span else (False, at - span)

    return within_next


def relative(condition: rule.WithinLast | rule.WithinNext, zone: str) -> RelativeTest:
    """Compile a relative condition on a JSON value: answers (holds, until which instant that is sure)."""
    read, test = reader(zone), _span_test(condition)
    return lambda value, now_ms: test(read(value), now_ms)


def property_of(properties: Mapping[str, Any], path: str) -> Json:
    """The value at a dotted path; None where there is none.

    >>> property_of({"product": {"category": "Books"}}, "product.category")
    'Books'
    """
    if "." not in path:
        return properties.get(path)
    value: Any = properties
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def matcher(event: EventFilter, zone: str) -> Callable[[Mapping[str, Any]], bool] | None:
    """Compile a filter's conditions on properties; None where it has none.

    Type and name are compared by whoever asks.
    """
    if not event.where:
        return None
    tests = [(where.property, tester(where.condition, zone)) for where in event.where]
    if len(tests) == 1:
        ((path, test),) = tests
        return lambda properties: test(property_of(properties, path))
    return lambda properties: all(test(property_of(properties, path)) for path, test in tests)
