"""Conditions on one value as clients write them: field by field `domain.segments.rule`, with what each means and an example."""

import math
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.web.values import Request
from domain.segments.rule import span_ms
from domain.values import Json
from operators.rules.windows import instant_of

TEXT_LIMIT: Final = 1_000
"""Characters of a text in a rule."""
VALUES_LIMIT: Final = 1_000
"""Values of one list."""
NUMBER_LIMIT: Final = 2.0**63
"""Numbers of a rule are below this: they fit the database's and every client's numbers."""
_UTC: Final = ZoneInfo("UTC")
_NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL's JSON cannot hold the character NUL."""

Text = Annotated[str, StringConstraints(strict=True, max_length=TEXT_LIMIT, pattern=_NO_NUL)]
"""Any text."""
Name = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=TEXT_LIMIT, pattern=_NO_NUL)
]
"""A text that names something."""


def _number(value: Json) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "This is a number; no text, no true or false.")
    if (
        not (math.isfinite(value) if isinstance(value, float) else True)
        or abs(value) >= NUMBER_LIMIT
    ):
        raise PydanticCustomError("number_range", "A number lies between -2^63 and 2^63.")
    return value


def _scalar(value: Json) -> str | int | float | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if (
            len(value) > TEXT_LIMIT
            or "\x00" in value
            or any("\ud800" <= sign <= "\udfff" for sign in value)
        ):
            raise PydanticCustomError(
                "text",
                "A text has at most {limit} characters, none of them NUL.",
                {"limit": TEXT_LIMIT},
            )
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise PydanticCustomError("scalar", "This is a text, a number, true or false.")


def _span(value: Json) -> str:
    try:
        span_ms(value)
    except (TypeError, ValueError, IndexError):
        raise PydanticCustomError(
            "span", "A span is a whole number and a unit, s, m, h, d or w, like 30m; at most 731d."
        ) from None
    return str(value)


def _instant(value: Json) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT or instant_of(value, _UTC) is None:
        raise PydanticCustomError(
            "instant", "An instant is an ISO 8601 text: 2026-02-28, or 2026-02-28T12:00:00Z."
        )
    return value


Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
Scalar = Annotated[
    str | int | float | bool,
    PlainValidator(_scalar),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": TEXT_LIMIT},
                {"type": "number"},
                {"type": "boolean"},
            ]
        }
    ),
]
Scalars = Annotated[
    tuple[Scalar, ...], Field(max_length=VALUES_LIMIT, json_schema_extra={"minItems": 1})
]
Span = Annotated[
    str,
    PlainValidator(_span),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhdw]$", "examples": ["30m", "7d"]}),
]
Instant = Annotated[
    str,
    PlainValidator(_instant),
    WithJsonSchema(
        {
            "type": "string",
            "description": "ISO 8601; a date is its midnight, and no zone is the workspace's.",
        }
    ),
]


def example(**fields: Json) -> ConfigDict:
    """The configuration of a model with one example."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Equals(Request):
    """The value is this text, number or boolean: 1 is 1.0, `true` is not 1, texts letter by letter."""

    model_config = example(op="equals", value="pro")
    op: Literal["equals"]
    value: Scalar


class NotEquals(Request):
    """The value is not this one, or there is none."""

    model_config = example(op="not_equals", value="pro")
    op: Literal["not_equals"]
    value: Scalar


class In(Request):
    """The value equals one of these."""

    model_config = example(op="in", values=["DE", "AT"])
    op: Literal["in"]
    values: Scalars


class NotIn(Request):
    """The value equals none of these, or there is none."""

    model_config = example(op="not_in", values=["DE", "AT"])
    op: Literal["not_in"]
    values: Scalars


class Contains(Request):
    """A text with this text in it, or a list with an element equal to it."""

    model_config = example(op="contains", value="vip")
    op: Literal["contains"]
    value: Scalar


class NotContains(Request):
    """Neither a text with this text in it nor a list with this element."""

    model_config = example(op="not_contains", value="vip")
    op: Literal["not_contains"]
    value: Scalar


class StartsWith(Request):
    """A text that starts so."""

    model_config = example(op="starts_with", value="+49")
    op: Literal["starts_with"]
    value: Text


class EndsWith(Request):
    """A text that ends so."""

    model_config = example(op="ends_with", value="@example.com")
    op: Literal["ends_with"]
    value: Text


class Exists(Request):
    """There is a value, and it is not null."""

    model_config = example(op="exists")
    op: Literal["exists"]


class NotExists(Request):
    """There is no value, or it is null."""

    model_config = example(op="not_exists")
    op: Literal["not_exists"]


class LessThan(Request):
    """A number below this one."""

    model_config = example(op="less_than", value=18)
    op: Literal["less_than"]
    value: Number


class AtMost(Request):
    """A number not above this one."""

    model_config = example(op="at_most", value=18)
    op: Literal["at_most"]
    value: Number


class GreaterThan(Request):
    """A number above this one."""

    model_config = example(op="greater_than", value=99.5)
    op: Literal["greater_than"]
    value: Number


class AtLeast(Request):
    """A number not below this one."""

    model_config = example(op="at_least", value=18)
    op: Literal["at_least"]
    value: Number


class Between(Request):
    """A number from `low` to `high`, both included."""

    model_config = example(op="between", low=1, high=5)
    op: Literal["between"]
    low: Number
    high: Number


class Before(Request):
    """An instant before this one."""

    model_config = example(op="before", instant="2026-01-01")
    op: Literal["before"]
    instant: Instant


class After(Request):
    """An instant at or after this one."""

    model_config = example(op="after", instant="2026-01-01T12:00:00Z")
    op: Literal["after"]
    instant: Instant


class WithinLast(Request):
    """An instant t with now − span < t ≤ now. Not in `where`."""

    model_config = example(op="within_last", span="30d")
    op: Literal["within_last"]
    span: Span


class WithinNext(Request):
    """An instant t with now < t ≤ now + span. Not in `where`, and not on when events happened."""

    model_config = example(op="within_next", span="7d")
    op: Literal["within_next"]
    span: Span


Condition = Annotated[
    Equals | NotEquals | In | NotIn | Contains | NotContains | StartsWith | EndsWith | Exists | NotExists | LessThan | AtMost
    | GreaterThan | AtLeast | Between | Before | After | WithinLast | WithinNext,
    Field(discriminator="op"),
]  # fmt: skip
"""A demand on one value.

A missing value and one of another type satisfy no positive condition, and therefore every negative
one.
"""
