"""A stored event as dashboards see it."""

from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.web.values import Instant, JsonValue, View
from sources.intake.mend import too_deep
from store.profiles.events import StoredEvent
from store.profiles.feed import FedEvent

_EXAMPLE: JsonDict = {
    "id": "0b0e9b0c-54a1-4c52-8a52-4c4f0f3f1a77",
    "message_id": "node-next-1700000000000-1",
    "type": "track",
    "name": "Order Completed",
    "occurred_at": "2026-03-01T09:30:00Z",
    "received_at": "2026-03-01T09:30:00.120000Z",
    "source_id": 1,
    "identifier": "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11",
    "from_the_future": False,
    "payload": {"type": "track", "event": "Order Completed", "userId": "u1"},
}


class EventView(View):
    """One event of a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: UUID = Field(description="Keyed digest of the message id; what de-duplication compares.")
    message_id: str | None = Field(description="As the client sent it; null where it sent none.")
    type: str = Field(
        description="track, identify, page, screen, group, alias; or unmerge, allow, consent: what"
        " operators ordered."
    )
    name: str
    occurred_at: Instant = Field(description="Event time, corrected for a wrong client clock.")
    received_at: Instant
    source_id: int = Field(description="0 for an operator's command.")
    identifier: UUID = Field(description="Key of the identifier whose leaf received the event.")
    from_the_future: bool = Field(
        description="The client's clock ran ahead and the event time was clamped to arrival."
    )
    payload: JsonValue = Field(description="The record as received.")

    @classmethod
    def from_event(cls, event: StoredEvent) -> "EventView":
        """From the stored event."""
        return cls.model_validate(_fields(event))


class FeedEvent(EventView):
    """One event of anybody."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [_EXAMPLE | {"profile_id": "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11"}]
        }
    )

    profile_id: UUID | None = Field(
        description="Whose it is now; null where the identifier has been erased."
    )

    @classmethod
    def from_fed(cls, row: FedEvent) -> "FeedEvent":
        """From the stored event and its person."""
        return cls.model_validate({**_fields(row.event), "profile_id": row.profile})


def _fields(event: StoredEvent) -> dict[str, object]:
    payload = read_payload(event.payload)
    return {
        "id": event.message_key,
        "message_id": message_id_of(payload),
        "type": event.type,
        "name": event.name,
        "occurred_at": event.occurred_at,
        "received_at": event.received_at,
        "source_id": event.source_id,
        "identifier": event.leaf,
        "from_the_future": bool(event.flags & 1),
        "payload": payload,
    }


def read_payload(payload: bytes) -> JsonValue:
    """A stored record as JSON, or as text where it is not valid JSON or too deep for an answer."""
    try:
        return (
            payload.decode("utf-8", "replace")
            if too_deep(payload)
            else msgspec.json.decode(payload)
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload.decode("utf-8", "replace")


def message_id_of(payload: JsonValue) -> str | None:
    """The client's message id within a record; for an operator's command, the command's id."""
    if not isinstance(payload, dict):
        return None
    found = payload.get("messageId", payload.get("id"))
    return (
        found
        if isinstance(found, str)
        else str(found)
        if isinstance(found, int) and not isinstance(found, bool)
        else None
    )
