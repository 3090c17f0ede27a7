"""Reads profiles by id and by any identifier key.

A live person's id is the key of one of its own identifiers, and a merged person's id stays the key
of an identifier that its survivor now owns. So one lookup by identifier key answers present ids,
redirected ids and identifiers alike.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec

from domain.event import Identifier
from domain.ids import IdentifierKey
from domain.profiles.profile import Person, decode_person
from store.fetch import Pool, fetch, fetch_one


class StoredProfile(msgspec.Struct, frozen=True):
    """One person with its identifiers, as of one snapshot.

    Attributes:
        workspace: tenant.
        doc: packed `domain.profiles.profile.Person`.
        identifiers: every identifier of the person, by kind and value.
        since: segment → when the person came into it, ms since 1970; None where an earlier version
            kept it in Redis without.
    """

    workspace: int
    doc: bytes
    identifiers: list[Identifier]
    since: dict[int, int] | None = None

    @property
    def person(self) -> Person:
        """The document, decoded."""
        return decode_person(self.doc)


def _bytes(value: UUID) -> bytes:
    return value.bytes


def _stored(
    workspace: int,
    doc: bytes,
    keys: list[UUID],
    kinds: list[str],
    values: list[str],
    segments: list[int] | None,
    since: list[int] | None,
) -> StoredProfile:
    found = zip(keys or (), kinds or (), values or (), strict=True)
    return StoredProfile(
        workspace,
        doc,
        [Identifier(IdentifierKey(key.bytes), kind, value) for key, kind, value in found],
        dict(zip(segments or (), since or (), strict=True)),
    )


_SINCE: Final = """
    CROSS JOIN LATERAL (
        SELECT array_agg(segment_id) AS segments,
            array_agg((extract(epoch FROM since_at) * 1000)::bigint) AS since
        FROM memberships WHERE profile_id = p.id
    ) m
"""
_BY_KEY: Final = f"""
    SELECT p.workspace_id, p.doc, i.keys, i.kinds, i.values, m.segments, m.since
    FROM identifiers x
    JOIN profiles p ON p.id = x.profile_id AND p.workspace_id = x.workspace_id
    CROSS JOIN LATERAL (
        SELECT array_agg(key ORDER BY kind, value) AS keys, array_agg(kind
            ORDER BY kind, value) AS kinds,
               array_agg(value ORDER BY kind, value) AS values
        FROM identifiers WHERE profile_id = p.id
    ) i
    {_SINCE}
    WHERE x.key = %(key)s AND x.workspace_id = %(workspace)s
"""

_BY_IDS: Final = f"""
    SELECT p.workspace_id, p.doc, i.keys, i.kinds, i.values, m.segments, m.since
    FROM profiles p
    CROSS JOIN LATERAL (
        SELECT array_agg(key) AS keys, array_agg(kind) AS kinds, array_agg(value) AS values
        FROM (SELECT key, kind, value FROM identifiers WHERE profile_id = p.id ORDER BY kind, value
            LIMIT %(limit)s) shown
    ) i
    {_SINCE}
    WHERE p.id = ANY(%(ids)s) AND p.workspace_id = %(workspace)s
"""


async def by_key(pool: Pool, workspace: int, key: bytes) -> StoredProfile | None:
    """The person who owns an identifier, or whose id this is or was.

    Args:
        pool: open pool.
        workspace: tenant; another tenant's keys are not found.
        key: 16 bytes: identifier key or profile id.
    """
    return await fetch_one(pool, _stored, _BY_KEY, {"key": UUID(bytes=key), "workspace": workspace})


async def owner(pool: Pool, workspace: int, key: bytes) -> bytes | None:
    """The profile id (16 bytes) of whoever owns an identifier, or None."""
    sql = "SELECT profile_id FROM identifiers WHERE key = %(key)s AND workspace_id = %(workspace)s"
    return await fetch_one(pool, _bytes, sql, {"key": UUID(bytes=key), "workspace": workspace})


async def owners(pool: Pool, workspace: int, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    """Whose each of some identifiers is: key → profile id, without those that nobody has."""
    sql = (
        "SELECT key, profile_id FROM identifiers"
        " WHERE key = ANY(%(keys)s) AND workspace_id = %(workspace)s"
    )
    params = {"keys": [UUID(bytes=key) for key in keys], "workspace": workspace}
    found = await fetch(pool, lambda key, owner: (_bytes(key), _bytes(owner)), sql, params)
    return dict(found)


async def by_ids(
    pool: Pool, workspace: int, ids: list[UUID], identifier_limit: int
) -> list[StoredProfile]:
    """Read people in the given order of ids.

    People who are gone are left out.

    Args:
        pool: open pool.
        workspace: tenant.
        ids: of profiles.
        identifier_limit: identifiers of each person at most.
    """
    rows = await fetch(
        pool, _stored, _BY_IDS, {"ids": ids, "workspace": workspace, "limit": identifier_limit}
    )
    known = {UUID(bytes=row.person.id): row for row in rows}
    return [known[profile] for profile in ids if profile in known]
