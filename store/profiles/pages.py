"""Reads profiles in pages: by id, or by a prefix of an identifier; and counts them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from store.counting import Count, count, estimate
from store.fetch import Pool, fetch

LAST_CHARACTER: Final = "\U0010ffff"
"""Sorts after every continuation of a prefix, in byte order."""
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
class _SearchRow:
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
    filter_by: ProfileFilter,
    after: Cursor | None,
    limit: int,
    params: PagingParams,
) -> ProfilePage:
    """Read the next matching people by id, or by their first matching identifier when searching.

    Cost is bounded by `PagingParams.scan_limit`, whatever the filter leaves out.

    Args:
        pool: open pool.
        workspace: tenant.
        filter_by: filters.
        after: where the last page ended; None for the first one.
        limit: people per page.
        params: bounds.
    """
    ids: list[UUID] = []
    cursor = after
    budget = params.scan_limit
    for prefix in _prefixes(filter_by.search):
        if cursor is not None and cursor.value.encode() >= (prefix + LAST_CHARACTER).encode():
            continue
        size = limit
        while True:
            looks = await _search(pool, workspace, filter_by, prefix, cursor, size)
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


async def _search(
    pool: Pool,
    workspace: int,
    filter_by: ProfileFilter,
    prefix: str,
    cursor: Cursor | None,
    size: int,
) -> list[_SearchRow]:
    searching = filter_by.search is not None
    resumes = cursor is not None and cursor.value.encode() >= prefix.encode()
    params = {
        "workspace": workspace,
        "stage": filter_by.stage,
        "since": filter_by.seen_since,
        "size": size,
        "typed": filter_by.search or "",
        "lowered": (filter_by.search or "").lower(),
        "low": cursor.value if cursor and resumes else prefix,
        "high": prefix + LAST_CHARACTER,
        "after": cursor.key if cursor and resumes else LOWEST,
    }
    return await fetch(pool, _SearchRow, _SEARCH if searching else _SCAN, params)


async def total(
    pool: Pool, workspace: int, filter_by: ProfileFilter, params: PagingParams
) -> Count:
    """How many people match: exact while there are few, else the planner's estimate.

    A search counts matching identifiers, of which one person may have several, and leaves the other
    filters out.

    Args:
        pool: open pool.
        workspace: tenant.
        filter_by: which people.
        params: up to how many are counted.
    """
    values = {
        "workspace": workspace,
        "stage": filter_by.stage,
        "since": filter_by.seen_since,
        "low": filter_by.search,
        "high": (filter_by.search or "") + LAST_CHARACTER,
    }
    if filter_by.search is not None:
        rows = (
            "FROM identifiers WHERE workspace_id = %(workspace)s AND value ~>=~ %(low)s AND value"
            " ~<~ %(high)s"
        )
        return await count(pool, rows, values, params.exact_limit)
    everybody = await count(
        pool, "FROM profiles WHERE workspace_id = %(workspace)s", values, params.exact_limit
    )
    if filter_by.stage is None and filter_by.seen_since is None:
        return everybody
    rows = """FROM profiles WHERE workspace_id = %(workspace)s AND (%(stage)s::text IS NULL
        OR stage = %(stage)s)
        AND (%(since)s::timestamptz IS NULL OR last_seen_at >= %(since)s)"""
    if everybody.exact:
        return await count(pool, rows, values, params.exact_limit)
    return Count(await estimate(pool, rows, values), exact=False)
