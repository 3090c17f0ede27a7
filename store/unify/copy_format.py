"""Packs rows in PostgreSQL's binary COPY format.

One call of `struct` per fixed stretch is far cheaper than a call per field.

Source of the format: PostgreSQL documentation, COPY, "Binary Format": per row a field count, per
field a length and its bytes, big-endian.
"""

import struct
from collections.abc import Iterable
from typing import Final

import psycopg

from domain.changes import Change, NewIdentifier
from domain.event import Command, Event
from domain.ids import IdentifierKey
from domain.instants import EPOCH_2000_MS
from domain.link import Link
from domain.profiles.profile import Person

_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"

_EVENT_HEAD: Final = struct.Struct(">hi16siiiii")
_EVENT_TAIL: Final = struct.Struct(">i16siqiqihi")
_LENGTH: Final = struct.Struct(">i")
_PERSON_HEAD: Final = struct.Struct(">hi16siiiii")
_STAMP: Final = struct.Struct(">iq")
_VERSION: Final = struct.Struct(">ii")
_IDENTIFIER_HEAD: Final = struct.Struct(">hi16siii")
_KEYED: Final = struct.Struct(">i16s")
_LEAF_HEAD: Final = struct.Struct(">hi16s")
_LINK_HEAD: Final = struct.Struct(">hi16si16siiiqiqi16sihi")
_CHANGE_HEAD: Final = struct.Struct(">hiiiii16sihiii")
_CHANGE_TAIL: Final = struct.Struct(">i?iq")

EVENT_COLUMNS: Final = (
    "message_key, workspace_id, source_id, type, name, leaf, occurred_at, received_at, flags,"
    " payload"
)
PERSON_COLUMNS: Final = (
    "id, workspace_id, version, stage, first_seen_at, last_seen_at, next_wake_at, doc"
)
REPLACING_COLUMNS: Final = f"{PERSON_COLUMNS}, replaced"
IDENTIFIER_COLUMNS: Final = "key, workspace_id, kind, value, profile_id, leaf"
LEAF_COLUMNS: Final = "key, leaf"
LINK_COLUMNS: Final = "a, b, workspace_id, first_ms, tie, cause, rank, status, reason, ruled_ms"
CHANGE_COLUMNS: Final = (
    "workspace_id, segment_id, profile_id, delta, version, cause, urgent, changed_at"
)

FLAG_FUTURE: Final = 1
"""events.flags: the event time was clamped to arrival."""


def _stamp(at_ms: int) -> int:
    return (at_ms - EPOCH_2000_MS) * 1000


def _event(event: Event | Command) -> bytes:
    source: int
    if isinstance(event, Event):
        kind = event.type.encode()
        name = event.name.encode()
        source = event.source
        leaf = event.identifiers[0].key
        occurred, flags = event.occurred_ms, FLAG_FUTURE if event.future else 0
    else:
        kind = event.kind.encode()
        name = b""
        source = 0
        leaf = event.identifiers_named[0]
        occurred = event.received_ms
        flags = 0
    return b"".join(
        (
            _EVENT_HEAD.pack(10, 16, event.message_key, 4, event.workspace, 4, source, len(kind)),
            kind,
            _LENGTH.pack(len(name)),
            name,
            _EVENT_TAIL.pack(
                16,
                leaf,
                8,
                _stamp(occurred),
                8,
                _stamp(event.received_ms),
                2,
                flags,
                len(event.payload),
            ),
            event.payload,
        )
    )


def _person(person: Person, doc: bytes, fields: int = 8) -> bytes:
    stage, seen = person.stage.value.encode(), bool(person.view.types)
    return b"".join(
        (
            _PERSON_HEAD.pack(
                fields, 16, person.id, 4, person.workspace, 4, person.version, len(stage)
            ),
            stage,
            _STAMP.pack(8, _stamp(person.view.first_ms)) if seen else _NULL,
            _STAMP.pack(8, _stamp(person.view.last_ms)) if seen else _NULL,
            _STAMP.pack(8, _stamp(person.wake_ms)) if person.wake_ms else _NULL,
            _LENGTH.pack(len(doc)),
            doc,
        )
    )


def _identifier(row: NewIdentifier) -> bytes:
    kind, value = row.identifier.kind.encode(), row.identifier.value.encode()
    return b"".join(
        (
            _IDENTIFIER_HEAD.pack(6, 16, row.identifier.key, 4, row.workspace, len(kind)),
            kind,
            _LENGTH.pack(len(value)),
            value,
            _KEYED.pack(16, row.owner),
            _NULL if row.leaf is None else _LENGTH.pack(len(row.leaf)) + row.leaf,
        )
    )


def _leaf(key: IdentifierKey, leaf: bytes | None) -> bytes:
    return _LEAF_HEAD.pack(2, 16, key) + (_NULL if leaf is None else _LENGTH.pack(len(leaf)) + leaf)


def _link(link: Link) -> bytes:
    status, reason = link.status.encode(), link.reason.replace("\0", "").encode()
    at, tie = link.key
    return b"".join(
        (
            _LINK_HEAD.pack(
                10,
                16,
                link.a,
                16,
                link.b,
                4,
                link.workspace,
                8,
                at,
                8,
                tie,
                16,
                link.cause,
                2,
                link.rank,
                len(status),
            ),
            status,
            _LENGTH.pack(len(reason)),
            reason,
            _STAMP.pack(8, link.ruled_ms),
        )
    )


def _change(change: Change, stamp: int) -> bytes:
    workspace, segment, profile, delta, version, cause, urgent = change
    told = cause.encode()
    head = _CHANGE_HEAD.pack(
        8, 4, workspace, 4, segment, 16, profile, 2, delta, 4, version, len(told)
    )
    return head + told + _CHANGE_TAIL.pack(1, urgent, 8, stamp)


def _copy(cursor: psycopg.Cursor, table: str, columns: str, rows: list[bytes]) -> None:
    with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
        copy.write(b"".join((_HEAD, *rows, _TAIL)))


def copy_events(cursor: psycopg.Cursor, events: Iterable[Event | Command]) -> None:
    """Append to ``events``; psycopg.errors.UniqueViolation where a message is stored already."""
    _copy(cursor, "events", EVENT_COLUMNS, [_event(event) for event in events])


def copy_people(cursor: psycopg.Cursor, table: str, people: Iterable[tuple[Person, bytes]]) -> None:
    """Append people and their packed documents to ``profiles`` or a table of the same columns."""
    _copy(cursor, table, PERSON_COLUMNS, [_person(person, doc) for person, doc in people])


def copy_replacing(
    cursor: psycopg.Cursor, table: str, people: Iterable[tuple[Person, bytes, int]]
) -> None:
    """Append people to a staging table: packed document, and the version that it replaces."""
    packed = [
        _person(person, doc, 9) + _VERSION.pack(4, replaced) for person, doc, replaced in people
    ]
    _copy(cursor, table, REPLACING_COLUMNS, packed)


def copy_identifiers(cursor: psycopg.Cursor, rows: Iterable[NewIdentifier]) -> None:
    """Append to ``identifiers``; psycopg.errors.UniqueViolation if another worker was first."""
    _copy(cursor, "identifiers", IDENTIFIER_COLUMNS, [_identifier(row) for row in rows])


def copy_leaves(
    cursor: psycopg.Cursor, table: str, leaves: Iterable[tuple[IdentifierKey, bytes | None]]
) -> None:
    """Append packed leaves to a staging table."""
    _copy(cursor, table, LEAF_COLUMNS, [_leaf(key, leaf) for key, leaf in leaves])


def copy_links(cursor: psycopg.Cursor, table: str, links: Iterable[Link]) -> None:
    """Append link facts to a staging table."""
    _copy(cursor, table, LINK_COLUMNS, [_link(link) for link in links])


def copy_changes(cursor: psycopg.Cursor, changes: Iterable[Change], at_ms: int) -> None:
    """Append to the outbox of membership changes, all of one instant."""
    stamp = _stamp(at_ms)
    _copy(cursor, "changes", CHANGE_COLUMNS, [_change(change, stamp) for change in changes])
