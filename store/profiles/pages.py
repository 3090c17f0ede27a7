"""Reads profiles in pages: by id, by an instant, or by a prefix of an identifier."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from store.fetch import Pool, fetch
from store.profiles.filters import ConsentFilter, ProfileFilter

LAST_CHARACTER: Final = "\U0010ffff"
"""Sorts after every continuation of a prefix, in byte order."""
LOWEST: Final = UUID(int=0)
DOCUMENTS_AT_ONCE: Final = 2_000
"""Read where a filter has to look into them."""


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
class Cursor:
    """Where a page ends: the last profile looked at or, when searching, the last identifier.

    Attributes:
        key: profile id or identifier key.
        value: the identifier's value; empty when not searching.
        at: the instant that the page is ordered by; None where there is none.
    """

    key: UUID
    value: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class _Look:
    key: UUID
    value: str
    at: datetime | None
    profile: UUID
    matches: bool | None
    last: bool
    doc: bytes | None


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
    """Read the next matching people in the order of the filter.

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
            looks = await _look(pool, workspace, filter_by, prefix, cursor, size)
            fitting = await _fitting(looks, filter_by.consent)
            for seen, fits in zip(looks, fitting, strict=True):
                cursor = Cursor(seen.key, seen.value, seen.at)
                if fits:
                    ids.append(seen.profile)
                    if len(ids) == limit:
                        return ProfilePage(ids, cursor)
            budget -= size
            if not (looks and looks[-1].last):
                break
            if budget <= 0:
                return ProfilePage(ids, cursor)
            size = min(size * params.scan_growth, max(budget, limit))
            if filter_by.consent is not None:
                size = min(size, max(DOCUMENTS_AT_ONCE, limit))
    return ProfilePage(ids, None)


async def _look(
    pool: Pool,
    workspace: int,
    filter_by: ProfileFilter,
    prefix: str,
    cursor: Cursor | None,
    size: int,
) -> list[_Look]:
    resumes = cursor is not None and cursor.value.encode() >= prefix.encode()
    params = {
        "workspace": workspace,
        "stage": filter_by.stage,
        "since": filter_by.seen_since,
        "segment": filter_by.segment,
        "reads": filter_by.consent is not None,
        "size": size,
        "first": cursor is None,
        "at": cursor.at if cursor else None,
        "typed": filter_by.search or "",
        "lowered": (filter_by.search or "").lower(),
        "low": cursor.value if cursor and resumes else prefix,
        "high": prefix + LAST_CHARACTER,
        "after": cursor.key if cursor and resumes else LOWEST,
    }
    return await fetch(pool, _Look, filter_by.statement, params)


async def _fitting(looks: list[_Look], consent: ConsentFilter | None) -> list[bool]:
    """Which of those looked at are wanted."""
    if consent is None:
        return [bool(seen.matches) for seen in looks]
    return await asyncio.to_thread(
        lambda: [
            bool(seen.matches) and seen.doc is not None and consent.holds(seen.doc)
            for seen in looks
        ]
    )
