"""The rule language as values: what marketers say about whom they mean.

Parsed and checked at the edge, compiled by `operators`.

A rule is a tree of nodes, each with a ``type``; conditions on one value have an ``op``. Stored as
JSON in exactly this shape.

A condition on a missing value or on one of another type does not hold; a negative operator
(``not_equals``, ``not_in``, ``not_contains``, ``not_exists``) is exactly the negation of its
positive. Numbers are compared as numbers (1 is 1.0), booleans are no numbers, texts are compared
letter by letter, and an instant is an ISO 8601 text. `docs/segments.md` says all of it with an
example per operator.
"""

from typing import Final, Literal

import msgspec

from domain.ids import SegmentId
from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS
from domain.profiles.profile import Stage

Scalar = str | int | float | bool


class _Node(
    msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, forbid_unknown_fields=True
):
    """A part of a rule."""


class _Condition(
    msgspec.Struct, frozen=True, tag_field="op", omit_defaults=True, forbid_unknown_fields=True
):
    """A demand on one value."""


class Equals(_Condition, frozen=True, tag="equals"):
    """The value is this one."""

    value: Scalar


class NotEquals(_Condition, frozen=True, tag="not_equals"):
    """The negation of `Equals`: also where there is no value."""

    value: Scalar


class In(_Condition, frozen=True, tag="in"):
    """The value is one of these."""

    values: tuple[Scalar, ...]


class NotIn(_Condition, frozen=True, tag="not_in"):
    """The negation of `In`."""

    values: tuple[Scalar, ...]


class Contains(_Condition, frozen=True, tag="contains"):
    """A text contains this text, or a list has this element."""

    value: Scalar


class NotContains(_Condition, frozen=True, tag="not_contains"):
    """The negation of `Contains`."""

    value: Scalar


class StartsWith(_Condition, frozen=True, tag="starts_with"):
    """A text starts with this text."""

    value: str


class EndsWith(_Condition, frozen=True, tag="ends_with"):
    """A text ends with this text."""

    value: str


class Exists(_Condition, frozen=True, tag="exists"):
    """There is a value other than null."""


class NotExists(_Condition, frozen=True, tag="not_exists"):
    """There is no value, or it is null."""


class LessThan(_Condition, frozen=True, tag="less_than"):
    """A number below this one."""

    value: int | float


class AtMost(_Condition, frozen=True, tag="at_most"):
    """A number not above this one."""

    value: int | float


class GreaterThan(_Condition, frozen=True, tag="greater_than"):
    """A number above this one."""

    value: int | float


class AtLeast(_Condition, frozen=True, tag="at_least"):
    """A number not below this one."""

    value: int | float


class Between(_Condition, frozen=True, tag="between"):
    """A number from `low` to `high`, both included."""

    low: int | float
    high: int | float


class Before(_Condition, frozen=True, tag="before"):
    """An instant before this one (ISO 8601.

    A date alone is its midnight, and no zone is the workspace's).
    """

    instant: str


class After(_Condition, frozen=True, tag="after"):
    """An instant at or after this one."""

    instant: str


class WithinLast(_Condition, frozen=True, tag="within_last"):
    """An instant t with ``now - span < t <= now``; `span` as in `span_ms`."""

    span: str


class WithinNext(_Condition, frozen=True, tag="within_next"):
    """An instant t with ``now < t <= now + span``."""

    span: str


Condition = (
    Equals | NotEquals | In | NotIn | Contains | NotContains | StartsWith | EndsWith | Exists | NotExists | LessThan | AtMost
    | GreaterThan | AtLeast | Between | Before | After | WithinLast | WithinNext
)  # fmt: skip


class Where(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on one property of an event; dots lead into objects (``product.category``)."""

    property: str
    condition: Condition


class EventFilter(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which events count: of one type and name, all of whose conditions hold.

    `name` None: whatever its name.
    """

    name: str | None
    event_type: Literal["track", "page", "screen", "identify", "group", "alias"] = "track"
    where: tuple[Where, ...] = ()


class All(_Node, frozen=True, tag="all"):
    """Every one of these; holds where there are none."""

    of: tuple["Rule", ...]


class Any(_Node, frozen=True, tag="any"):
    """At least one of these; does not hold where there are none."""

    of: tuple["Rule", ...]


class Not(_Node, frozen=True, tag="not"):
    """The negation."""

    of: "Rule"


class Trait(_Node, frozen=True, tag="trait"):
    """A trait's newest value."""

    name: str
    condition: Condition


class Computed(_Node, frozen=True, tag="computed"):
    """A computed trait's value, by the trait's name."""

    name: str
    condition: Condition


class Lifecycle(_Node, frozen=True, tag="lifecycle"):
    """The lifecycle stage is one of these."""

    stages: tuple[Stage, ...]


class Rfm(_Node, frozen=True, tag="rfm"):
    """RFM scores within bounds (both included), and the named RFM segment one of these.

    Whoever never bought has none and is out.

    Attributes:
        recency: lowest and highest score, 1–5; None: any. Likewise `frequency` and `monetary`.
        segments: names as in `domain.segments.rfm.RFM_SEGMENTS`; empty: any.
    """

    recency: tuple[int, int] | None = None
    frequency: tuple[int, int] | None = None
    monetary: tuple[int, int] | None = None
    segments: tuple[str, ...] = ()


class Consent(_Node, frozen=True, tag="consent"):
    """The newest statement about a purpose grants it.

    Or, with `granted` false, it does not (no statement included).
    """

    purpose: str
    granted: bool = True


class HasIdentifier(_Node, frozen=True, tag="identifier"):
    """The person has at least so many identifiers of a kind."""

    kind: str
    at_least: int = 1


class Member(_Node, frozen=True, tag="segment"):
    """The person is in another segment of the workspace."""

    segment: SegmentId


Measure = Literal["count", "sum", "average", "minimum", "maximum", "unique", "first_at", "last_at"]


class Behaviour(_Node, frozen=True, tag="event"):
    """What the person did: a measure over the matching events, of all time or of a window that ends now.

    Attributes:
        event: which events.
        measure: ``count`` of events; of a property's numbers ``sum``, ``average``, ``minimum``,
            ``maximum``; ``unique`` values of a property; instant of the ``first_at`` or ``last_at``
            event.
        property: what is measured; none for count, first_at and last_at.
        window: span as in `span_ms`, 1 minute to 731 days; None: all time.
        condition: on the measure. Without events a count, a sum and a unique count are 0,
            everything else is missing.
    """

    event: EventFilter
    measure: Measure = "count"
    property: str | None = None
    window: str | None = None
    condition: Condition = AtLeast(1)


class Step(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One step of a sequence.

    Attributes:
        event: what must happen, strictly later than the step before.
        within: at most this long after the step before (span); None: at any time after. Not on the
            first step.
        without: none of these strictly between the step before and this one. Not on the first step.
        absent: the event must *not* happen within `within` after the step before; decided when that
            time is over. Last step only.
    """

    event: EventFilter
    within: str | None = None
    without: tuple[EventFilter, ...] = ()
    absent: bool = False


class Sequence(_Node, frozen=True, tag="sequence"):
    """A happened, then B within Z (without C between), then ….

    Judged over the person's latest `SEQUENCE_MARKS` events that any step names.

    Attributes:
        steps: two to eight.
        window: the last step (or the end of its absence) lies within this span before now; None:
            all time. Exact to the millisecond.
    """

    steps: tuple[Step, ...]
    window: str | None = None


Rule = (
    All
    | Any
    | Not
    | Trait
    | Computed
    | Lifecycle
    | Rfm
    | Consent
    | HasIdentifier
    | Member
    | Behaviour
    | Sequence
)

SEQUENCE_MARKS: Final = 256
"""Events of a sequence's filters that a person's sequence is judged over: the latest ones by (event time, message)."""
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
