"""What changed for one person, as dashboards see it."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.profiles.events_schemas import message_id_of, read_payload
from api.web.values import Instant, View
from store.profiles.timeline import Cited, PersonChange

_AT = "2026-03-01T09:30:00Z"
_PERSON = "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11"
_CITED: JsonDict = {
    "id": "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77",
    "type": "track",
    "name": "Order Completed",
    "occurred_at": _AT,
    "message_id": "m-1",
}


class CitedEvent(View):
    """An event that something followed from; only the id is known where it is no longer stored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CITED]})

    id: UUID
    type: str | None = None
    name: str | None = None
    occurred_at: Instant | None = None
    message_id: str | None = Field(default=None, description="As the client sent it.")

    @classmethod
    def from_message(cls, message: UUID, event: Cited | None) -> "CitedEvent":
        """From a message key and the stored event, if there is one."""
        if event is None:
            return cls(id=message)
        named = message_id_of(read_payload(event.payload))
        return cls(
            id=message,
            type=event.type,
            name=event.name,
            occurred_at=event.occurred_at,
            message_id=named,
        )


class SegmentMove(View):
    """Which segment was entered or left, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": 1, "name": "lapsing VIPs", "version": 2, "cause": "event"}]
        }
    )

    id: int
    name: str | None
    version: int = Field(description="Version of the definition that decided.")
    cause: str = Field(
        description="event, merge, unmerge, wake, edit, consent, restriction or release."
    )


class PersonChangeView(View):
    """One thing that changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "at": _AT,
                    "kind": "entry",
                    "profile_id": _PERSON,
                    "other_id": None,
                    "segment": {"id": 1, "name": "lapsing VIPs", "version": 2, "cause": "event"},
                    "cites": [_CITED],
                }
            ]
        }
    )

    at: Instant = Field(
        description="When the engine knew: arrival of an event, processing of what followed."
    )
    kind: Literal["event", "merge", "split", "unmerge", "entry", "exit"]
    profile_id: UUID | None = Field(
        description="Who entered or left, absorbed or was split, by the id of then."
    )
    other_id: UUID | None = Field(description="Who was absorbed or came out.")
    segment: SegmentMove | None = Field(description="For entries and exits.")
    cites: list[CitedEvent] = Field(
        description="The event itself; the cause of a merge or split; the person's events that"
        " were processed with an entry or exit."
    )

    @classmethod
    def from_row(cls, row: PersonChange, events: Mapping[UUID, Cited]) -> "PersonChangeView":
        """From the stored change and the events that changes cite."""
        segment = None
        if row.segment_id is not None:
            segment = SegmentMove(
                id=row.segment_id, name=row.segment_name, version=row.version, cause=row.cause
            )
        return cls(
            at=row.at,
            kind=row.kind,
            profile_id=row.profile_id,
            other_id=row.other,
            segment=segment,
            cites=[
                CitedEvent.from_message(message, events.get(message)) for message in row.citations
            ],
        )
