"""Schemas of audiences as dashboards see them."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, Request, View, Whole
from domain.activation.platforms import PlatformName
from store.activation.audiences import AudienceRow


class AudienceRequest(Request):
    """A new audience."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"segment_id": 1, "platform": "meta", "name": "Customers", "interval_s": 3600}
            ]
        }
    )

    segment_id: Whole = Field(
        ge=0, lt=2**31, description="The segment whose consenting members it follows."
    )
    platform: PlatformName
    name: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="As it will be called at the platform.",
    )
    interval_s: Whole = Field(
        default=3600,
        ge=0,
        lt=2**31,
        description="Seconds between scheduled pushes; 0: it follows its segment at once.",
    )
    ttl_s: Whole | None = Field(
        default=None,
        ge=3600,
        lt=2**31,
        description="Who is a member for longer is removed; null: nobody is.",
    )
    holdout_percent: Whole = Field(
        default=0,
        ge=0,
        le=90,
        description="Share of the members who are never sent, always the same people: to"
        " measure lift by.",
    )


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
                    "confirmed_at": "2026-03-01T09:05:00Z",
                    "ttl_s": None,
                    "holdout_percent": 0,
                    "members": 1200,
                    "pending": 0,
                    "refused": 0,
                    "leaving": 0,
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
    platform_id: str | None = Field(
        description="The platform's own id; null until the first push has created it there."
    )
    interval_s: int
    status: Literal["active", "paused", "deleting", "deleted"]
    requested_at: Instant | None = Field(
        description="When a push was asked for that has not been planned yet."
    )
    last_pushed_at: Instant | None
    created_at: Instant
    confirmed_at: Instant | None = Field(
        description="When somebody confirmed the first push; the gate holds it until then."
    )
    members: int = Field(
        description="People whom the platform has confirmed; it may have matched fewer."
    )
    ttl_s: int | None
    holdout_percent: int
    pending: int = Field(description="People planned to be added or removed and not confirmed.")
    refused: int = Field(description="People whose row the platform does not take as it is.")
    leaving: int = Field(
        description="People whose removal the platform has not confirmed, those who withdrew"
        " consent included."
    )

    @classmethod
    def from_row(cls, row: AudienceRow) -> "AudienceView":
        """From a stored audience."""
        return cls.model_validate(row, from_attributes=True)
