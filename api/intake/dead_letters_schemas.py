"""Dead letters as dashboards see them, and the request to drive them again."""

from base64 import b64encode
from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.web.values import Instant, Request, View, Whole
from domain.failure import REASONS
from store.intake.dead_letters import DeadLetterRow

Status = Literal["open", "retrying", "resolved"]

_EXAMPLE: JsonDict = {
    "id": 12,
    "source_id": 1,
    "reason": "missing_event",
    "explanation": REASONS["missing_event"],
    "detail": "$.event",
    "status": "open",
    "retry_of": None,
    "command": "",
    "received_at": "2026-03-01T09:30:00Z",
    "recorded_at": "2026-03-01T09:30:00.050000Z",
    "size_bytes": 61,
    "log": "stratum.events",
    "partition": 3,
    "position": 1863000000000,
    "index": 0,
}


class DeadLetterSummary(View):
    """An input that could not be processed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    source_id: int | None
    reason: str = Field(description="Reason code.")
    explanation: str = Field(description="What the code means.")
    detail: str = Field(description="Where in the record; never a value of it.")
    status: Status
    retry_of: int | None = Field(description="The dead letter that this record re-drove.")
    command: str = Field(
        description="Kind of the operator's command that it is, which was not carried out;"
        " empty for events."
    )
    received_at: Instant | None
    recorded_at: Instant
    size_bytes: int
    log: str
    partition: int
    position: int
    index: int

    @classmethod
    def from_row(cls, row: DeadLetterRow) -> "DeadLetterSummary":
        """From the stored letter."""
        return cls(**_fields(row))


class DeadLetter(DeadLetterSummary):
    """A dead letter with the record as it lay in the log."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_EXAMPLE | {"payload": '{"type":"track"}', "encoding": "text"}]
        }
    )

    payload: str
    encoding: Literal["text", "base64"] = Field(
        description="base64 where the record is not valid UTF-8."
    )

    @classmethod
    def from_row(cls, row: DeadLetterRow) -> "DeadLetter":
        """From the stored letter."""
        payload, encoding = readable(row.payload)
        return cls(**_fields(row), payload=payload, encoding=encoding)


def readable(payload: bytes) -> tuple[str, Literal["text", "base64"]]:
    """A record as text where it is valid UTF-8 without NUL, else as base64."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return b64encode(payload).decode(), "base64"
    return (text, "text") if "\0" not in text else (b64encode(payload).decode(), "base64")


def _fields(row: DeadLetterRow) -> dict[str, object]:
    return {
        "id": row.id,
        "source_id": row.source_id,
        "reason": row.reason,
        "explanation": REASONS.get(row.reason, ""),
        "detail": row.detail,
        "status": row.status,
        "retry_of": row.retry_of,
        "command": row.command,
        "received_at": row.received_at,
        "recorded_at": row.recorded_at,
        "size_bytes": row.payload_bytes,
        "log": row.log,
        "partition": row.partition,
        "position": row.position,
        "index": row.index,
    }


class RetryRequest(Request):
    """Which letters to drive again; every condition narrows."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "missing_event", "limit": 500}]}
    )

    reason: str | None = Field(default=None, max_length=64)
    source: Whole | None = Field(default=None, ge=0, lt=2**31)
    status: Literal["open", "retrying"] = Field(
        default="open",
        description="`retrying` takes up letters whose earlier retry never came back.",
    )
    after: Whole = Field(default=0, ge=0, lt=2**63, description="Only later letters than this id.")
    limit: Whole = Field(
        default=1_000,
        ge=1,
        le=1_000,
        description="Letters at most; while `more`, call again with `after` = `last`.",
    )


class RetryResult(View):
    """What was appended to the log again."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"retried": [12, 13], "hopeless": [14], "more": False, "last": 14}]
        }
    )

    retried: list[int] = Field(
        description="Letters whose record is in the log again; they are resolved once it is"
        " understood."
    )
    hopeless: list[int] = Field(
        description="Letters that stay open: their record is not valid JSON."
    )
    more: bool = Field(description="The limit was reached; there may be more letters that match.")
    last: int = Field(description="The greatest id that was looked at; 0 where nothing matched.")
