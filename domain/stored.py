"""Rows as they are read again: what the tables say about one workspace, as values.

Instants are ms since 1970 UTC.
"""

from typing import NamedTuple

from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId, SourceId


class StoredEvent(NamedTuple):
    """One row of ``events``.

    Attributes:
        region: default phone region of the event's source.
        type: an event type, or a kind of operators' commands (`domain.event.COMMANDS`).
        leaf: the identifier that the engine gave the event to.
        payload: the record's JSON as received.
    """

    message_key: MessageKey
    region: str
    type: str
    leaf: IdentifierKey
    occurred_ms: int
    received_ms: int
    payload: bytes


class EventRow(NamedTuple):
    """One stored event, as the engine reads it again."""

    message_key: MessageKey
    source: SourceId
    occurred_ms: int
    received_ms: int
    payload: bytes


class StoredIdentifier(NamedTuple):
    """One row of ``identifiers``.

    `leaf` is packed; None where the person's view stands for it, or no event has it as its leaf.
    """

    key: IdentifierKey
    kind: str
    value: str
    profile: ProfileId
    leaf: bytes | None


class StoredPerson(NamedTuple):
    """One row of ``profiles``; `doc` is a packed `domain.profiles.profile.Person`."""

    id: ProfileId
    version: int
    stage: str
    first_seen_ms: int | None
    last_seen_ms: int | None
    wake_ms: int | None
    doc: bytes


class StoredMembership(NamedTuple):
    """One row of ``memberships``; `version` is that of the segment's definition that says so."""

    segment: SegmentId
    profile: ProfileId
    version: int
