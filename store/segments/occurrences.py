"""Reads matching events as columns, a million at a time, and details of a few of them.

Rows leave Postgres packed by the hundred thousand, 24 or 40 bytes each (binary send formats of uuid
and timestamptz: PostgreSQL documentation, "Frontend/Backend Protocol"), because a driver's row
costs more than finding it. Conditions on properties are tested here, by the functions that test
them for segments, on records streamed through a cursor.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from psycopg import AsyncConnection

from domain.instants import EPOCH_2000_MS
from domain.profiles.profile import decode_person
from domain.segments.event_filter import EventFilter, Where
from domain.values import Json
from operators.rules.conditions import matcher, property_of
from operators.rules.operators import OPERATORS
from store.connection import Keys, adapt

Halves = NDArray[np.uint64]
"""Keys of 16 bytes as pairs of unsigned integers, shape (n, 2)."""
Places = NDArray[np.intp]

_PACKED: Final = np.dtype([("leaf", ">u8", 2), ("at", ">i8")])
_NAMED: Final = np.dtype([("leaf", ">u8", 2), ("at", ">i8"), ("message", ">u8", 2)])
_WITH_PROPERTIES: Final = frozenset({"track", "page", "screen"})


class _Record(msgspec.Struct, gc=False):
    properties: dict[str, Any] | None = None


_RECORD: Final = msgspec.json.Decoder(_Record)

_WHO_WHEN: Final = "uuid_send(leaf) || timestamptz_send(occurred_at)"
_WHICH: Final = " || uuid_send(message_key)"
_OF_KIND: Final = """
    FROM events
    WHERE workspace_id = %(workspace)s AND type = %(type)s AND (%(name)s::text IS NULL
        OR name = %(name)s)
      AND occurred_at >= %(since)s AND occurred_at < %(until)s
"""

_OWNERS: Final = """
    SELECT string_agg(int8send(asked.place - 1) || uuid_send(i.profile_id), '')
    FROM unnest(%(keys)s) WITH ORDINALITY AS asked (key, place)
        JOIN identifiers i ON i.key = asked.key
    WHERE i.workspace_id = %(workspace)s AND i.profile_id <> i.key
"""
_ELEMENT: Final = np.dtype([("length", ">i4"), ("key", ">u8", 2)])
_OWNER: Final = np.dtype([("place", ">i8"), ("profile", ">u8", 2)])

_RECORDS: Final = """
    SELECT asked.place, e.payload FROM unnest(%(keys)s) WITH ORDINALITY AS asked (key, place)
    JOIN events e ON e.message_key = asked.key WHERE e.workspace_id = %(workspace)s
"""
_DOCUMENTS: Final = """
    SELECT asked.place, p.doc FROM unnest(%(keys)s) WITH ORDINALITY AS asked (key, place)
    JOIN profiles p ON p.id = asked.key WHERE p.workspace_id = %(workspace)s
"""


class Asked(NamedTuple):
    """Which events are read.

    Attributes:
        workspace: tenant.
        event: filter.
        zone: IANA name, for instants without a zone.
        since: event time at or after.
        until: event time before.
        named: whether message keys are wanted.
        limit: events read at most.
        chunk: events held at once while their properties are tested.
    """

    workspace: int
    event: EventFilter
    zone: str
    since: datetime
    until: datetime
    named: bool
    limit: int
    chunk: int


class Found(NamedTuple):
    """Events that match, in no order.

    Attributes:
        leaf: identifiers that received them.
        at_ms: event times, ms since 1970.
        message: their message keys, if wanted; else empty.
        read: events that were read, whether or not their properties match.
    """

    leaf: Halves
    at_ms: NDArray[np.int64]
    message: Halves
    read: int


async def matching(connection: AsyncConnection[Any], asked: Asked) -> Found:
    """Read who did what matches a filter, and when. Call it within a transaction.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached or cancels the statement.
    """
    params: dict[str, Any] = {
        "workspace": asked.workspace,
        "type": asked.event.event_type,
        "name": asked.event.name,
        "since": asked.since,
        "until": asked.until,
        "limit": asked.limit,
    }
    row = _WHO_WHEN + _WHICH if asked.named else _WHO_WHEN
    layout = _NAMED if asked.named else _PACKED
    test = matcher(asked.event, asked.zone)
    if test is None:
        packed = await _packed(connection, row, params)
        read = len(packed) // layout.itemsize
    else:
        properties = _properties_of if asked.event.event_type in _WITH_PROPERTIES else _none_of
        packed, read = await _tested(
            connection, row, params, asked, lambda payload: test(properties(payload))
        )
    rows = np.frombuffer(packed, layout)
    message = _native(rows["message"]) if asked.named else np.zeros((0, 2), np.uint64)
    return Found(
        _native(rows["leaf"]), rows["at"].astype(np.int64) // 1_000 + EPOCH_2000_MS, message, read
    )


async def _packed(
    connection: AsyncConnection[Any], row: LiteralString, params: Mapping[str, Any]
) -> bytes:
    sql = (
        "SELECT string_agg(packed, '') FROM (SELECT "
        + row
        + " AS packed"
        + _OF_KIND
        + "LIMIT %(limit)s) found"
    )
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(sql, params, prepare=False)
        found = await cursor.fetchone()
    return (found[0] if found else None) or b""


async def _tested(
    connection: AsyncConnection[Any],
    row: LiteralString,
    params: dict[str, Any],
    asked: Asked,
    test: Callable[[bytes], bool],
) -> tuple[bytes, int]:
    """Stream candidates and keep those that pass.

    A chunk is tested while the next one is on its way.
    """
    sql: LiteralString = "SELECT " + row + ", payload" + _OF_KIND
    for number, where in enumerate(asked.event.where):
        pattern = trace_of(where)
        if pattern is not None:
            params |= {f"trace{number}": pattern, "escape": _ESCAPE}
            sql += f" AND (payload LIKE %(trace{number})s OR payload LIKE %(escape)s)"
    kept: list[bytes] = []
    read = 0
    testing: Awaitable[bytes] | None = None
    async with connection.cursor(name="matching", binary=True) as cursor:
        await cursor.execute(sql + " LIMIT %(limit)s", params)
        while rows := await cursor.fetchmany(asked.chunk):
            read += len(rows)
            kept += [await testing] if testing else []
            testing = asyncio.ensure_future(asyncio.to_thread(_sift, rows, test))
    kept += [await testing] if testing else []
    return b"".join(kept), read


def _sift(rows: Sequence[tuple[bytes, bytes]], test: Callable[[bytes], bool]) -> bytes:
    return b"".join([row for row, payload in rows if test(payload)])


_ESCAPE: Final = rb"%\\%"
"""LIKE pattern of a record with a backslash: its texts may be spelled in other ways."""


def trace_of(where: Where) -> bytes | None:
    """Return a LIKE pattern that holds wherever the condition does; None where there is none.

    A record with a backslash may miss it.

    A JSON text without a backslash is spelled in one way only: its characters in UTF-8 between
    quotation marks.
    """
    operator = OPERATORS[type(where.condition)]
    if operator.negates is not None:
        return None
    trace = operator.trace(where.condition)
    if trace is None:
        trace = f'"{where.property.rpartition(".")[2]}"'
    try:
        return b"%" + re.sub(rb"([%_\\])", rb"\\\1", trace.encode()) + b"%"
    except UnicodeEncodeError:  # half a surrogate pair
        return None


def _properties_of(payload: bytes) -> Mapping[str, Any]:
    try:
        return _RECORD.decode(payload).properties or {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _none_of(_payload: bytes) -> Mapping[str, Any]:
    return {}


def _native(keys: NDArray[Any]) -> Halves:
    return keys.astype(np.uint64)


def distinct(keys: Halves) -> tuple[Halves, Places]:
    """The different keys, and for each key the place of its like among them.

    Sorts by the first half alone, which is nearly always enough for digests, and by both where it
    is not.
    """
    _, first, places = np.unique(keys[:, 0], return_index=True, return_inverse=True)
    different = keys[first]
    if np.array_equal(different[places, 1], keys[:, 1]):
        return different, places
    different, places = np.unique(keys, axis=0, return_inverse=True)
    return different, places.reshape(-1)


async def people(
    connection: AsyncConnection[Any], workspace: int, numbered: Sequence[tuple[Halves, Places]]
) -> tuple[Halves, list[Places]]:
    """Whose leaves these are: the people, and for each leaf the place of its owner among them.

    A leaf that belongs to nobody else is a person itself: a profile's id is the key of one of its
    identifiers.

    Args:
        connection: within a transaction.
        workspace: tenant.
        numbered: several lots of leaves, each as `distinct` gives them.
    """
    leaves, places = await asyncio.to_thread(
        distinct, np.concatenate([different for different, _ in numbered])
    )
    async with connection.cursor(binary=True) as cursor:
        adapt(cursor)
        await cursor.execute(
            _OWNERS, {"keys": keys_of(leaves), "workspace": workspace}, prepare=False
        )
        row = await cursor.fetchone()
    owners = np.frombuffer((row[0] if row else None) or b"", _OWNER)
    leaves[owners["place"].astype(np.int64)] = _native(owners["profile"])
    known, owner = await asyncio.to_thread(distinct, leaves)
    lots = np.split(owner[places], np.cumsum([len(different) for different, _ in numbered])[:-1])
    return known, [lot[within] for lot, (_, within) in zip(lots, numbered, strict=True)]


def keys_of(halves: Halves) -> Keys:
    """Keys as a parameter of type ``uuid[]``."""
    elements = np.empty(len(halves), _ELEMENT)
    elements["length"] = 16
    elements["key"] = halves
    return Keys.of_column(len(halves), elements.tobytes())


async def properties(
    connection: AsyncConnection[Any], workspace: int, messages: Halves, path: str, chunk: int
) -> list[Any]:
    """The value of a property in each of these events; None where it is missing.

    Args:
        connection: within a transaction.
        workspace: tenant.
        messages: message keys of the events.
        path: of the property; dots lead into objects.
        chunk: events held at once.
    """
    return await _values(
        connection,
        _RECORDS,
        workspace,
        messages,
        lambda payload: property_of(_properties_of(payload), path),
        chunk,
    )


async def traits(
    connection: AsyncConnection[Any], workspace: int, profiles: Halves, name: str, chunk: int
) -> list[Any]:
    """The newest value of a trait for each of these people; None where it is missing.

    Arguments like `properties`.
    """

    def trait(doc: bytes) -> Json:
        register = decode_person(doc).view.traits.get(name)
        return register.value if register else None

    return await _values(connection, _DOCUMENTS, workspace, profiles, trait, chunk)


async def _values(
    connection: AsyncConnection[Any],
    sql: LiteralString,
    workspace: int,
    keys: Halves,
    value: Callable[[bytes], Any],
    chunk: int,
) -> list[Any]:
    values: list[Any] = [None] * len(keys)
    async with connection.cursor(binary=True) as cursor:
        adapt(cursor)
        for start in range(0, len(keys), chunk):
            await cursor.execute(
                sql, {"keys": keys_of(keys[start : start + chunk]), "workspace": workspace}
            )
            rows = await cursor.fetchall()
            for place, one in await asyncio.to_thread(_read_each, rows, value):
                values[start + place - 1] = one
    return values


def _read_each(
    rows: Sequence[tuple[int, bytes]], value: Callable[[bytes], Any]
) -> list[tuple[int, Any]]:
    return [(place, value(packed)) for place, packed in rows]
