"""Conditions on one value, told apart by their ``op``.

A condition on a missing value or on one of another type does not hold; a negative operator
(``not_equals``, ``not_in``, ``not_contains``, ``not_exists``) is exactly the negation of its
positive. Numbers are compared as numbers (1 is 1.0), booleans are no numbers, texts are compared
letter by letter, and an instant is an ISO 8601 text.
"""

from domain.segments.part import Instant, Number, Part, Scalar, Scalars, Span, Text


class _Condition(Part, frozen=True, tag_field="op"):
    """A demand on one value."""


class Equals(_Condition, frozen=True, tag="equals"):
    """The value is this text, number or boolean.

    1 is 1.0, `true` is not 1, and texts are compared letter by letter.
    """

    example = {"value": "pro"}
    value: Scalar


class NotEquals(_Condition, frozen=True, tag="not_equals"):
    """The value is not this one, or there is none."""

    example = {"value": "pro"}
    value: Scalar


class In(_Condition, frozen=True, tag="in"):
    """The value equals one of these."""

    example = {"values": ["DE", "AT"]}
    values: Scalars


class NotIn(_Condition, frozen=True, tag="not_in"):
    """The value equals none of these, or there is none."""

    example = {"values": ["DE", "AT"]}
    values: Scalars


class Contains(_Condition, frozen=True, tag="contains"):
    """A text with this text in it, or a list with an element equal to it."""

    example = {"value": "vip"}
    value: Scalar


class NotContains(_Condition, frozen=True, tag="not_contains"):
    """Neither a text with this text in it nor a list with this element."""

    example = {"value": "vip"}
    value: Scalar


class StartsWith(_Condition, frozen=True, tag="starts_with"):
    """A text that starts so."""

    example = {"value": "+49"}
    value: Text


class EndsWith(_Condition, frozen=True, tag="ends_with"):
    """A text that ends so."""

    example = {"value": "@example.com"}
    value: Text


class Exists(_Condition, frozen=True, tag="exists"):
    """There is a value, and it is not null."""


class NotExists(_Condition, frozen=True, tag="not_exists"):
    """There is no value, or it is null."""


class LessThan(_Condition, frozen=True, tag="less_than"):
    """A number below this one."""

    example = {"value": 18}
    value: Number


class AtMost(_Condition, frozen=True, tag="at_most"):
    """A number not above this one."""

    example = {"value": 18}
    value: Number


class GreaterThan(_Condition, frozen=True, tag="greater_than"):
    """A number above this one."""

    example = {"value": 99.5}
    value: Number


class AtLeast(_Condition, frozen=True, tag="at_least"):
    """A number not below this one."""

    example = {"value": 18}
    value: Number


class Between(_Condition, frozen=True, tag="between"):
    """A number from `low` to `high`, both included."""

    example = {"low": 1, "high": 5}
    low: Number
    high: Number


class Before(_Condition, frozen=True, tag="before"):
    """An instant before this one."""

    example = {"instant": "2026-01-01"}
    instant: Instant


class After(_Condition, frozen=True, tag="after"):
    """An instant at or after this one."""

    example = {"instant": "2026-01-01T12:00:00Z"}
    instant: Instant


class WithinLast(_Condition, frozen=True, tag="within_last"):
    """An instant t with now − span < t ≤ now. Not in `where`."""

    example = {"span": "30d"}
    span: Span


class WithinNext(_Condition, frozen=True, tag="within_next"):
    """An instant t with now < t ≤ now + span. Not in `where`, and not on when events happened."""

    example = {"span": "7d"}
    span: Span


Condition = (
    Equals | NotEquals | In | NotIn | Contains | NotContains | StartsWith | EndsWith
    | Exists | NotExists | LessThan | AtMost | GreaterThan | AtLeast | Between
    | Before | After | WithinLast | WithinNext
)  # fmt: skip
"""A demand on one value."""
