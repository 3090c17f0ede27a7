"""Exports as clients ask for them and see them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from api.segments.rules_schemas import Rule, example
from api.web.actors import ActorName
from api.web.texts import EmptyOrReason
from api.web.values import Instant, Request, View, Whole
from domain.activation.platforms import PlatformName
from domain.export import NO_PURPOSE, PLATFORM_FORMS, ColumnType, ExportFormat
from store.export.exports import ExportRow

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Names = Annotated[list[Name], Field(max_length=200)]

_REASONS = {
    "withdrawn": "People in it withdrew their consent to its purpose, or were restricted, again and"
    " again while it was written, or after that: order it again, or order a"
    " segment with fewer members.",
    "writer_died": "The process that wrote it died again and again: look into the log of upkeep.",
    "too_many": "It has more people than one export may have: narrow it, or raise"
    " exports.max_rows.",
    "definition": "What it refers to is not live any more: order it again.",
    "disk": "The file could not be written: see to the disk of exports.directory, then order"
    " it again.",
    "broken_off": "The client or the process went away before everything was sent.",
    "form": "A platform's form holds nothing but identifiers, of people who consent to the"
    " platform's purpose: order it again.",
    "erased": "Somebody was erased after it was written: order it again.",
}
"""Code → what happened and what to do."""


class ExportRequest(Request):
    """Which people to export, and what of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "segment_id": 1,
                    "format": "csv",
                    "traits": ["plan"],
                    "events": ["Order Completed"],
                    "purpose": "advertising",
                },
                {
                    "rule": {
                        "type": "trait",
                        "name": "plan",
                        "condition": {"op": "equals", "value": "pro"},
                    },
                    "format": "parquet",
                    "purpose": "advertising",
                    "identifiers": "meta",
                },
            ]
        }
    )

    segment_id: Whole | None = Field(
        default=None, ge=0, lt=2**31, description="Whose members; either this or `rule`."
    )
    rule: Rule | None = Field(
        default=None, description="Everybody for whom it holds, as in previews."
    )
    format: ExportFormat = "json"
    purpose: Name | None = Field(
        default=None,
        description="What for: people who do not consent to it are left out and counted."
        " Default: the segment's purpose; with a rule it"
        " must be named. A platform's form: that platform's purpose, and no other."
        f" `{NO_PURPOSE}`: nobody is left out for lack of consent; takes a `reason`.",
    )
    reason: EmptyOrReason = Field(
        default="",
        description="Why consent is not asked about; the audit log keeps it, so name nobody.",
        examples=["Objection handling"],
    )
    traits: Names | None = Field(
        default=None,
        description="Only these traits, one column each in CSV and Parquet; null: all, in one"
        " column.",
    )
    types: dict[Name, ColumnType] = Field(
        default={},
        max_length=200,
        description="Trait → type of its column; else text, JSON where a value is none. What"
        " does not fit is left empty.",
    )
    computed: Names | None = Field(
        default=[], description="Computed traits; null: all that are live."
    )
    events: bool | Names = Field(
        default=False,
        description="Number of events: of these (`page:Home`; a name without a type is a track"
        " event's), or true for all in one column.",
    )
    last_events: Names = Field(default=[], description="The newest instant of these events.")
    revenue: bool = Field(
        default=False, description="Orders and their sum in minor units, by currency."
    )
    identifiers: bool | Literal["raw", PlatformName] = Field(
        default=True,
        description="`raw` or true: as they are stored. A platform: spelled and hashed as"
        " audiences there are, and nothing else is told, so"
        " that traits, types, computed, events, last_events and revenue are refused"
        " beside it, as is another purpose than the platform's;"
        " people of whom nothing could be matched are left out and counted. false: none.",
    )
    identifier_kinds: Names | None = Field(
        default=None, description="Only these kinds, one column each in CSV and Parquet; null: all."
    )
    guard_formulas: bool = Field(
        default=True, description="In CSV, an apostrophe before texts that a spreadsheet would run."
    )

    @model_validator(mode="after")
    def _whole(self) -> "ExportRequest":
        if (self.segment_id is None) == (self.rule is None):
            raise ValueError("name either a segment_id or a rule")
        if (
            self.rule is not None
            and self.purpose is None
            and self.identifiers not in PLATFORM_FORMS
        ):
            raise ValueError(
                f"name the purpose that the export serves, or {NO_PURPOSE} with a reason"
            )
        if (self.purpose == NO_PURPOSE) != bool(self.reason):
            raise ValueError(f"the purpose {NO_PURPOSE} takes a reason, and no other does")
        return self


class ExportedRevenue(View):
    """Purchases in one currency."""

    orders: int
    amount_minor: int = Field(description="In the currency's minor unit.")


class ExportedProfile(View):
    """One person of an export as JSON and NDJSON tell them; what was not asked for is null.

    A platform's form has `identifiers` alone.
    """

    id: UUID
    stage: str
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    orders: int
    identifiers: dict[str, list[str]] | None
    traits: dict[str, object]
    computed: dict[str, object] | None
    events: dict[str, int] | None
    last_events: dict[str, Instant | None] | None
    revenue: dict[str, ExportedRevenue] | None = Field(description="By currency.")


class ExportView(View):
    """One export."""

    model_config = example(
        id=12,
        kind="file",
        status="done",
        format="csv",
        segment_id=1,
        purpose="advertising",
        requested_by="key:3",
        requested_by_name="ada",
        people=1200,
        evaluated=1200,
        rows=1100,
        without_consent=96,
        without_identifier=4,
        size_bytes=81234,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        reason=None,
        advice=None,
        created_at="2026-03-01T09:30:00Z",
        started_at="2026-03-01T09:30:01Z",
        finished_at="2026-03-01T09:30:02Z",
        expires_at="2026-03-02T09:30:02Z",
        download="/cdp/exports/12/download",
    )

    id: int
    kind: Literal["file", "stream"] = Field(
        description="A stream was answered directly; nothing of it is kept."
    )
    status: Literal[
        "queued", "running", "done", "failed", "cancelled", "deleted", "expired", "revoked"
    ]
    format: ExportFormat
    segment_id: int | None = Field(description="Null where a rule said who.")
    purpose: str
    requested_by: str
    requested_by_name: ActorName = None
    people: int = Field(description="To be looked at, as counted when it was asked for.")
    evaluated: int = Field(description="Looked at so far.")
    rows: int = Field(description="People written.")
    without_consent: int = Field(
        description="People left out because they do not consent to the purpose."
    )
    without_identifier: int = Field(
        description="People left out because nothing is known that the platform could match by."
    )
    size_bytes: int | None
    sha256: str | None = Field(description="Of the file, hex; its `ETag` too.")
    reason: str | None = Field(description="Why it failed or was revoked, a code.")
    advice: str | None = Field(description="What that means and what to do.")
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    expires_at: Instant | None
    download: str | None = Field(description="Where the file is, while it may be downloaded.")

    @classmethod
    def from_row(cls, row: ExportRow) -> "ExportView":
        """From a stored export."""
        same = (
            "id", "kind", "status", "requested_by", "people", "evaluated", "rows",
            "without_consent", "without_identifier", "size_bytes", "created_at",
            "started_at", "finished_at", "expires_at",
        )  # fmt: skip
        return cls.model_validate(
            {name: getattr(row, name) for name in same}
            | {
                "format": row.spec.format,
                "segment_id": row.spec.segment,
                "purpose": row.spec.purpose,
                "sha256": None if row.sha256 is None else row.sha256.hex(),
                "reason": row.reason or None,
                "advice": _REASONS.get(row.reason),
                "download": f"/cdp/exports/{row.id}/download" if row.downloadable else None,
            }
        )
