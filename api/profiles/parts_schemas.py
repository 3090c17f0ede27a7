"""Parts of a person as dashboards see them: identifiers, traits, consent, groups, sessions."""

from typing import Final
from uuid import UUID

from pydantic import ConfigDict, Field

from api.web.values import Instant, JsonValue, Money, View, instant
from domain.event import Identifier
from domain.profiles.leaf import Leaf, Register
from operators.profiles.consent import consents, restriction_among, statement_of

EXAMPLE_ID: Final = "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11"


class IdentifierView(View):
    """One identifier of a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "email", "value": "mary@example.com", "key": EXAMPLE_ID}]
        }
    )

    kind: str
    value: str = Field(description="Normalised value; personal data.")
    key: UUID = Field(description="Keyed digest of kind and value; names the identifier in links.")

    @classmethod
    def from_identifier(cls, identifier: Identifier) -> "IdentifierView":
        """From the engine's identifier."""
        return cls(kind=identifier.kind, value=identifier.value, key=UUID(bytes=identifier.key))


class Trait(View):
    """A trait's value and the event time at which it was stated."""

    value: JsonValue
    at: Instant

    @classmethod
    def from_register(cls, register: Register) -> "Trait":
        """From the engine's register."""
        return cls(value=register.value, at=instant(register.at_ms))


class ConsentState(View):
    """The statement that counts for one purpose; a purpose that is not listed is refused.

    `*` is the newest refusal of every purpose: what was granted before is listed as refused then.
    """

    granted: bool
    at: Instant

    @classmethod
    def from_leaf(cls, view: Leaf, purpose: str) -> "ConsentState":
        """From a person's composed view."""
        counts = statement_of(view, purpose)
        return cls(granted=consents(view, purpose), at=instant(counts.at_ms if counts else 0))


class RestrictedView(View):
    """The restriction of a person; the register has who asked for it, and why."""

    since: Instant

    @classmethod
    def from_leaf(cls, view: Leaf) -> "RestrictedView | None":
        """From a person's composed view; None where they are not restricted."""
        restriction = restriction_among(view.consent)
        return None if restriction is None else cls(since=instant(restriction.at_ms))


class GroupView(View):
    """A group that the person belongs to, with its latest traits."""

    id: str
    traits: JsonValue
    at: Instant

    @classmethod
    def from_register(cls, name: str, register: Register) -> "GroupView":
        """From the engine's register."""
        return cls(id=name, traits=register.value, at=instant(register.at_ms))


class SegmentRef(View):
    """A segment that the person is in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": 1, "name": "customers", "since": "2026-03-01T09:30:00Z"}]
        }
    )

    id: int
    name: str
    since: Instant | None = Field(
        description="When the person came into it; null where they have just left."
    )

    @classmethod
    def of(cls, segment: int, name: str, since_ms: int | None) -> "SegmentRef":
        """From an id, a name and ms since 1970."""
        return cls(id=segment, name=name, since=None if since_ms is None else instant(since_ms))


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

    @classmethod
    def from_spans(cls, flat: list[int]) -> "Sessions":
        """From starts and ends by turns, ms since 1970."""
        spans = list(zip(flat[::2], flat[1::2], strict=True))
        return cls(
            count=len(spans),
            last_started_at=instant(spans[-1][0]) if spans else None,
            last_ended_at=instant(spans[-1][1]) if spans else None,
            total_duration_s=sum(end - start for start, end in spans) / 1000,
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


def money(view: Leaf) -> list[Money]:
    """A person's revenue by currency."""
    return [
        Money.from_revenue(currency, revenue) for currency, revenue in sorted(view.revenue.items())
    ]
