"""Rules as clients write them: the tree of nodes, computed traits and RFM.

Field by field `domain.segments.rule` and `domain.segments.definition`.

Models say what has which shape and document it; what else must hold is `operators.rules.check`.
"""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from api.segments.conditions_schemas import AtLeast, Condition, Name, Span, Text, example
from api.web.values import Request
from domain.profiles.profile import Stage
from domain.segments.definition import Function
from domain.segments.rule import Measure

CHILDREN_LIMIT = 500
_ORDERED = {"name": "Order Completed"}

Window = Annotated[
    Span | None,
    Field(description="Events of this long before now count, `1m` to `731d`; null: all time."),
]
Score = Annotated[StrictInt, Field(ge=1, le=5)]
Scores = Annotated[
    tuple[Score, Score] | None, Field(description="Lowest and highest score, 1 to 5; null: any.")
]


class Where(Request):
    """A condition on one property of an event."""

    model_config = example(
        property="product.category", condition={"op": "equals", "value": "shoes"}
    )
    property: Name = Field(description="Dots lead into objects.")
    condition: Condition


class EventFilter(Request):
    """Which events count: of one type and name, all of whose conditions hold."""

    model_config = example(
        name="Order Completed",
        where=[{"property": "revenue", "condition": {"op": "at_least", "value": 50}}],
    )
    name: Text | None = Field(description="Null: whatever its name.")
    event_type: Literal["track", "page", "screen", "identify", "group", "alias"] = "track"
    where: tuple[Where, ...] = Field(default=(), max_length=CHILDREN_LIMIT)


class All(Request):
    """Every one holds; true where there are none."""

    model_config = example(
        type="all",
        of=[
            {"type": "consent", "purpose": "advertising"},
            {"type": "lifecycle", "stages": ["customer"]},
        ],
    )
    type: Literal["all"]
    of: tuple["Rule", ...] = Field(max_length=CHILDREN_LIMIT)


class AnyOf(Request):
    """At least one holds; false where there are none."""

    model_config = example(
        type="any",
        of=[{"type": "identifier", "kind": "email"}, {"type": "identifier", "kind": "phone"}],
    )
    type: Literal["any"]
    of: tuple["Rule", ...] = Field(max_length=CHILDREN_LIMIT)


class Not(Request):
    """It does not hold."""

    model_config = example(type="not", of={"type": "segment", "segment": 7})
    type: Literal["not"]
    of: "Rule"


class TraitNode(Request):
    """The newest value of a trait satisfies a condition."""

    model_config = example(type="trait", name="plan", condition={"op": "equals", "value": "pro"})
    type: Literal["trait"]
    name: Name
    condition: Condition


class Computed(Request):
    """The value of a live computed trait satisfies a condition."""

    model_config = example(
        type="computed", name="orders_90d", condition={"op": "at_least", "value": 3}
    )
    type: Literal["computed"]
    name: Name
    condition: Condition


class Lifecycle(Request):
    """The lifecycle stage is one of these."""

    model_config = example(type="lifecycle", stages=["customer"])
    type: Literal["lifecycle"]
    stages: tuple[Stage, ...] = Field(max_length=len(Stage), json_schema_extra={"minItems": 1})


class Rfm(Request):
    """RFM scores lie within bounds and the named RFM segment is one of these.

    Whoever has no purchase in the look-back is out.
    """

    model_config = example(type="rfm", recency=[1, 2], monetary=[4, 5])
    type: Literal["rfm"]
    recency: Scores = None
    frequency: Scores = None
    monetary: Scores = None
    segments: tuple[Name, ...] = Field(
        default=(),
        max_length=11,
        description="Names of RFM segments; empty: any.",
        examples=[["champions"]],
    )


class Consent(Request):
    """The newest statement about a purpose grants it.

    With `granted` false: it does not, or there is none.
    """

    model_config = example(type="consent", purpose="advertising")
    type: Literal["consent"]
    purpose: Name
    granted: StrictBool = True


class HasIdentifier(Request):
    """The person has at least so many identifiers of a kind."""

    model_config = example(type="identifier", kind="email")
    type: Literal["identifier"]
    kind: Name
    at_least: StrictInt = Field(default=1, ge=1, le=1_000)


class SegmentMember(Request):
    """The person is in another segment, which is live or paused.

    Segments cannot refer to each other in a circle.
    """

    model_config = example(type="segment", segment=7)
    type: Literal["segment"]
    segment: StrictInt = Field(ge=0, lt=2**31)


class Behaviour(Request):
    """What the person did: a measure over the matching events satisfies a condition.

    Without events `count`, `sum` and `unique` are 0 and everything else is missing.
    """

    model_config = example(
        type="event",
        event=_ORDERED,
        measure="sum",
        property="revenue",
        window="90d",
        condition={"op": "at_least", "value": 500},
    )
    type: Literal["event"]
    event: EventFilter
    measure: Measure = "count"
    property: Name | None = Field(
        default=None,
        description="What is measured; none for `count`, `first_at`, `last_at`. Dots lead into objects.",
    )
    window: Window = None
    condition: Condition = AtLeast(op="at_least", value=1)


class Step(Request):
    """One step of a sequence."""

    model_config = example(event=_ORDERED, within="30m", without=[{"name": "Cart Emptied"}])
    event: EventFilter
    within: Span | None = Field(
        default=None, description="At most this long after the step before. Not on the first step."
    )
    without: tuple[EventFilter, ...] = Field(
        default=(), max_length=20, description="None of these in between. Not on the first step."
    )
    absent: StrictBool = Field(
        default=False, description="It must not happen within `within`. Last step only."
    )


class Sequence(Request):
    """A happened, then B within a time, without C in between."""

    model_config = example(
        type="sequence",
        steps=[
            {"event": {"name": "Product Added"}},
            {"event": _ORDERED, "within": "4h", "absent": True},
        ],
        window="7d",
    )
    type: Literal["sequence"]
    steps: tuple[Step, ...] = Field(max_length=CHILDREN_LIMIT, description="Two to eight.")
    window: Span | None = Field(
        default=None,
        description="The sequence completed within this long before now; null: all time.",
    )


Rule = Annotated[
    All
    | AnyOf
    | Not
    | TraitNode
    | Computed
    | Lifecycle
    | Rfm
    | Consent
    | HasIdentifier
    | SegmentMember
    | Behaviour
    | Sequence,
    Field(discriminator="type"),
]
"""Whom a segment means: a tree of nodes."""
for _model in (All, AnyOf, Not):
    _model.model_rebuild()


class TraitRule(Request):
    """What a computed trait computes."""

    model_config = example(function="sum", event=_ORDERED, property="revenue", window="90d")
    function: Function
    event: EventFilter
    property: Name | None = Field(
        default=None, description="Whose values; none for `count`, `exists`, `time_since`."
    )
    window: Window = None


class RfmRule(Request):
    """How recency, frequency and monetary value are taken."""

    model_config = example(event=_ORDERED, property="revenue", look_back="365d", refresh_s=3600)
    event: EventFilter = Field(
        default=EventFilter(name="Order Completed"), description="Which events are purchases."
    )
    property: Name = Field(default="revenue", description="Their amount.")
    look_back: Span = Field(
        default="365d", description="Older purchases do not count, `1d` to `731d`."
    )
    refresh_s: StrictInt = Field(
        default=3_600,
        lt=2**31,
        description="Quintiles are taken anew this often, seconds, at least 60.",
    )
