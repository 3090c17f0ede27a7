"""Schemas of audiences as dashboards see them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.activation.pushes_schemas import PushStatus, match_rate
from api.web.definitions import etag
from api.web.texts import NameText
from api.web.values import Instant, Request, View, Whole
from domain.activation.platforms import PlatformName
from sinks.gate import PendingDecision
from store.activation.audiences import AudienceRow
from store.activation.schedule import next_due

Verdict = Literal["pass", "hold", "block"]
AudienceName = Annotated[NameText, Field(description="As it will be called at the platform.")]
Interval = Annotated[
    Whole,
    Field(
        ge=0,
        lt=2**31,
        description="Seconds between scheduled pushes; 0: it follows its segment at once.",
    ),
]
TimeToLive = Annotated[
    Annotated[Whole, Field(ge=3600, lt=2**31)] | None,
    Field(description="Who is a member for longer is removed; null: nobody is."),
]
Holdout = Annotated[
    Whole,
    Field(
        ge=0,
        le=90,
        description="Share of the members who are never sent, always the same people: to"
        " measure lift by.",
    ),
]


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
    name: AudienceName
    interval_s: Interval = 3600
    ttl_s: TimeToLive = None
    holdout_percent: Holdout = 0


class FirstPushRequest(Request):
    """An audience that is not created yet, as far as its first push depends on it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"segment_id": 1, "platform": "meta"}]}
    )

    segment_id: Whole = Field(
        ge=0, lt=2**31, description="The segment whose consenting members it would follow."
    )
    platform: PlatformName
    ttl_s: TimeToLive = None
    holdout_percent: Holdout = 0


class AudienceVerdict(View):
    """What the gate says of an audience's push now, in short."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"verdict": "hold", "codes": ["degraded"], "mode": "enforce"}]
        }
    )

    verdict: Verdict = Field(
        description="Without the size of the push, which is measured when it is planned."
    )
    codes: list[str] = Field(description="Why, the weightiest first.")
    mode: Literal["enforce", "advisory", "frozen"]

    @classmethod
    def from_pending(cls, judged: PendingDecision) -> "AudienceVerdict":
        """From a decision that nobody records."""
        return cls(verdict=judged.decision.verdict.value, codes=judged.codes, mode=judged.mode)


class LastPush(View):
    """An audience's newest push, in short."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 7,
                    "status": "done",
                    "adds": 12,
                    "removes": 2,
                    "rejected": 0,
                    "match_rate": 0.71,
                    "ended_at": "2026-03-01T09:30:02Z",
                }
            ]
        }
    )

    id: int
    status: PushStatus
    adds: int = Field(description="People planned to be added.")
    removes: int = Field(description="People planned to be removed.")
    rejected: int = Field(description="Rows that the platform could not use, by its own estimate.")
    match_rate: float | None = Field(
        description="Share matched, 0–1; null where the platform does not tell."
    )
    ended_at: Instant | None


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
                    "etag": '"1"',
                    "members": 1200,
                    "pending": 0,
                    "refused": 0,
                    "leaving": 0,
                    "gate": {"verdict": "pass", "codes": ["trusted"], "mode": "enforce"},
                    "last_push": {
                        "id": 7,
                        "status": "done",
                        "adds": 12,
                        "removes": 2,
                        "rejected": 0,
                        "match_rate": None,
                        "ended_at": "2026-03-01T09:30:02Z",
                    },
                    "next_due_at": "2026-03-01T10:30:02Z",
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
    etag: str = Field(
        description="Revision of the settings, as `If-Match` takes it; another after every change."
    )
    pending: int = Field(description="People planned to be added or removed and not confirmed.")
    refused: int = Field(description="People whose row the platform does not take as it is.")
    leaving: int = Field(
        description="People whose removal the platform has not confirmed, those who withdrew"
        " consent included."
    )

    gate: AudienceVerdict | None = Field(
        description="What the gate says of its push now; null where none will come: it is being"
        " deleted, or is deleted."
    )
    last_push: LastPush | None = Field(
        description="Its newest push, withdrawals aside; null where there was none."
    )
    next_due_at: Instant | None = Field(
        description="When its next push is due; in the past where it is due already and waits for"
        " the gate. Null while a push is under way, where the audience is not active, and where it"
        " follows its segment at once."
    )

    @classmethod
    def from_row(
        cls, row: AudienceRow, judged: PendingDecision | None, failed_wait: timedelta
    ) -> "AudienceView":
        """From a stored audience.

        Args:
            row: the audience.
            judged: what the gate says of its push now; None where none will come.
            failed_wait: rest after a push that failed.
        """
        stored = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls(
            **stored,
            etag=etag(row.revision)["ETag"],
            gate=None if judged is None else AudienceVerdict.from_pending(judged),
            last_push=_last_push(row),
            next_due_at=next_due(row, failed_wait),
        )


def _last_push(row: AudienceRow) -> LastPush | None:
    if row.push_id is None:
        return None
    return LastPush.model_validate(
        {
            "id": row.push_id,
            "status": row.push_status,
            "adds": row.push_adds,
            "removes": row.push_removes,
            "rejected": row.push_rejected,
            "match_rate": match_rate(row.push_readback),
            "ended_at": row.push_ended_at,
        }
    )
