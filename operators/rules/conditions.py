"""Conditions on one value, compiled to functions, and filters of events built from them.

What each operator means is its row in `operators.rules.operators`. State: none; no clock, except
that `relative` evaluates at an instant and returns how long its result holds.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.segments import conditions
from domain.segments.conditions import Condition
from domain.segments.event_filter import EventFilter
from domain.values import Json
from operators.rules.operators import OPERATORS, InstantTest, Test, reader


def is_relative(condition: Condition) -> bool:
    """Whether a condition's result depends on the clock."""
    return isinstance(condition, conditions.WithinLast | conditions.WithinNext)


def tester(condition: Condition, zone: str) -> Test:
    """Compile a condition that does not depend on the clock.

    Args:
        condition: any but within_last and within_next.
        zone: IANA name, for instants without one.

    Raises:
        ValueError: a relative condition, or an instant that is none.
    """
    row = OPERATORS[type(condition)]
    if row.negates is not None:
        positive = tester(row.negates(condition), zone)
        return lambda value: not positive(value)
    if row.test is not None:
        return row.test(condition)
    if is_relative(condition) or row.instant_test is None:
        raise ValueError("a relative condition needs the clock")
    read = reader(zone)
    test = row.instant_test(condition, read)
    return lambda value: test(read(value), 0)[0]


def instant_tester(condition: Condition, zone: str) -> InstantTest:
    """Compile a condition on an instant that is known in ms.

    Raises:
        ValueError: not a condition on an instant, or an instant that is none.
    """
    row = OPERATORS[type(condition)]
    if row.negates is not None:
        positive = instant_tester(row.negates(condition), zone)

        def negated(at: int | None, now_ms: int) -> tuple[bool, int]:
            holds, until = positive(at, now_ms)
            return not holds, until

        return negated
    if row.instant_test is None:
        raise ValueError("not a condition on an instant")
    return row.instant_test(condition, reader(zone))


def relative(
    condition: conditions.WithinLast | conditions.WithinNext, zone: str
) -> Callable[[Any, int], tuple[bool, int]]:
    """Compile a relative condition on a JSON value, like `instant_tester`."""
    read, test = reader(zone), instant_tester(condition, zone)
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
