"""Definitions of a workspace: segments, computed traits, RFM, and the aggregates they need."""

from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from annotated_types import Lt
from msgspec import Meta

from domain.ids import AggregateId, SegmentId, TraitId, WorkspaceId
from domain.profiles.profile import Stage
from domain.segments.event_filter import EventFilter
from domain.segments.part import Name, Part, Span, Window
from domain.segments.rule import All, Consent, Lifecycle, Rule
from domain.values import Transitions

ADVERTISING: Final = "advertising"

_PURCHASE: Final = {"event": {"name": "Order Completed"}, "property": "revenue"}


class DefinitionStatus(StrEnum):
    """Whether a definition has effect. Only segments can be paused.

    Attributes:
        DRAFT: never published.
        PAUSED: memberships stay as they are.
    """

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    DELETED = "deleted"


IN_USE: Final = (DefinitionStatus.LIVE, DefinitionStatus.PAUSED)
"""Definitions that other definitions may refer to."""
DEFINITION_TRANSITIONS: Final[Transitions] = {
    (None, DefinitionStatus.DRAFT): "created",
    (DefinitionStatus.DRAFT, DefinitionStatus.LIVE): "published",
    (DefinitionStatus.DRAFT, DefinitionStatus.DELETED): "deleted",
    (DefinitionStatus.LIVE, DefinitionStatus.PAUSED): "paused",
    (DefinitionStatus.PAUSED, DefinitionStatus.LIVE): "resumed, or published",
    (DefinitionStatus.LIVE, DefinitionStatus.DELETED): "deleted",
    (DefinitionStatus.PAUSED, DefinitionStatus.DELETED): "deleted",
}
"""What changes the status of a definition; None: there is none yet."""


class SweepStatus(StrEnum):
    """Whether a sweep has visited everybody."""

    RUNNING = "running"
    DONE = "done"


SWEEP_TRANSITIONS: Final[Transitions] = {
    (None, SweepStatus.RUNNING): "ordered",
    (None, SweepStatus.DONE): "ordered where there is nobody",
    (SweepStatus.RUNNING, SweepStatus.DONE): "everybody visited",
}
"""What changes the status of a sweep; None: there is none yet."""


class Segment(msgspec.Struct, frozen=True):
    """A segment as it is live.

    Attributes:
        version: of the live definition; a membership records the version that produced it.
        rule: who is in; None while the segment is paused: memberships stay as they are.
        purpose: consent purpose that the segment serves; a member who withdraws it is taken off
            platforms at once.
        revision: of the workspace's definitions (`WorkspaceDefinitions.revision`) at which this
            version went live.
    """

    id: SegmentId
    workspace: WorkspaceId
    version: int
    rule: Rule | None
    purpose: str = ADVERTISING
    revision: int = 0


Function = Literal[
    "count",
    "sum",
    "average",
    "minimum",
    "maximum",
    "first",
    "last",
    "unique",
    "most_frequent",
    "exists",
    "time_since",
]


class TraitRule(Part, frozen=True):
    """What a computed trait computes.

    Attributes:
        function: ``count`` and ``exists`` of events; ``time_since`` the latest event, in seconds;
            the others of a property's values.
    """

    example = _PURCHASE | {"function": "sum", "window": "90d"}
    function: Function
    event: EventFilter
    property: Annotated[
        Name | None, Meta(description="Whose values; none for `count`, `exists`, `time_since`.")
    ] = None
    window: Window = None


class ComputedTrait(msgspec.Struct, frozen=True):
    """A computed trait as it is live."""

    id: TraitId
    name: str
    version: int
    rule: TraitRule
    revision: int = 0


class RfmRule(Part, frozen=True):
    """How recency, frequency and monetary value are taken."""

    example = _PURCHASE | {"look_back": "365d", "refresh_s": 3600}
    event: Annotated[EventFilter, Meta(description="Which events are purchases.")] = EventFilter(
        "Order Completed"
    )
    property: Annotated[Name, Meta(description="Their amount.")] = "revenue"
    look_back: Annotated[
        Span, Meta(description="Older purchases do not count, `1d` to `731d`.")
    ] = "365d"
    refresh_s: Annotated[
        int,
        Lt(2**31),
        Meta(description="Quintiles are recomputed this often, seconds, at least 60."),
    ] = 3600


class RfmBreaks(msgspec.Struct, frozen=True):
    """Quintile bounds of the population, ascending, four each.

    See `operators.rfm.scores` for how they score.

    Attributes:
        recency_ms: ages of the latest purchase.
        frequency: purchases.
        monetary: sums in millionths of the property's unit.
        population: buyers that they were taken from.
        taken_ms: when.
    """

    recency_ms: tuple[int, int, int, int]
    frequency: tuple[int, int, int, int]
    monetary: tuple[int, int, int, int]
    population: int
    taken_ms: int


class RfmDefinition(msgspec.Struct, frozen=True):
    """RFM of a workspace as it is live; without breaks nobody has scores."""

    version: int
    rule: RfmRule
    breaks: RfmBreaks | None
    revision: int = 0


Family = Literal["count", "number", "unique", "frequent", "edge", "marks"]
Resolution = Literal["ever", "second", "minute", "hour", "day"]


class AggregateSpec(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What leaves keep about the events that a definition asks for.

    Equal specs are kept once per workspace.

    Attributes:
        family: the kind of state (`operators.aggregates.fold`).
        events: which events; one, or for marks the filters of a sequence in order of first mention.
        property: whose values, for number, unique, frequent and edge.
        resolution: width of time buckets.
        time_zone: IANA name, for day buckets; else empty.
    """

    family: Family
    events: tuple[EventFilter, ...]
    property: str | None = None
    resolution: Resolution = "ever"
    time_zone: str = ""


class Aggregate(msgspec.Struct, frozen=True):
    """A spec with its number; numbers grow and are never used again."""

    id: AggregateId
    spec: AggregateSpec


class WorkspaceDefinitions(msgspec.Struct, frozen=True):
    """Everything that is live in one workspace.

    Attributes:
        revision: grows with every change of any workspace's definitions.
        time_zone: IANA name; calendar days are counted in it.
        segments: live and paused ones, ascending ids.
        traits: computed traits, ascending ids.
        aggregates: those that live definitions ask for, ascending ids.
        newest_aggregate: the greatest id ever given in this workspace; a person whose
            `Person.built` is lower lacks later ones.
        swept_aggregate: people not written since a sweep that covered aggregates up to this id have
            empty ones (`operators.unify.backfill`).
        swept_revision: a sweep found everybody right by the definitions up to this revision, also
            those whom it did not write.
    """

    workspace: WorkspaceId
    revision: int = 0
    time_zone: str = "UTC"
    segments: tuple[Segment, ...] = ()
    traits: tuple[ComputedTrait, ...] = ()
    rfm: RfmDefinition | None = None
    aggregates: tuple[Aggregate, ...] = ()
    newest_aggregate: int = 0
    swept_aggregate: int = 0
    swept_revision: int = 0


CONSENTED_CUSTOMERS: Final[Rule] = All((Lifecycle((Stage.CUSTOMER,)), Consent(ADVERTISING)))
"""The segment that every workspace starts with: current customers who consented to advertising."""

_ENCODER: Final = msgspec.json.Encoder(order="sorted")


def spec_key(spec: AggregateSpec) -> bytes:
    """Names an aggregate's spec: its JSON.

    Specs are distinguished by it and not by ``==``, for which 1 and true are equal.
    """
    return _ENCODER.encode(spec)
