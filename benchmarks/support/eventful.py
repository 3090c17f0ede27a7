"""A person with any number of events, and their request of access, straight in the store."""

from typing import Any, Final
from uuid import UUID

import psycopg

from domain.ids import IdentifierKey, ProfileId, WorkspaceId
from domain.keys import identifier_key
from domain.profiles.leaf import Leaf, Register
from domain.profiles.profile import Person, encode_person
from store.connection import adapt
from store.unify import copy_format

AT_MS: Final = 1_790_000_000_000
_IDENTIFIERS: Final = """
    INSERT INTO identifiers (key, workspace_id, kind, value, profile_id)
    VALUES (%(key)s, %(workspace)s, 'user_id', %(user)s, %(key)s)
"""
_EVENTS: Final = """
    INSERT INTO events (message_key, workspace_id, source_id, type, name, leaf, occurred_at,
        received_at, payload)
    SELECT md5(%(user)s || n)::uuid, %(workspace)s, %(source)s, 'track', 'Viewed', %(key)s,
        to_timestamp(%(at_s)s + n), to_timestamp(%(at_s)s + n + 1), convert_to(json_build_object(
            'type', 'track', 'event', 'Viewed', 'messageId', 'm' || n, 'userId', %(user)s::text,
            'timestamp', to_timestamp(%(at_s)s + n), 'properties', json_build_object(
                'sku', md5(n::text), 'price', n %% 100, 'path', '/shoes/' || n, 'title',
                'Running shoes number ' || n), 'context', json_build_object('ip', '203.0.113.7',
                'userAgent', 'Mozilla/5.0 (X11; Linux x86_64)', 'locale', 'en'))::text, 'UTF8')
    FROM generate_series(1, %(events)s) n
"""
_REQUEST: Final = """
    WITH asked AS (
        INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,
            reason, requested_by, audit_id, requested_at, due_at)
        VALUES (%(workspace)s, 'access', gen_random_uuid(), 'access-1', %(key)s, ARRAY[%(key)s],
            'case 1', 'key:1', 1, now(), now() + interval '30 days')
        RETURNING id, workspace_id, keys)
    INSERT INTO access_archives (request, workspace_id, keys, status)
    SELECT id, workspace_id, keys, 'requested' FROM asked RETURNING request
"""


def store_person(
    conn: psycopg.Connection[Any], workspace: int, source: int, salt: bytes, user: str, events: int
) -> UUID:
    """Store a person of one identifier; answers its key.

    Args:
        conn: in autocommit mode.
        workspace: tenant.
        source: of the events.
        salt: of the workspace.
        user: their user id.
        events: how many they have, each of about 400 bytes.
    """
    key = identifier_key(salt, "user_id", user)
    leaf = Leaf(
        first_ms=AT_MS,
        last_ms=AT_MS + events * 1_000,
        types={"track": events},
        names={"track:Viewed": events},
        traits={"plan": Register("gold", AT_MS + 1_000, 0)},
    )
    person = Person(
        ProfileId(key), WorkspaceId(workspace), 1, leaf, {"user_id": 1}, IdentifierKey(key)
    )
    adapt(conn)
    copy_format.copy_people(conn.cursor(), "profiles", [(person, encode_person(person))])
    params = {
        "workspace": workspace,
        "source": source,
        "key": UUID(bytes=key),
        "user": user,
        "at_s": AT_MS // 1_000,
        "events": events,
    }
    conn.execute(_IDENTIFIERS, params)
    conn.execute(_EVENTS, params)
    return UUID(bytes=key)


def ask_access(conn: psycopg.Connection[Any], workspace: int, key: UUID) -> int:
    """Enter their request of access; answers its number."""
    row = conn.execute(_REQUEST, {"workspace": workspace, "key": key}).fetchone()
    return int(row[0]) if row else 0
