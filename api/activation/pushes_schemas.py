"""Schemas of pushes: what was sent, what a push would do now, and how to reconcile."""

from collections.abc import Mapping
from typing import Final, Literal, Self

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.web.texts import OptionalReason
from api.web.values import Instant, Request, View
from store.activation.audiences import PushRow, RequestRow

PushStatus = Literal["running", "processing", "done", "failed", "held", "cancelled"]


def match_rate(readback: Mapping[str, int | str] | None) -> float | None:
    """The share matched, 0–1, of what a platform said; None where it does not tell.

    >>> match_rate({"match_rate": 71}), match_rate({"match_rate": -1}), match_rate(None)
    (0.71, None, None)
    """
    rate = (readback or {}).get("match_rate")
    return rate / 100 if isinstance(rate, int) and rate >= 0 else None


_PUSH: Final[JsonDict] = {
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


class PushView(View):
    """One push. Sent is not matched: the platform's own estimate is in `readback`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PUSH]})

    id: int
    kind: Literal["scheduled", "manual", "urgent", "delete"]
    status: PushStatus = Field(
        description="processing: all is sent, and the platform reports the result later."
    )
    decision_id: int | None = Field(description="The gate's decision that it is based on.")
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
    def from_row(cls, row: PushRow) -> Self:
        """From a stored push."""
        fields = {name: getattr(row, name) for name in row.__dataclass_fields__}
        took = (row.ended_at - row.started_at).total_seconds() if row.ended_at else None
        matched = match_rate(row.readback)
        return cls.model_validate(
            {**fields, "error": row.error or None, "match_rate": matched, "duration_s": took}
        )


class ListedPushView(PushView):
    """A push in the list of all audiences' pushes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_PUSH | {"audience_id": 1, "audience": "Customers", "platform": "meta"}]
        }
    )

    audience_id: int
    audience: str = Field(description="The audience's name.")
    platform: str


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
    def from_row(cls, row: RequestRow) -> "PushRequestView":
        """From a stored request."""
        return cls.model_validate(row, from_attributes=True)


class ReconcileRequest(Request):
    """How thoroughly to compare."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"resend": True, "reason": "Somebody emptied the list by hand."}]
        }
    )

    resend: bool = Field(
        default=False,
        description="Also send everybody again, where the list may have been changed at the"
        " platform behind our back.",
    )
    reason: OptionalReason = None


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
                    "codes": ["trusted"],
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
        description="Whether that was everybody, and the push will find the same. Of more than"
        " 50,000 people a sample is looked at, and what follows is scaled from it; whom an"
        " audience that is not created yet will hold out, chance decides."
    )
    adds: int = Field(
        description="Rows to be added, those of people whose identifiers changed among them."
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
    codes: list[str] = Field(description="Why, the weightiest first.")
    reasons: list[str]
