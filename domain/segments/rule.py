"""The rule language, written once: what marketers say about whom they mean.

A rule is a tree of nodes, each with a ``type``; conditions on one value have an ``op``. Stored as
JSON in exactly this shape. The types say what has which shape, which bounds and what it means:
`api.segments.rules_schemas` validates clients' JSON by them and documents them, storage is read
into them by msgspec without bounds, `operators.rules.check` says what else must hold, and
`operators` compile them.

A condition on a missing value or on one of another type does not hold; a negative operator
(``not_equals``, ``not_in``, ``not_contains``, ``not_exists``) is exactly the negation of its
positive. Numbers are compared as numbers (1 is 1.0), booleans are no numbers, texts are compared
letter by letter, and an instant is an ISO 8601 text. `docs/segments.md` says all of it with an
example per operator.
"""

from enum import Enum
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from annotated_types import Ge, Le, Lt, MaxLen
from msgspec import Meta

from domain.ids import SegmentId
from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS
from domain.profiles.profile import Stage
from domain.values import Json

CHILDREN_LIMIT: Final = 500
"""Nodes, steps or property conditions in one list."""
VALUES_LIMIT: Final = 1_000
"""Values of one list."""


class Format(Enum):
    """What a value must be beyond its Python type."""

    TEXT = "a text without NUL"
    NAME = "a text that names something"
    NUMBER = "a number that fits the database's and every client's numbers"
    SCALAR = "a text, a number or a boolean"
    SPAN = "a span as `span_ms` reads it"
    INSTANT = "an instant in ISO 8601"


Text = Annotated[str, Format.TEXT]
Name = Annotated[str, Format.NAME]
Number = Annotated[int | float, Format.NUMBER]
Scalar = Annotated[str | int | float | bool, Format.SCALAR]
Span = Annotated[str, Format.SPAN]
Instant = Annotated[str, Format.INSTANT]

_FILLED: Final = Meta(extra_json_schema={"minItems": 1})
"""Not empty; `operators.rules.check` says so in better words."""
Scalars = Annotated[tuple[Scalar, ...], MaxLen(VALUES_LIMIT), _FILLED]
Window = Annotated[
    Span | None,
    Meta(description="Events of this long before now count, `1m` to `731d`; null: all time."),
]
Score = Annotated[int, Ge(1), Le(5)]
Scores = Annotated[
    tuple[Score, Score] | None, Meta(description="Lowest and highest score, 1 to 5; null: any.")
]

_ORDERED: Final = {"name": "Order Completed"}


class Part(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a definition.

    Attributes:
        example: its fields as JSON, without the tag; documents the part.
    """

    example: ClassVar[dict[str, Json]] = {}


class _Node(Part, frozen=True, tag_field="type"):
    """A part of a rule."""


class _Condition(Part, frozen=True, tag_field="op"):
    """A demand on one value."""


class Equals(_Condition, frozen=True, tag="equals"):
    """The value is this text, number or boolean: 1 is 1.0, `true` is not 1, texts are exact."""

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


class Where(Part, frozen=True):
    """A condition on one property of an event."""

    example = {"property": "product.category", "condition": {"op": "equals", "value": "shoes"}}
    property: Annotated[Name, Meta(description="Dots lead into objects.")]
    condition: Condition


class EventFilter(Part, frozen=True):
    """Which events count: of one type and name, all of whose conditions hold."""

    example = _ORDERED | {
        "where": [{"property": "revenue", "condition": {"op": "at_least", "value": 50}}]
    }
    name: Annotated[Text | None, Meta(description="Null: whatever its name.")]
    event_type: Literal["track", "page", "screen", "identify", "group", "alias"] = "track"
    where: Annotated[tuple[Where, ...], MaxLen(CHILDREN_LIMIT)] = ()


class All(_Node, frozen=True, tag="all"):
    """Every one holds; true where there are none."""

    example = {
        "of": [
            {"type": "consent", "purpose": "advertising"},
            {"type": "lifecycle", "stages": ["customer"]},
        ]
    }
    of: Annotated[tuple["Rule", ...], MaxLen(CHILDREN_LIMIT)]


class Any(_Node, frozen=True, tag="any"):
    """At least one holds; false where there are none."""

    example = {
        "of": [{"type": "identifier", "kind": "email"}, {"type": "identifier", "kind": "phone"}]
    }
    of: Annotated[tuple["Rule", ...], MaxLen(CHILDREN_LIMIT)]


class Not(_Node, frozen=True, tag="not"):
    """It does not hold."""

    example = {"of": {"type": "segment", "segment": 7}}
    of: "Rule"


class Trait(_Node, frozen=True, tag="trait"):
    """The newest value of a trait satisfies a condition."""

    example = {"name": "plan", "condition": {"op": "equals", "value": "pro"}}
    name: Name
    condition: Condition


class Computed(_Node, frozen=True, tag="computed"):
    """The value of a live computed trait satisfies a condition."""

    example = {"name": "orders_90d", "condition": {"op": "at_least", "value": 3}}
    name: Name
    condition: Condition


class Lifecycle(_Node, frozen=True, tag="lifecycle"):
    """The lifecycle stage is one of these."""

    example = {"stages": ["customer"]}
    stages: Annotated[tuple[Stage, ...], MaxLen(len(Stage)), _FILLED]


class Rfm(_Node, frozen=True, tag="rfm"):
    """RFM scores lie within bounds and the named RFM segment is one of these.

    Whoever has no purchase in the look-back is out.
    """

    example = {"recency": [1, 2], "monetary": [4, 5]}
    recency: Scores = None
    frequency: Scores = None
    monetary: Scores = None
    segments: Annotated[
        tuple[Name, ...],
        MaxLen(11),
        Meta(description="Names of RFM segments; empty: any.", examples=[["champions"]]),
    ] = ()


class Consent(_Node, frozen=True, tag="consent"):
    """The newest statement about a purpose grants it.

    With `granted` false: it does not, or there is none.
    """

    example = {"purpose": "advertising"}
    purpose: Name
    granted: bool = True


class HasIdentifier(_Node, frozen=True, tag="identifier"):
    """The person has at least so many identifiers of a kind."""

    example = {"kind": "email"}
    kind: Name
    at_least: Annotated[int, Ge(1), Le(1_000)] = 1


class Member(_Node, frozen=True, tag="segment"):
    """The person is in another segment, which is live or paused.

    Segments cannot refer to each other in a circle.
    """

    example = {"segment": 7}
    segment: Annotated[SegmentId, Ge(0), Lt(2**31)]


Measure = Literal["count", "sum", "average", "minimum", "maximum", "unique", "first_at", "last_at"]
"""Count of events; of a property's numbers the sum, the average and the ends; how many different
values it has; the instant of the first or the last event."""


class Behaviour(_Node, frozen=True, tag="event"):
    """What the person did: a measure over the matching events satisfies a condition.

    Without events `count`, `sum` and `unique` are 0 and everything else is missing.
    """

    example = {
        "event": _ORDERED,
        "measure": "sum",
        "property": "revenue",
        "window": "90d",
        "condition": {"op": "at_least", "value": 500},
    }
    event: EventFilter
    measure: Measure = "count"
    property: Annotated[
        Name | None,
        Meta(
            description="What is measured; none for `count`, `first_at`, `last_at`."
            " Dots lead into objects."
        ),
    ] = None
    window: Window = None
    condition: Condition = AtLeast(1)


class Step(Part, frozen=True):
    """One step of a sequence.

    Attributes:
        event: what must happen, strictly later than the step before.
        absent: decided when `within` is over.
    """

    example = {"event": _ORDERED, "within": "30m", "without": [{"name": "Cart Emptied"}]}
    event: EventFilter
    within: Annotated[
        Span | None,
        Meta(description="At most this long after the step before. Not on the first step."),
    ] = None
    without: Annotated[
        tuple[EventFilter, ...],
        MaxLen(20),
        Meta(description="None of these in between. Not on the first step."),
    ] = ()
    absent: Annotated[
        bool, Meta(description="It must not happen within `within`. Last step only.")
    ] = False


class Sequence(_Node, frozen=True, tag="sequence"):
    """A happened, then B within a time, without C in between.

    Attributes:
        steps: judged over the person's latest `SEQUENCE_MARKS` events that any step names.
        window: exact to the millisecond; of an absent step, the end of its absence lies within.
    """

    example = {
        "steps": [
            {"event": {"name": "Product Added"}},
            {"event": _ORDERED, "within": "4h", "absent": True},
        ],
        "window": "7d",
    }
    steps: Annotated[tuple[Step, ...], MaxLen(CHILDREN_LIMIT), Meta(description="Two to eight.")]
    window: Annotated[
        Span | None,
        Meta(description="The sequence completed within this long before now; null: all time."),
    ] = None


Rule = (
    All | Any | Not | Trait | Computed | Lifecycle | Rfm | Consent | HasIdentifier | Member
    | Behaviour | Sequence
)  # fmt: skip
"""Whom a segment means: a tree of nodes."""

SEQUENCE_MARKS: Final = 256
"""Latest events, by (event time, message), that a person's sequence is judged over."""
UNIQUE_EXACT: Final = 256
"""Different values up to which a unique count is exact.

See `operators.aggregates.distinct` for the estimate beyond.
"""
FREQUENT_VALUES: Final = 200
"""Different values among which the most frequent is looked for.

Beyond, those with the smallest digests stay (`operators.aggregates.bounded`).
"""
SPAN_LIMIT_MS: Final = 731 * DAY_MS

_UNITS: Final = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": WEEK_MS}


def span_ms(text: str) -> int:
    """Milliseconds of a span: a whole number and a unit, s, m, h, d or w.

    Raises:
        ValueError: anything else, nothing at all, or more than 731 days.

    >>> span_ms("30m")
    1800000
    """
    number, unit = text[:-1], text[-1:]
    if (
        unit not in _UNITS
        or not (number.isascii() and number.isdigit())
        or not 0 < int(number) * _UNITS[unit] <= SPAN_LIMIT_MS
    ):
        raise ValueError(
            "a span is a whole number and a unit, s, m, h, d or w, like 30m; at most 731d"
        )
    return int(number) * _UNITS[unit]


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Rule)


def encode_rule(rule: Rule) -> bytes:
    """A rule as JSON; equal rules give equal bytes."""
    return _ENCODER.encode(rule)


def decode_rule(text: bytes | str) -> Rule:
    """Read a stored rule.

    Raises:
        msgspec.ValidationError: not a rule; the message names the path.
    """
    rule: Rule = _DECODER.decode(text)
    return rule


def filter_key(event: EventFilter) -> bytes:
    """Names an event filter.

    Filters are told apart by it and not by ``==``, for which 1 and true are one.
    """
    return _ENCODER.encode(event)
