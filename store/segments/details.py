"""Details of a few events and people: a property of each event, a trait of each person."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, LiteralString

from psycopg import AsyncConnection

from domain.profiles.profile import decode_person
from domain.values import Json
from operators.rules.conditions import property_of
from store.connection import adapt
from store.segments.halves import Halves, keys_of
from store.segments.occurrences import properties_of

_RECORDS: Final = """
    SELECT asked.place, e.payload FROM unnest(%(keys)s) WITH ORDINALITY AS asked (key, place)
    JOIN events e ON e.message_key = asked.key WHERE e.workspace_id = %(workspace)s
"""
_DOCUMENTS: Final = """
    SELECT asked.place, p.doc FROM unnest(%(keys)s) WITH ORDINALITY AS asked (key, place)
    JOIN profiles p ON p.id = asked.key WHERE p.workspace_id = %(workspace)s
"""


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
        lambda payload: property_of(properties_of(payload), path),
        chunk,
    )


async def traits(
    connection: AsyncConnection[Any], workspace: int, profiles: Halves, name: str, chunk: int
) -> list[Any]:
    """The newest value of a trait for each of these people; None where it is missing.

    Args:
        connection: within a transaction.
        workspace: tenant.
        profiles: ids of the people.
        name: of the trait.
        chunk: people held at once.
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
