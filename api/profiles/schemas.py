"""A person as dashboards see it: the composed view with its stage at the instant of reading."""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from pydantic import ConfigDict, Field

from api.web.values import Instant, JsonValue, Money, View, instant, instant_or_none
from domain.event import Identifier
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person, Stage
from operators.profiles.consent import consents, statement_of

_AT: Final = "2026-03-01T09:30:00Z"
_ID: Final = "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11"


class IdentifierView(View):
    """One identifier of a person."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "email", "value": "mary@example.com", "key": _ID}]}
    )

    kind: str
    value: str = Field(description="Normalised value; personal data.")
    key: UUID = Field(description="Keyed digest of kind and value; names the identifier in links.")

    @classmethod
    def of(cls, identifier: Identifier) -> "IdentifierView":
        """From the engine's identifier."""
        return cls(kind=identifier.kind, value=identifier.value, key=UUID(bytes=identifier.key))


class Trait(View):
    """A trait's value and the event time at which it was stated."""

    value: JsonValue
    at: Instant


class ConsentState(View):
    """The statement that counts for one purpose; a purpose that is not listed is refused.

    `*` is the newest refusal of every purpose: what was granted before is listed as refused then.
    """

    granted: bool
    at: Instant


class GroupView(View):
    """A group that the person belongs to, with its latest traits."""

    id: str
    traits: JsonValue
    at: Instant


class EventCounts(View):
    """How many events a person has."""

    total: int
    by_type: dict[str, int]
    by_name: dict[str, int] = Field(
        description="Keys are spelled `type:name`; bounded, see `truncated`."
    )


class Sessions(View):
    """Activity without a silence longer than the configured gap."""

    count: int
    last_started_at: Instant | None
    last_ended_at: Instant | None
    total_duration_s: float


class ProfileSummary(View):
    """A person in a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "stage": "customer",
                    "first_seen_at": _AT,
                    "last_seen_at": _AT,
                    "events": 12,
                    "orders": 3,
                    "revenue": [
                        {"currency": "USD", "orders": 3, "amount_minor": 4711, "amount": "47.11"}
                    ],
                    "segments": ["consented_customers"],
                    "identifiers": [{"kind": "email", "value": "mary@example.com", "key": _ID}],
                }
            ]
        }
    )

    id: UUID
    stage: Stage
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    events: int
    orders: int
    revenue: list[Money]
    segments: list[str]
    identifiers: list[IdentifierView] = Field(description="The first few, by kind and value.")

    @classmethod
    def of(
        cls, person: Person, stage: Stage, identifiers: list[Identifier], segments: list[str]
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
            revenue=_money(view),
            segments=segments,
            identifiers=[IdentifierView.of(identifier) for identifier in identifiers],
        )


class ComputedValue(View):
    """A computed trait of one person."""

    value: JsonValue = Field(
        description="null where it is missing, or where its history is still being read."
    )
    version: int = Field(description="Of the definition that computed it.")
    building: bool = Field(
        description="The definition is newer than what is known of this person; a sweep is on"
        " its way."
    )


class RfmScores(View):
    """RFM of one person: scores 1 to 5, 5 is best, and the segment that they make."""

    recency: int
    frequency: int
    monetary: int
    segment: str


class Judged(NamedTuple):
    """What definitions say about one person at one instant."""

    computed: dict[str, ComputedValue]
    rfm: RfmScores | None


class Profile(View):
    """One person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "redirected_from": None,
                    "stage": "customer",
                    "stage_changes_at": "2026-05-30T09:30:00Z",
                    "first_seen_at": _AT,
                    "last_seen_at": _AT,
                    "traits": {"plan": {"value": "gold", "at": _AT}},
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
                        "last_started_at": _AT,
                        "last_ended_at": _AT,
                        "total_duration_s": 0.0,
                    },
                    "orders": 1,
                    "revenue": [
                        {"currency": "USD", "orders": 1, "amount_minor": 1177, "amount": "11.77"}
                    ],
                    "first_order_at": _AT,
                    "last_order_at": _AT,
                    "consent": {"advertising": {"granted": True, "at": _AT}},
                    "groups": [],
                    "segments": ["consented_customers"],
                    "identifiers": [{"kind": "email", "value": "mary@example.com", "key": _ID}],
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
    groups: list[GroupView]
    segments: list[str] = Field(description="Names of the segments that the person is in.")
    identifiers: list[IdentifierView]
    refused_links: int = Field(
        description="Link facts that touch this person and that a limit refuses; the graph"
        " explains them."
    )
    truncated: bool = Field(
        description="A cap on names, traits or groups was reached and entries were left out."
    )

    @classmethod
    def of(
        cls,
        person: Person,
        stage: tuple[Stage, int],
        identifiers: list[Identifier],
        segments: list[str],
        judged: Judged,
        asked: UUID | None = None,
    ) -> "Profile":
        """From a stored person.

        Args:
            person: as stored.
            stage: stage at the instant of reading, and when it changes (ms, 0 for never).
            identifiers: all of the person's.
            segments: names.
            judged: computed traits and RFM.
            asked: the id that was asked for.
        """
        view, profile = person.view, UUID(bytes=person.id)
        seen: list[datetime | None] = (
            [instant(view.first_ms), instant(view.last_ms)] if view.types else [None, None]
        )
        return cls(
            id=profile,
            redirected_from=asked if asked != profile else None,
            stage=stage[0],
            stage_changes_at=instant_or_none(stage[1]),
            first_seen_at=seen[0],
            last_seen_at=seen[1],
            traits={
                name: Trait(value=item.value, at=instant(item.at_ms))
                for name, item in view.traits.items()
            },
            computed=judged.computed,
            rfm=judged.rfm,
            events=EventCounts(total=view.events, by_type=view.types, by_name=view.names),
            sessions=_sessions(view.sessions),
            orders=view.orders,
            revenue=_money(view),
            first_order_at=instant(view.first_order_ms) if view.revenue else None,
            last_order_at=instant(view.last_order_ms) if view.revenue else None,
            consent={purpose: _consent_state(view, purpose) for purpose in view.consent},
            groups=[
                GroupView(id=name, traits=item.value, at=instant(item.at_ms))
                for name, item in view.groups.items()
            ],
            segments=segments,
            identifiers=[IdentifierView.of(identifier) for identifier in identifiers],
            refused_links=person.refused,
            truncated=view.overflow,
        )


def _consent_state(view: Leaf, purpose: str) -> ConsentState:
    counts = statement_of(view, purpose)
    return ConsentState(granted=consents(view, purpose), at=instant(counts.at_ms if counts else 0))


def _money(view: Leaf) -> list[Money]:
    return [Money.of(currency, revenue) for currency, revenue in sorted(view.revenue.items())]


def _sessions(flat: list[int]) -> Sessions:
    spans = list(zip(flat[::2], flat[1::2], strict=True))
    return Sessions(
        count=len(spans),
        last_started_at=instant(spans[-1][0]) if spans else None,
        last_ended_at=instant(spans[-1][1]) if spans else None,
        total_duration_s=sum(end - start for start, end in spans) / 1000,
    )
