"""Removes a person as the engine does at a command of erasure, and leaves what it leaves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from domain.keys import message_key
from domain.privacy.erasure import FOREVER_MS

_PEOPLE = "SELECT DISTINCT profile_id FROM identifiers WHERE key = ANY(%s)"
_NEIGHBOURS = """
    SELECT DISTINCT other FROM (
        SELECT CASE WHEN a = ANY(%(keys)s) THEN b ELSE a END AS other FROM links
        WHERE a = ANY(%(keys)s) OR b = ANY(%(keys)s)) linked
    JOIN identifiers i ON i.key = other WHERE other <> ALL(%(keys)s)
"""


@dataclass(frozen=True)
class Erased:
    """What an erasure named and removed."""

    command: UUID
    keys: list[UUID]
    people: list[UUID]
    neighbours: list[UUID]


def erase(
    conn: psycopg.Connection[Any],
    workspace: int,
    salt: bytes,
    keys: Iterable[UUID],
    *,
    until_ms: int = FOREVER_MS,
    name: str = "erase-1",
    neighbours: Sequence[UUID] | None = None,
) -> Erased:
    """Erase the people who have these identifiers, in one transaction."""
    command = UUID(bytes=message_key(salt, name))
    with conn.transaction():
        named = list(keys)
        people = [row[0] for row in conn.execute(_PEOPLE, (named,))]
        if neighbours is None:
            neighbours = [row[0] for row in conn.execute(_NEIGHBOURS, {"keys": named})]
        counts = _remove(conn, workspace, named, people)
        conn.execute(
            "INSERT INTO erased_identifiers SELECT key, %s, %s, 1 FROM unnest(%s::uuid[]) AS key",
            (workspace, until_ms, named),
        )
        conn.execute(
            """
            INSERT INTO erasures (command, workspace_id, keys, people, joined, neighbours, until_ms,
                identifiers, events, links, merges, memberships, processed_at)
            VALUES (%s, %s, %s, %s, '{}', %s, %s, %s, %s, %s, 0, %s, clock_timestamp())
            """,
            (command, workspace, named, people, neighbours, until_ms, *counts),
        )
        conn.execute(
            """
            INSERT INTO erasure_recipients (command, audience_id, platform, listed)
            SELECT DISTINCT %s::uuid, a.id, a.platform, true FROM audience_members m
            JOIN audiences a ON a.id = m.audience_id WHERE m.profile_id = ANY(%s)
            """,
            (command, people),
        )
        conn.execute(
            """
            INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,
                afterwards, reason, requested_by, audit_id, requested_at, due_at)
            VALUES (%s, 'erasure', %s, %s, %s, %s, 'refuse', '', 'key:1', 0, now(), now())
            """,
            (workspace, command, name, people[0] if people else command, named),
        )
    return Erased(command, named, people, list(neighbours))


def _remove(
    conn: psycopg.Connection[Any], workspace: int, keys: list[UUID], people: list[UUID]
) -> tuple[int, int, int, int]:
    gone = conn.execute(
        "DELETE FROM events WHERE leaf = ANY(%s) RETURNING message_key", (keys,)
    ).fetchall()
    conn.execute(
        "INSERT INTO erased_messages SELECT key, %s FROM unnest(%s::uuid[]) AS key",
        (workspace, [row[0] for row in gone]),
    )
    links = conn.execute("DELETE FROM links WHERE a = ANY(%s) OR b = ANY(%s)", (keys, keys))
    conn.execute(
        """
        INSERT INTO changes (workspace_id, segment_id, profile_id, delta, version, cause, urgent,
            changed_at)
        SELECT workspace_id, segment_id, profile_id, -1, version, 'erasure', true, now()
        FROM memberships WHERE profile_id = ANY(%s)
        """,
        (people,),
    )
    left = conn.execute("DELETE FROM memberships WHERE profile_id = ANY(%s)", (people,))
    removed = conn.execute("DELETE FROM identifiers WHERE key = ANY(%s)", (keys,))
    conn.execute("DELETE FROM profiles WHERE id = ANY(%s)", (people,))
    return removed.rowcount, len(gone), links.rowcount, left.rowcount
