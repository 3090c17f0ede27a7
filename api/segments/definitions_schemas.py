"""Computed traits, RFM and sweeps as clients write and see them."""

from typing import Annotated, Literal

import msgspec
from pydantic import ConfigDict, Field

from api.segments.rules_schemas import RfmRule, TraitRule, example, with_defaults
from api.segments.shown_rules_schemas import ShownRfmRule, ShownTraitRule
from api.web.texts import DescriptionText, NameText, OptionalReason
from api.web.values import Instant, Request, View, Whole
from domain.segments import definition
from domain.segments.definition import SweepStatus
from store.definitions.effects import Published
from store.definitions.sweep_progress import percent
from store.definitions.views import RfmRow, SweepRow, TraitRow

_AT = "2026-03-01T09:30:00Z"
_TRAIT = {
    "function": "sum",
    "event": {"name": "Order Completed"},
    "property": "revenue",
    "window": "90d",
}
_RFM = {
    "event": {"name": "Order Completed"},
    "property": "revenue",
    "look_back": "365d",
    "refresh_s": 3600,
}
_BREAKS = {
    "recency_ms": [864000000, 2592000000, 7776000000, 15552000000],
    "frequency": [1, 1, 2, 4],
    "monetary": [20000000, 50000000, 90000000, 200000000],
    "population": 23570,
    "taken_ms": 1790000000000,
}

Status = Literal["draft", "live", "paused"]
Seen = Annotated[
    Whole | None,
    Field(
        ge=0, lt=2**31, description="Newest version that you have seen: 409 when there is another."
    ),
]


class TraitRequest(Request):
    """A new computed trait."""

    model_config = example(name="revenue_90d", description="Spent in 90 days.", rule=_TRAIT)
    name: NameText = Field(description="What rules call it. It cannot be changed.")
    description: DescriptionText = ""
    rule: TraitRule


class TraitUpdate(Request):
    """A new version of a computed trait."""

    model_config = example(description="Spent in 90 days.", rule=_TRAIT, version=1)
    description: DescriptionText = ""
    rule: TraitRule
    version: Seen = None


class TraitView(View):
    """A computed trait."""

    model_config = example(
        id=3,
        name="revenue_90d",
        description="Spent in 90 days.",
        status="live",
        version=1,
        newest_version=2,
        rule=_TRAIT,
        created_at=_AT,
        updated_at=_AT,
    )
    id: int
    name: str
    description: str
    status: Status
    version: int = Field(description="That is live; 0 before the first publishing.")
    newest_version: int = Field(
        description="That was saved last; a draft where it is above `version`."
    )
    rule: ShownTraitRule | None = Field(
        description="That is live; null before the first publishing."
    )
    created_at: Instant
    updated_at: Instant

    @classmethod
    def from_row(cls, row: TraitRow) -> "TraitView":
        """From the store's row."""
        return cls(
            id=row.id,
            name=row.name,
            description=row.description,
            status="live" if row.status == "live" else "draft",
            version=row.version,
            newest_version=row.newest,
            rule=row.definition,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class PublishedView(View):
    """What a change of what is live started."""

    model_config = example(revision=17, sweep=5)
    revision: int | None = Field(
        description="Of all definitions from now on; null where nothing changed."
    )
    sweep: int | None = Field(
        description=(
            "The sweep that brings people up to date, see `GET /cdp/sweeps/{id}`; null where none"
            " is needed."
        )
    )

    @classmethod
    def from_published(cls, published: Published) -> "PublishedView":
        """From the store's answer."""
        return cls(revision=published.revision, sweep=published.sweep)


class RfmRequest(Request):
    """How RFM is taken from now on."""

    model_config = example(rule=_RFM, version=1)
    rule: RfmRule
    version: Seen = None
    reason: OptionalReason = None


class RfmBreaksView(View):
    """Quintile bounds of the buyers, ascending, four each."""

    model_config = example(**_BREAKS)
    recency_ms: list[int] = Field(description="Ages of the latest purchase.")
    frequency: list[int] = Field(description="Purchases.")
    monetary: list[int] = Field(description="Sums in millionths of the property's unit.")
    population: int = Field(description="Buyers that they were taken from.")
    taken_ms: int = Field(description="When, in ms since 1970.")


class RfmView(View):
    """The workspace's RFM."""

    model_config = example(
        version=1,
        rule=_RFM,
        breaks=_BREAKS,
        updated_at=_AT,
    )
    version: int
    rule: ShownRfmRule
    breaks: RfmBreaksView | None = Field(
        description=(
            "Quintile bounds of the buyers; null until they are taken. Nobody has scores before."
        )
    )
    updated_at: Instant

    @classmethod
    def from_row(cls, row: RfmRow) -> "RfmView":
        """From the store's row, with what is said by default."""
        rule = with_defaults(msgspec.convert(row.definition, definition.RfmRule))
        breaks = None if row.breaks is None else RfmBreaksView.model_validate(row.breaks)
        return cls(version=row.version, rule=rule, breaks=breaks, updated_at=row.updated_at)


class SweepView(View):
    """A walk over everybody after definitions changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 5,
                    "revision": 17,
                    "reason": "segment.publish vips",
                    "segments": [7],
                    "status": "running",
                    "people": 23570,
                    "visited": 9000,
                    "changed": 312,
                    "percent": 38.2,
                    "stale": None,
                    "created_at": _AT,
                    "updated_at": _AT,
                    "finished_at": None,
                }
            ]
        }
    )
    id: int
    revision: int = Field(description="Of the definitions that people are brought up to.")
    reason: str
    segments: list[int] = Field(description="Those whose members may change.")
    status: Literal["running", "done"]
    people: int = Field(
        description="How many there were when it began; beyond 100,000 an estimate."
    )
    visited: int
    changed: int = Field(description="People written.")
    percent: float = Field(description="100 only when it is done.")
    stale: int | None = Field(
        description="The proof at the end: memberships of an old version that are left."
    )
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None

    @classmethod
    def from_row(cls, row: SweepRow) -> "SweepView":
        """From the store's row."""
        return cls(
            id=row.id,
            revision=row.revision,
            reason=row.reason,
            segments=row.segments,
            status="done" if row.status == SweepStatus.DONE else "running",
            people=row.people,
            visited=row.visited,
            changed=row.changed,
            percent=percent(row.visited, row.people, done=row.status == SweepStatus.DONE),
            stale=row.stale,
            created_at=row.created_at,
            updated_at=row.updated_at,
            finished_at=row.finished_at,
        )
