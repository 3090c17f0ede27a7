"""Names people as examples, by the identifiers that say most."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.ids import ProfileId
from store.connection import Keys

_IDENTIFIERS: Final = """
    SELECT wanted.id, found.kind, found.value FROM unnest(%(people)s) AS wanted(id) CROSS
    JOIN LATERAL (
        SELECT kind, value FROM identifiers WHERE profile_id = wanted.id
        ORDER BY array_position(%(kinds)s::text[], kind), value LIMIT %(limit)s) found
"""


class Example(NamedTuple):
    """A person who would be a member, with some identifiers (kind, value)."""

    profile_id: UUID
    identifiers: tuple[tuple[str, str], ...]


def examples_of(
    conn: Connection[Any], people: Sequence[ProfileId], kinds: Sequence[str], limit: int
) -> tuple[Example, ...]:
    """People with some identifiers each.

    Args:
        conn: with `store.connection.adapt`.
        people: whom.
        kinds: identifier kinds, those that say most first.
        limit: identifiers of each.
    """
    found: dict[bytes, list[tuple[str, str]]] = {person: [] for person in people}
    params = {"people": Keys(list(people)), "kinds": list(kinds), "limit": limit}
    for person, kind, value in conn.cursor(binary=True).execute(_IDENTIFIERS, params):
        found[person].append((kind, value))
    return tuple(
        Example(UUID(bytes=person), tuple(identifiers)) for person, identifiers in found.items()
    )
