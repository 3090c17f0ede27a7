"""A person as dashboards see it: the composed view with its stage at the instant of reading."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.profiles.parts_schemas import (
    EXAMPLE_ID,
    ComputedValue,
    ConsentState,
    EventCounts,
    GroupView,
    IdentifierView,
    RestrictedView,
    RfmScores,
    SegmentRef,
    Sessions,
    Trait,
    money,
)
from api.web.values import Instant, Money, View, instant, instant_or_none
from domain.event import Identifier
from domain.profiles.consent import ANY_USE
from domain.profiles.profile import Person, Stage

AT: Final = "2026-03-01T09:30:00Z"
SUMMARY: Final[JsonDict] = {
    "id": EXAMPLE_ID,
    "stage": "customer",
    "first_seen_at": AT,
    "last_seen_at": AT,
    "events": 12,
    "orders": 3,
    "revenue": [{"currency": "USD", "orders": 3, "amount_minor": 4711, "amount": "47.11"}],
    "segments": [{"id": 1, "name": "consented_customers", "since": AT}],
    "identifiers": [{"kind": "email", "value": "mary@example.com", "key": EXAMPLE_ID}],
}


class ProfileSummary(View):
    """A person in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUMMARY]})

    id: UUID
    stage: Stage
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    events: int
    orders: int
    revenue: list[Money]
    segments: list[SegmentRef]
    identifiers: list[IdentifierView] = Field(description="The first few, by kind and value.")

    @classmethod
    def from_person(
        cls, person: Person, stage: Stage, identifiers: list[Identifier], segments: list[SegmentRef]
    ) -> "ProfileSummary":
        """From a stored person."""
        view = person.view
        return cls(
            id=UUID(bytes=person.id),
            stage=stage,
            first_seen_at=instant(view.first_ms) if view.types else None,
            last_seen_at=instant(view.last_ms) if view.types else None,
            events=view.events,
            orders=view.orders,
            revenue=money(view),
            segments=segments,
            identifiers=[IdentifierView.from_identifier(identifier) for identifier in identifiers],
        )


class ProfileEvaluation(NamedTuple):
    """What definitions say about one person at one instant."""

    computed: dict[str, ComputedValue]
    rfm: RfmScores | None


class Profile(View):
    """One person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXAMPLE_ID,
                    "redirected_from": None,
                    "stage": "customer",
                    "stage_changes_at": "2026-05-30T09:30:00Z",
                    "first_seen_at": AT,
                    "last_seen_at": AT,
                    "traits": {"plan": {"value": "gold", "at": AT}},
                    "computed": {"orders in a year": {"value": 1, "version": 3, "building": False}},
                    "rfm": {
                        "recency": 5,
                        "frequency": 1,
                        "monetary": 2,
                        "segment": "recent_customers",
                    },
                    "events": {
                        "total": 2,
                        "by_type": {"track": 1, "identify": 1},
                        "by_name": {"track:Order Completed": 1},
                    },
                    "sessions": {
                        "count": 1,
                        "last_started_at": AT,
                        "last_ended_at": AT,
                        "total_duration_s": 0.0,
                    },
                    "orders": 1,
                    "revenue": [
                        {"currency": "USD", "orders": 1, "amount_minor": 1177, "amount": "11.77"}
                    ],
                    "first_order_at": AT,
                    "last_order_at": AT,
                    "consent": {"advertising": {"granted": True, "at": AT}},
                    "restricted": None,
                    "groups": [],
                    "segments": [{"id": 1, "name": "consented_customers", "since": AT}],
                    "identifiers": [
                        {"kind": "email", "value": "mary@example.com", "key": EXAMPLE_ID}
                    ],
                    "refused_links": 0,
                    "truncated": False,
                }
            ]
        }
    )

    id: UUID
    redirected_from: UUID | None = Field(
        description="The id that was asked for, where it has been merged into this person."
    )
    stage: Stage = Field(description="Lifecycle stage at the instant of this answer.")
    stage_changes_at: Instant | None = Field(
        description="When it changes by itself if nothing happens; null for never."
    )
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    traits: dict[str, Trait]
    computed: dict[str, ComputedValue] = Field(
        description="Computed traits by name, as of this instant."
    )
    rfm: RfmScores | None = Field(
        description="RFM scores as of this instant; null without a purchase in the look-back,"
        " or without bounds."
    )
    events: EventCounts
    sessions: Sessions
    orders: int
    revenue: list[Money]
    first_order_at: Instant | None
    last_order_at: Instant | None
    consent: dict[str, ConsentState]
    restricted: RestrictedView | None = Field(
        description="Set while the person is kept and used for nothing; then they consent to"
        " nothing and are in no segment."
    )
    groups: list[GroupView]
    segments: list[SegmentRef] = Field(description="Those that the person is in.")
    identifiers: list[IdentifierView]
    refused_links: int = Field(
        description="Link facts that touch this person and that a limit refuses; the graph"
        " explains them."
    )
    truncated: bool = Field(
        description="A cap on names, traits or groups was reached and entries were left out."
    )

    @classmethod
    def from_person(
        cls,
        person: Person,
        stage: tuple[Stage, int],
        identifiers: list[Identifier],
        segments: list[SegmentRef],
        evaluation: ProfileEvaluation,
        requested_id: UUID | None = None,
    ) -> "Profile":
        """From a stored person.

        Args:
            person: as stored.
            stage: stage at the instant of reading, and when it changes (ms, 0 for never).
            identifiers: all of the person's.
            segments: that the person is in.
            evaluation: computed traits and RFM.
            requested_id: the id that was asked for.
        """
        view, profile = person.view, UUID(bytes=person.id)
        seen: list[datetime | None] = (
            [instant(view.first_ms), instant(view.last_ms)] if view.types else [None, None]
        )
        return cls(
            id=profile,
            redirected_from=requested_id if requested_id != profile else None,
            stage=stage[0],
            stage_changes_at=instant_or_none(stage[1]),
            first_seen_at=seen[0],
            last_seen_at=seen[1],
            traits={name: Trait.from_register(item) for name, item in view.traits.items()},
            computed=evaluation.computed,
            rfm=evaluation.rfm,
            events=EventCounts(total=view.events, by_type=view.types, by_name=view.names),
            sessions=Sessions.from_spans(view.sessions),
            orders=view.orders,
            revenue=money(view),
            first_order_at=instant(view.first_order_ms) if view.revenue else None,
            last_order_at=instant(view.last_order_ms) if view.revenue else None,
            consent={
                purpose: ConsentState.from_leaf(view, purpose)
                for purpose in view.consent
                if purpose != ANY_USE
            },
            restricted=RestrictedView.from_leaf(view),
            groups=[GroupView.from_register(name, item) for name, item in view.groups.items()],
            segments=segments,
            identifiers=[IdentifierView.from_identifier(identifier) for identifier in identifiers],
            refused_links=person.refused,
            truncated=view.overflow,
        )
