"""Audiences and their pushes as dashboards see them."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, Request, View, Whole
from domain.activation.platforms import PlatformName
from store.activation.audiences import AudienceRow, PushRow, RequestRow


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
        description="Who is a member for longer is let go; null: nobody is.",
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
    def of(cls, row: AudienceRow) -> "AudienceView":
        """From a stored audience."""
        return cls.model_validate(row, from_attributes=True)


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
                    "readback": {
                        "size_lower": 1100,
                        "size_upper": 1200,
                        "delivery_status": 200,
                        "operation_status": 200,
                    },
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
    status: Literal["running", "processing", "done", "failed", "held", "cancelled"] = Field(
        description="processing: all is sent, and the platform says later what became of it."
    )
    decision_id: int | None = Field(description="The gate's decision that it rests on.")
    verdict: Literal["pass", "hold", "block"] | None
    adds: int = Field(description="People planned to be added.")
    removes: int = Field(description="People planned to be removed.")
    sent: int = Field(description="Rows that the platform accepted.")
    rejected: int = Field(description="Rows that the platform could not use, by its own estimate.")
    skipped: dict[str, int] = Field(
        description="Members left out, by reason: no_identifier, no_consent, and"
        " refused:<code> for rows that the platform objects to."
    )
    requests: int
    delivered: int = Field(description="Requests delivered.")
    retries: int = Field(description="Attempts beyond the first.")
    error: str | None = Field(description="Why it failed or was held, and what to do.")
    readback: dict[str, int | str] | None = Field(
        description="What the platform says about the audience: its size, rounded and −1 where"
        " it does not tell, and its states."
    )
    match_rate: float | None = Field(
        description="Share matched, 0–1; null where the platform does not tell."
    )
    started_at: Instant
    ended_at: Instant | None
    duration_s: float | None

    @classmethod
    def of(cls, row: PushRow) -> "PushView":
        """From a stored push."""
        fields = {name: getattr(row, name) for name in row.__dataclass_fields__}
        took = (row.ended_at - row.started_at).total_seconds() if row.ended_at else None
        rate = (row.readback or {}).get("match_rate")
        matched = rate / 100 if isinstance(rate, int) and rate >= 0 else None
        return cls.model_validate(
            {**fields, "error": row.error or None, "match_rate": matched, "duration_s": took}
        )


class PushRequestView(View):
    """One request of a push."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seq": 1,
                    "operation": "add",
                    "rows": 1200,
                    "status": "delivered",
                    "attempts": 1,
                    "outcome": {"outcome": "delivered", "rows": 1200, "invalid": 0},
                    "recorded_at": "2026-03-01T09:30:00Z",
                    "ended_at": "2026-03-01T09:30:01Z",
                }
            ]
        }
    )

    seq: int
    operation: Literal["create", "check", "add", "remove", "delete"]
    rows: int = Field(description="People in it.")
    status: Literal["recorded", "accepted", "delivered", "rejected", "abandoned", "undone"]
    attempts: int
    outcome: dict[str, object] = Field(
        description="Of its last attempt: reason, the platform's code, advice; or what it said"
        " later."
    )
    recorded_at: Instant
    ended_at: Instant | None

    @classmethod
    def of(cls, row: RequestRow) -> "PushRequestView":
        """From a stored request."""
        return cls.model_validate(row, from_attributes=True)


class ReconcileRequest(Request):
    """How thoroughly to compare."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"resend": False}]})

    resend: bool = Field(
        default=False,
        description="Also send everybody again, where the list may have been changed at the"
        " platform behind our back.",
    )


class PushPreviewView(View):
    """What a push would do now, and what the gate would say of it.

    Nothing is sent, and nothing recorded.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "members": 1210,
                    "held_out": 0,
                    "listed": 1190,
                    "concerned": 24,
                    "examined": 24,
                    "exact": True,
                    "adds": 12,
                    "removes": 2,
                    "come": 11,
                    "go": 1,
                    "requests": 2,
                    "skipped": {"no_identifier": 10},
                    "verdict": "pass",
                    "reasons": ["every signal is healthy, fresh and settled"],
                }
            ]
        }
    )

    members: int = Field(description="People in the segment.")
    held_out: int = Field(description="Of these, who are withheld to measure lift by.")
    listed: int = Field(description="People on the platform's list, as far as we know.")
    concerned: int = Field(
        description="People whom the push looks at: everybody at first, later those who changed."
    )
    examined: int = Field(description="Of these, who were looked at now.")
    exact: bool = Field(
        description="Whether that was everybody. Of more than 50,000 people a sample is looked"
        " at, and what follows is scaled from it."
    )
    adds: int = Field(
        description="Rows to be added, those of people who are spelled anew among them."
    )
    removes: int
    come: int = Field(description="People who are not on the list yet.")
    go: int = Field(
        description="People who would be on it no more, without those who withdrew consent."
    )
    requests: int
    skipped: dict[str, int] = Field(description="Changed members who would be left out, by reason.")
    verdict: Literal["pass", "hold", "block"] = Field(
        description="Of the trust gate, on this push, now."
    )
    reasons: list[str]


class ConnectionView(View):
    """One ad platform of the workspace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "google",
                    "status": "connected",
                    "account_id": "1234567890",
                    "checked_at": "2026-03-01T09:30:00Z",
                    "result": "ok",
                    "advice": None,
                }
            ]
        }
    )

    platform: PlatformName
    status: Literal["connected", "disconnected", "not_configured"]
    account_id: str | None
    checked_at: Instant | None
    result: str | None = Field(
        description="Of the last check: ok, or why not: reauth, permission, terms, throttled,"
        " timeout …"
    )
    advice: str | None = Field(description="What to do.")
