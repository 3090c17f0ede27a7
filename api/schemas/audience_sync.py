"""Audiences, their pushes and exports as dashboards see them."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.values import Instant, Request, View
from store.audiences import AudienceRow, PushRow

PlatformName = Literal["meta"]


class PlatformView(View):
    """One ad platform and what it takes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "meta",
                    "connected": True,
                    "account_id": "1234567890",
                    "purpose": "advertising",
                    "identifiers": ["email", "phone", "device_id"],
                    "max_rows": 10000,
                    "shortest_interval_s": 3600,
                    "longest_interval_s": 604800,
                }
            ]
        }
    )

    platform: PlatformName
    connected: bool = Field(description="Whether account and token are configured.")
    account_id: str | None
    purpose: str = Field(description="Consent purpose that a person must have granted.")
    identifiers: list[str] = Field(description="Identifier kinds that it matches by.")
    max_rows: int = Field(description="People per request.")
    shortest_interval_s: int
    longest_interval_s: int


class AudienceRequest(Request):
    """A new audience."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"segment_id": 1, "platform": "meta", "name": "Customers", "interval_s": 3600}]}
    )

    segment_id: int = Field(ge=0, lt=2**31, description="The segment whose consenting members it follows.")
    platform: PlatformName
    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", description="As it will be called at the platform.")
    interval_s: int = Field(default=3600, gt=0, lt=2**31, description="Seconds between scheduled pushes.")


class AudienceView(View):
    """One audience."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "segment_id": 1,
                    "segment": "consented_customers",
                    "platform": "meta",
                    "name": "Customers",
                    "account_id": "1234567890",
                    "platform_id": "23850000000000001",
                    "interval_s": 3600,
                    "status": "active",
                    "requested_at": None,
                    "last_pushed_at": "2026-03-01T09:30:00Z",
                    "created_at": "2026-03-01T09:00:00Z",
                    "members": 1200,
                    "pending": 0,
                }
            ]
        }
    )

    id: int
    segment_id: int
    segment: str = Field(description="The segment's name.")
    platform: str
    name: str
    account_id: str
    platform_id: str | None = Field(description="The platform's own id; null until the first push has created it there.")
    interval_s: int
    status: Literal["active", "paused", "deleting", "deleted"]
    requested_at: Instant | None = Field(description="When a push was asked for that has not been planned yet.")
    last_pushed_at: Instant | None
    created_at: Instant
    members: int = Field(description="People whom the platform has confirmed; it may have matched fewer.")
    pending: int = Field(description="People planned to be added or removed and not confirmed.")

    @classmethod
    def of(cls, row: AudienceRow) -> "AudienceView":
        """From a stored audience."""
        return cls.model_validate(row, from_attributes=True)


class Readback(View):
    """What the platform says about the audience; its numbers are rounded, and −1 where it does not tell."""

    size_lower: int
    size_upper: int
    delivery_status: int
    operation_status: int


class PushView(View):
    """One push. Sent is not matched: the platform's own estimate is in `readback`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    "kind": "manual",
                    "status": "done",
                    "decision_id": 3,
                    "verdict": "pass",
                    "adds": 1200,
                    "removes": 3,
                    "sent": 1203,
                    "rejected": 0,
                    "skipped": {"no_identifier": 4},
                    "requests": 2,
                    "delivered": 2,
                    "retries": 0,
                    "error": None,
                    "readback": {"size_lower": 1100, "size_upper": 1200, "delivery_status": 200, "operation_status": 200},
                    "match_rate": None,
                    "started_at": "2026-03-01T09:30:00Z",
                    "ended_at": "2026-03-01T09:30:02Z",
                    "duration_s": 2.0,
                }
            ]
        }
    )

    id: int
    kind: Literal["scheduled", "manual", "urgent", "delete"]
    status: Literal["running", "done", "failed", "held"]
    decision_id: int | None = Field(description="The gate's decision that it rests on.")
    verdict: Literal["pass", "hold", "block"] | None
    adds: int = Field(description="People planned to be added.")
    removes: int = Field(description="People planned to be removed.")
    sent: int = Field(description="Rows that the platform accepted.")
    rejected: int = Field(description="Rows that the platform could not use, by its own estimate.")
    skipped: dict[str, int] = Field(description="Members left out, by reason: no_identifier, no_consent.")
    requests: int
    delivered: int = Field(description="Requests delivered.")
    retries: int = Field(description="Attempts beyond the first.")
    error: str | None = Field(description="Why it failed or was held, and what to do.")
    readback: Readback | None
    match_rate: float | None = Field(description="Share matched, 0–1; null where the platform does not tell.")
    started_at: Instant
    ended_at: Instant | None
    duration_s: float | None

    @classmethod
    def of(cls, row: PushRow) -> "PushView":
        """From a stored push."""
        fields = {name: getattr(row, name) for name in row.__dataclass_fields__}
        took = (row.ended_at - row.started_at).total_seconds() if row.ended_at else None
        return cls.model_validate({**fields, "error": row.error or None, "match_rate": None, "duration_s": took})


class ExportRequest(Request):
    """Which people to export, and what of them."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"segment_id": 1, "format": "csv", "traits": ["plan"], "events": True, "purpose": "advertising"}]}
    )

    segment_id: int = Field(ge=0, lt=2**31)
    format: Literal["csv", "json"] = "json"
    purpose: str = Field(
        default="advertising", min_length=1, max_length=100, description="What for: only people who consent to it are exported."
    )
    traits: list[str] | None = Field(default=None, max_length=200, description="Only these traits, one column each in CSV; null: all.")
    events: bool = Field(default=False, description="With the number of events by type and name.")
    identifiers: bool = Field(default=True, description="With identifiers as they are stored, not hashed.")


class ExportedProfile(View):
    """One person of an export."""

    id: UUID
    stage: str
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    orders: int
    identifiers: dict[str, list[str]] | None
    traits: dict[str, object]
    events: dict[str, int] | None
