"""Operators of conditions: one row each. Tests, checks, words and prefilters follow from the table.

A value that is missing, null or of another type satisfies no positive operator and every negative
one. State: none.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, get_args

from domain.segments import conditions
from domain.segments.conditions import Condition
from domain.segments.part import Scalar
from domain.segments.span import span_ms
from domain.values import Json
from operators.rules.windows import NEVER, calendar, instant_of

Test = Callable[[Any], bool]
"""Whether a JSON value satisfies a condition."""
InstantReader = Callable[[Any], int | None]
"""The instant, ms since 1970, that a JSON value is; None where it is none."""
InstantTest = Callable[[int | None, int], tuple[bool, int]]
"""(instant, None where it is missing; now) in ms → (holds, until which instant that is sure)."""
Kind = Literal["number", "boolean", "instant"]
"""What measures and computed traits give."""

_INSTANTS_REMEMBERED: Final = 16_384


def same(left: object, right: object) -> bool:
    """Whether two JSON scalars are equal: numbers as numbers, booleans only with booleans.

    >>> same(1, 1.0), same(True, 1), same("1", 1)
    (True, False, False)
    """
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def is_number(value: object) -> bool:
    """Whether a JSON value is a number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def reader(zone: str) -> InstantReader:
    """A function from a JSON value to the instant that it is; remembers texts."""
    place = calendar(zone).zone
    remembered = lru_cache(maxsize=_INSTANTS_REMEMBERED)(lambda text: instant_of(text, place))
    return lambda value: remembered(value) if isinstance(value, str) else None


class Operator(NamedTuple):
    """What an operator means.

    Attributes:
        words: to be read after the name of a value; names the condition's fields.
        test: builds the test of a JSON value; None where the result depends on the clock.
        instant_test: builds the test of a known instant, with a reader of the condition's own; None
            where the operator is not for instants.
        negates: the condition that this negates exactly; None: the operator is positive.
        suits: which measures and computed traits it may be asked of.
        trace: what every JSON record contains in which the condition holds of a property; None: the
            property's name.
    """

    words: str
    test: Callable[[Any], Test] | None = None
    instant_test: Callable[[Any, InstantReader], InstantTest] | None = None
    negates: Callable[[Any], Condition] | None = None
    suits: tuple[Kind, ...] = ()
    trace: Callable[[Any], str | None] = lambda _condition: None


def _equals(condition: conditions.Equals) -> Test:
    wanted, kind = condition.value, type(condition.value)
    if kind is str or kind is bool:
        return lambda value: type(value) is kind and value == wanted
    return lambda value: is_number(value) and value == wanted


def _in(condition: conditions.In) -> Test:
    texts = frozenset(value for value in condition.values if isinstance(value, str))
    others = tuple(value for value in condition.values if not isinstance(value, str))
    return lambda value: (
        value in texts if isinstance(value, str) else any(same(value, other) for other in others)
    )


def _contains(condition: conditions.Contains) -> Test:
    part = condition.value

    def test(value: Json) -> bool:
        if isinstance(value, str):
            return isinstance(part, str) and part in value
        return isinstance(value, list | tuple) and any(same(element, part) for element in value)

    return test


def _starts_with(condition: conditions.StartsWith) -> Test:
    start = condition.value
    return lambda value: isinstance(value, str) and value.startswith(start)


def _ends_with(condition: conditions.EndsWith) -> Test:
    end = condition.value
    return lambda value: isinstance(value, str) and value.endswith(end)


def _exists(_condition: conditions.Exists) -> Test:
    return lambda value: value is not None


def _less_than(condition: conditions.LessThan) -> Test:
    bound = condition.value
    return lambda value: is_number(value) and value < bound


def _at_most(condition: conditions.AtMost) -> Test:
    bound = condition.value
    return lambda value: is_number(value) and value <= bound


def _greater_than(condition: conditions.GreaterThan) -> Test:
    bound = condition.value
    return lambda value: is_number(value) and value > bound


def _at_least(condition: conditions.AtLeast) -> Test:
    bound = condition.value
    return lambda value: is_number(value) and value >= bound


def _between(condition: conditions.Between) -> Test:
    low, high = condition.low, condition.high
    return lambda value: is_number(value) and low <= value <= high


def _known(_condition: conditions.Exists, _read: InstantReader) -> InstantTest:
    return lambda at, _now: (at is not None, NEVER)


def _bound(condition: conditions.Before | conditions.After, read: InstantReader) -> int:
    bound = read(condition.instant)
    if bound is None:
        raise ValueError(f"not an instant: {condition.instant}")
    return bound


def _before(condition: conditions.Before, read: InstantReader) -> InstantTest:
    bound = _bound(condition, read)
    return lambda at, _now: (at is not None and at < bound, NEVER)


def _after(condition: conditions.After, read: InstantReader) -> InstantTest:
    bound = _bound(condition, read)
    return lambda at, _now: (at is not None and at >= bound, NEVER)


def _within_last(condition: conditions.WithinLast, _read: InstantReader) -> InstantTest:
    span = span_ms(condition.span)

    def test(at: int | None, now_ms: int) -> tuple[bool, int]:
        if at is None or now_ms >= at + span:
            return False, NEVER
        return (True, at + span) if at <= now_ms else (False, at)

    return test


def _within_next(condition: conditions.WithinNext, _read: InstantReader) -> InstantTest:
    span = span_ms(condition.span)

    def test(at: int | None, now_ms: int) -> tuple[bool, int]:
        if at is None or at <= now_ms:
            return False, NEVER
        return (True, at) if at <= now_ms + span else (False, at - span)

    return test


def _text(value: Scalar, spelling: str = "{}") -> str | None:
    """A text as it is spelled in JSON without a backslash; None for other values."""
    return spelling.format(value) if isinstance(value, str) else None


_BOTH: Final[tuple[Kind, ...]] = ("number", "boolean")
_EVERY: Final[tuple[Kind, ...]] = ("number", "boolean", "instant")

OPERATORS: Final[dict[type, Operator]] = {
    conditions.LessThan: Operator("is below {value}", _less_than, suits=("number",)),
    conditions.AtMost: Operator("is at most {value}", _at_most, suits=("number",)),
    conditions.GreaterThan: Operator("is above {value}", _greater_than, suits=("number",)),
    conditions.AtLeast: Operator("is at least {value}", _at_least, suits=("number",)),
    conditions.Between: Operator("is from {low} to {high}", _between, suits=("number",)),
    conditions.Equals: Operator(
        "is {value}", _equals, suits=_BOTH, trace=lambda it: _text(it.value, '"{}"')
    ),
    conditions.NotEquals: Operator(
        "is not {value}", negates=lambda it: conditions.Equals(it.value), suits=_BOTH
    ),
    conditions.In: Operator("is one of {values}", _in, suits=_BOTH),
    conditions.NotIn: Operator(
        "is none of {values}", negates=lambda it: conditions.In(it.values), suits=_BOTH
    ),
    conditions.Exists: Operator("is known", _exists, _known, suits=_EVERY),
    conditions.NotExists: Operator(
        "is not known", negates=lambda _: conditions.Exists(), suits=_EVERY
    ),
    conditions.Contains: Operator("contains {value}", _contains, trace=lambda it: _text(it.value)),
    conditions.NotContains: Operator(
        "does not contain {value}", negates=lambda it: conditions.Contains(it.value)
    ),
    conditions.StartsWith: Operator(
        "starts with {value}", _starts_with, trace=lambda it: _text(it.value, '"{}')
    ),
    conditions.EndsWith: Operator(
        "ends with {value}", _ends_with, trace=lambda it: _text(it.value, '{}"')
    ),
    conditions.Before: Operator("is before {instant}", instant_test=_before, suits=("instant",)),
    conditions.After: Operator("is at or after {instant}", instant_test=_after, suits=("instant",)),
    conditions.WithinLast: Operator(
        "is within the last {span}", instant_test=_within_last, suits=("instant",)
    ),
    conditions.WithinNext: Operator("is within the next {span}", instant_test=_within_next),
}
"""Every operator; problems list those that suit a value in this order."""

if set(OPERATORS) != set(get_args(Condition)):
    raise AssertionError("every operator has its row")


def suiting(kind: Kind) -> list[str]:
    """Operators that suit a kind of value, as rules spell them."""
    return [
        str(condition.__struct_config__.tag)  # type: ignore[attr-defined]
        for condition, row in OPERATORS.items()
        if kind in row.suits
    ]
