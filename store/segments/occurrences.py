"""Reads matching events as columns, a million at a time, and whose they are.

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
from domain.segments.event_filter import EventFilter, Where
from operators.rules.conditions import matcher
from operators.rules.operators import OPERATORS
from store.connection import adapt
from store.segments.halves import Halves, Places, distinct, keys_of, native

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
_OWNER: Final = np.dtype([("place", ">i8"), ("profile", ">u8", 2)])


class EventQuery(NamedTuple):
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


class MatchedEvents(NamedTuple):
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


async def matching(connection: AsyncConnection[Any], query: EventQuery) -> MatchedEvents:
    """Read who did what matches a filter, and when. Call it within a transaction.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached or cancels the statement.
    """
    params: dict[str, Any] = {
        "workspace": query.workspace,
        "type": query.event.event_type,
        "name": query.event.name,
        "since": query.since,
        "until": query.until,
        "limit": query.limit,
    }
    row = _WHO_WHEN + _WHICH if query.named else _WHO_WHEN
    layout = _NAMED if query.named else _PACKED
    test = matcher(query.event, query.zone)
    if test is None:
        packed = await _packed(connection, row, params)
        read = len(packed) // layout.itemsize
    else:
        properties = properties_of if query.event.event_type in _WITH_PROPERTIES else _none_of
        packed, read = await _tested(
            connection, row, params, query, lambda payload: test(properties(payload))
        )
    rows = np.frombuffer(packed, layout)
    message = native(rows["message"]) if query.named else np.zeros((0, 2), np.uint64)
    return MatchedEvents(
        native(rows["leaf"]), rows["at"].astype(np.int64) // 1_000 + EPOCH_2000_MS, message, read
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
    query: EventQuery,
    test: Callable[[bytes], bool],
) -> tuple[bytes, int]:
    """Stream candidates and keep those that pass.

    A chunk is tested while the next one is on its way.
    """
    sql: LiteralString = "SELECT " + row + ", payload" + _OF_KIND
    for number, where in enumerate(query.event.where):
        pattern = trace_of(where)
        if pattern is not None:
            params |= {f"trace{number}": pattern, "escape": _ESCAPE}
            sql += f" AND (payload LIKE %(trace{number})s OR payload LIKE %(escape)s)"
    kept: list[bytes] = []
    read = 0
    testing: Awaitable[bytes] | None = None
    async with connection.cursor(name="matching", binary=True) as cursor:
        await cursor.execute(sql + " LIMIT %(limit)s", params)
        while rows := await cursor.fetchmany(query.chunk):
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


def properties_of(payload: bytes) -> Mapping[str, Any]:
    """The properties of a stored record; none where it cannot be read."""
    try:
        return _RECORD.decode(payload).properties or {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _none_of(_payload: bytes) -> Mapping[str, Any]:
    return {}


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
    leaves[owners["place"].astype(np.int64)] = native(owners["profile"])
    known, owner = await asyncio.to_thread(distinct, leaves)
    lots = np.split(owner[places], np.cumsum([len(different) for different, _ in numbered])[:-1])
    return known, [lot[within] for lot, (_, within) in zip(lots, numbered, strict=True)]
