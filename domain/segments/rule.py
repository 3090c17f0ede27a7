"""The rule language, written once: what marketers say about whom they mean.

A rule is a tree of nodes, each with a ``type``; conditions on one value have an ``op``. Stored as
JSON in exactly this shape. The types say what has which shape, which bounds and what it means:
`api.segments.rules_schemas` validates clients' JSON by them and documents them, storage is read
into them by msgspec without bounds, `operators.rules.check` says what else must hold, and
`operators` compile them.

`part` has what all of them share, `conditions` the conditions, `event_filter` which events count.
`docs/segments.md` says all of it with an example per operator.
"""

from typing import Annotated, Final, Literal

import msgspec
from annotated_types import Ge, Le, Lt, MaxLen
from msgspec import Meta

from domain.ids import SegmentId
from domain.profiles.profile import Stage
from domain.segments.conditions import AtLeast, Condition
from domain.segments.event_filter import EventFilter
from domain.segments.part import CHILDREN_LIMIT, FILLED, Name, Part, Span, Window

Score = Annotated[int, Ge(1), Le(5)]
Scores = Annotated[
    tuple[Score, Score] | None, Meta(description="Lowest and highest score, 1 to 5; null: any.")
]

_ORDERED: Final = {"name": "Order Completed"}


class _Node(Part, frozen=True, tag_field="type"):
    """A part of a rule."""


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
    stages: Annotated[tuple[Stage, ...], MaxLen(len(Stage)), FILLED]


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

    With `granted` false, the condition holds where it refuses or there is none.
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
