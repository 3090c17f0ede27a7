"""Pushes of all audiences of a workspace, as people see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString

from store.activation.audiences import PUSH_COLUMNS, PUSH_JOINS, PushRow
from store.fetch import Pool, fetch


@dataclass(frozen=True)
class ListedPush(PushRow):
    """A push and whose it is.

    Attributes:
        audience: the audience's name.
    """

    audience_id: int
    audience: str
    platform: str


@dataclass(frozen=True)
class PushFilter:
    """Which pushes are wanted; None means any.

    Attributes:
        status: as of `domain.activation.states.PushStatus`.
        platform: of their audience.
        audience: whose.
        since: begun at or after.
    """

    status: str | None = None
    platform: str | None = None
    audience: int | None = None
    since: datetime | None = None


_FITS: Final = """
          AND (%(status)s::text IS NULL OR p.status = %(status)s)
          AND (%(since)s::timestamptz IS NULL OR p.started_at >= %(since)s)
          AND (%(after)s::bigint IS NULL OR p.id < %(after)s)
"""
_OF_ALL: Final = f"""
        SELECT p.*, a.name AS audience, a.platform FROM pushes p
        JOIN audiences a ON a.id = p.audience_id AND a.workspace_id = p.workspace_id
        WHERE p.workspace_id = %(workspace)s {_FITS}
"""
# Few audiences may have the platform, and their last push may be long ago: of each the newest are
# looked up, rather than all pushes gone through.
_OF_SOME: Final = f"""
        SELECT p.*, a.name AS audience, a.platform FROM audiences a
        CROSS JOIN LATERAL (
            SELECT * FROM pushes p
            WHERE p.audience_id = a.id AND p.workspace_id = %(workspace)s {_FITS}
            ORDER BY p.id DESC LIMIT %(limit)s
        ) p
        WHERE a.workspace_id = %(workspace)s
          AND (%(platform)s::text IS NULL OR a.platform = %(platform)s)
          AND (%(audience)s::integer IS NULL OR a.id = %(audience)s)
"""
# What costs a look per push is read for those of the page alone.
_PAGE: Final = f"""
    WITH chosen AS MATERIALIZED (
        {{found}}
        ORDER BY p.id DESC LIMIT %(limit)s
    )
    SELECT {PUSH_COLUMNS}, p.audience_id, p.audience, p.platform FROM chosen p {PUSH_JOINS}
    ORDER BY p.id DESC
"""


async def page(
    pool: Pool, workspace: int, wanted: PushFilter, after: int | None, limit: int
) -> list[ListedPush]:
    """The workspace's pushes, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: filters.
        after: the last id of the page before; None for the first page.
        limit: pushes per page.
    """
    params = {**vars(wanted), "workspace": workspace, "after": after, "limit": limit}
    return await fetch(pool, ListedPush, statement(wanted), params)


def statement(wanted: PushFilter) -> LiteralString:
    """The statement that finds the pushes of a filter."""
    is_some = wanted.platform is not None or wanted.audience is not None
    return _PAGE.replace("{found}", _OF_SOME if is_some else _OF_ALL)
