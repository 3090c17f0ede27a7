"""Reads profiles: by id, by any identifier key, in pages, and by a prefix of an identifier.

A live person's id is the key of one of its own identifiers, and a merged person's id stays the key
of an identifier that its survivor now owns. So one lookup by identifier key answers present ids,
redirected ids and identifiers alike.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from domain.event import Identifier
from domain.ids import IdentifierKey
from domain.profiles.profile import Person, decode_person
from store.counting import Count, count, estimate
from store.fetch import Pool, fetch, fetch_one

LAST_CHARACTER: Final = "\U0010ffff"
"""Sorts behind every continuation of a prefix, in byte order."""
LOWEST: Final = UUID(int=0)


@dataclass(frozen=True)
class PagingParams:
    """How far one page may look.

    Attributes:
        scan_limit: rows that one page inspects at most to find those that match its filters; a page
            may therefore be short and still have a successor.
        scan_growth: each further look inspects this many times more rows than the one before.
        exact_limit: totals up to this are counted exactly, above it estimated.
    """

    scan_limit: int = 20_000
    scan_growth: int = 8
    exact_limit: int = 10_000


class StoredProfile(msgspec.Struct, frozen=True):
    """One person with its identifiers, as of one snapshot.

    Attributes:
        workspace: tenant.
        doc: packed `domain.profiles.profile.Person`.
        identifiers: every identifier of the person, by kind and value.
    """

    workspace: int
    doc: bytes
    identifiers: list[Identifier]

    @property
    def person(self) -> Person:
        """The document, decoded."""
        return decode_person(self.doc)


@dataclass(frozen=True)
class ProfileFilter:
    """Which people are wanted; None means any.

    Attributes:
        stage: lifecycle stage.
        seen_since: last event at or after this instant.
        search: prefix of an identifier's value, tried as written and in lower case.
    """

    stage: str | None = None
    seen_since: datetime | None = None
    search: str | None = None


@dataclass(frozen=True)
class Cursor:
    """Where a page ends: the last profile looked at or, when searching, the last identifier.

    Attributes:
        key: profile id or identifier key.
        value: the identifier's value; empty when not searching.
    """

    key: UUID
    value: str = ""


def _bytes(value: UUID) -> bytes:
    return value.bytes


def _stored(
    workspace: int, doc: bytes, keys: list[UUID], kinds: list[str], values: list[str]
) -> StoredProfile:
    found = zip(keys or (), kinds or (), values or (), strict=True)
    return StoredProfile(
        workspace,
        doc,
        [Identifier(IdentifierKey(key.bytes), kind, value) for key, kind, value in found],
    )


_BY_KEY: Final = """
    SELECT p.workspace_id, p.doc, i.keys, i.kinds, i.values
    FROM identifiers x
    JOIN profiles p ON p.id = x.profile_id AND p.workspace_id = x.workspace_id
    CROSS JOIN LATERAL (
        SELECT array_agg(key ORDER BY kind, value) AS keys, array_agg(kind
            ORDER BY kind, value) AS kinds,
               array_agg(value ORDER BY kind, value) AS values
        FROM identifiers WHERE profile_id = p.id
    ) i
    WHERE x.key = %(key)s AND x.workspace_id = %(workspace)s
"""

_BY_IDS: Final = """
    SELECT p.workspace_id, p.doc, i.keys, i.kinds, i.values
    FROM profiles p
    CROSS JOIN LATERAL (
        SELECT array_agg(key) AS keys, array_agg(kind) AS kinds, array_agg(value) AS values
        FROM (SELECT key, kind, value FROM identifiers WHERE profile_id = p.id ORDER BY kind, value
            LIMIT %(limit)s) shown
    ) i
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


async def by_ids(
    pool: Pool, workspace: int, ids: list[UUID], identifier_limit: int
) -> list[StoredProfile]:
    """Read people in the given order of ids, with at most `identifier_limit` identifiers each.

    People who are gone are left out.
    """
    rows = await fetch(
        pool, _stored, _BY_IDS, {"ids": ids, "workspace": workspace, "limit": identifier_limit}
    )
    known = {UUID(bytes=row.person.id): row for row in rows}
    return [known[profile] for profile in ids if profile in known]


_SCAN: Final = """
    SELECT id, '', id, matches, n = %(size)s FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS n,
               (%(stage)s::text IS NULL OR stage = %(stage)s)
               AND (%(since)s::timestamptz IS NULL OR last_seen_at >= %(since)s) AS matches
        FROM (SELECT id, stage, last_seen_at FROM profiles
              WHERE workspace_id = %(workspace)s AND id > %(after)s ORDER BY id
                  LIMIT %(size)s) looked_at
    ) judged WHERE matches OR n = %(size)s ORDER BY n
"""

# Only the first of a person's matching identifiers counts, so that nobody appears twice.
_SEARCH: Final = """
    SELECT key, value, profile_id, matches, n = %(size)s FROM (
        SELECT i.key, i.value, i.profile_id, row_number() OVER (ORDER BY i.value USING ~<~, i.key)
            AS n,
               p.id IS NOT NULL AND (%(stage)s::text IS NULL OR p.stage = %(stage)s)
               AND (%(since)s::timestamptz IS NULL OR p.last_seen_at >= %(since)s)
               AND NOT EXISTS (
                   SELECT FROM identifiers o
                   WHERE o.profile_id = i.profile_id
                     AND (starts_with(o.value, %(typed)s) OR starts_with(o.value, %(lowered)s))
                     AND (o.value ~<~ i.value OR (o.value = i.value AND o.key < i.key))) AS matches
        FROM (SELECT key, value, profile_id FROM identifiers
              WHERE workspace_id = %(workspace)s AND value ~>=~ %(low)s AND value ~<~ %(high)s
                AND (value <> %(low)s OR key > %(after)s)
              ORDER BY value USING ~<~, key LIMIT %(size)s) i
        LEFT JOIN profiles p ON p.id = i.profile_id AND p.workspace_id = %(workspace)s
    ) judged WHERE matches OR n = %(size)s ORDER BY n
"""


@dataclass(frozen=True)
class _Look:
    key: UUID
    value: str
    profile: UUID
    matches: bool | None
    last: bool


@dataclass(frozen=True)
class ProfilePage:
    """One page of people.

    Attributes:
        ids: profile ids, in order.
        next: where the next page starts, or None at the end.
    """

    ids: list[UUID]
    next: Cursor | None


def _prefixes(search: str | None) -> list[str]:
    """Prefixes to try, in byte order; none of them begins another."""
    if search is None:
        return [""]
    return sorted({search, search.lower()}, key=str.encode)


async def page(
    pool: Pool,
    workspace: int,
    wanted: ProfileFilter,
    after: Cursor | None,
    limit: int,
    params: PagingParams,
) -> ProfilePage:
    """Read the next matching people by id, or by their first matching identifier when searching.

    Cost is bounded by `PagingParams.scan_limit`, whatever the filter leaves out.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: filters.
        after: where the last page ended; None for the first one.
        limit: people per page.
        params: bounds.
    """
    ids: list[UUID] = []
    cursor = after
    budget = params.scan_limit
    for prefix in _prefixes(wanted.search):
        if cursor is not None and cursor.value.encode() >= (prefix + LAST_CHARACTER).encode():
            continue
        size = limit
        while True:
            looks = await _look(pool, workspace, wanted, prefix, cursor, size)
            for seen in looks:
                cursor = Cursor(seen.key, seen.value)
                if seen.matches:
                    ids.append(seen.profile)
                    if len(ids) == limit:
                        return ProfilePage(ids, cursor)
            budget -= size
            if not (looks and looks[-1].last):
                break
            if budget <= 0:
                return ProfilePage(ids, cursor)
            size = min(size * params.scan_growth, max(budget, limit))
    return ProfilePage(ids, None)


async def _look(
    pool: Pool, workspace: int, wanted: ProfileFilter, prefix: str, cursor: Cursor | None, size: int
) -> list[_Look]:
    searching = wanted.search is not None
    resumes = cursor is not None and cursor.value.encode() >= prefix.encode()
    params = {
        "workspace": workspace,
        "stage": wanted.stage,
        "since": wanted.seen_since,
        "size": size,
        "typed": wanted.search or "",
        "lowered": (wanted.search or "").lower(),
        "low": cursor.value if cursor and resumes else prefix,
        "high": prefix + LAST_CHARACTER,
        "after": cursor.key if cursor and resumes else LOWEST,
    }
    return await fetch(pool, _Look, _SEARCH if searching else _SCAN, params)


async def total(pool: Pool, workspace: int, wanted: ProfileFilter, params: PagingParams) -> Count:
    """How many people match: exact while there are few, else the planner's estimate.

    A search counts matching identifiers, of which one person may have several, and leaves the other
    filters out.
    """
    values = {
        "workspace": workspace,
        "stage": wanted.stage,
        "since": wanted.seen_since,
        "low": wanted.search,
        "high": (wanted.search or "") + LAST_CHARACTER,
    }
    if wanted.search is not None:
        rows = (
            "FROM identifiers WHERE workspace_id = %(workspace)s AND value ~>=~ %(low)s AND value"
            " ~<~ %(high)s"
        )
        return await count(pool, rows, values, params.exact_limit)
    everybody = await count(
        pool, "FROM profiles WHERE workspace_id = %(workspace)s", values, params.exact_limit
    )
    if wanted.stage is None and wanted.seen_since is None:
        return everybody
    rows = """FROM profiles WHERE workspace_id = %(workspace)s AND (%(stage)s::text IS NULL
        OR stage = %(stage)s)
        AND (%(since)s::timestamptz IS NULL OR last_seen_at >= %(since)s)"""
    if everybody.exact:
        return await count(pool, rows, values, params.exact_limit)
    return Count(await estimate(pool, rows, values), exact=False)
