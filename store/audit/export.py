"""Reads the audit log page by page in its own order, each entry with its link."""

from typing import Final, NamedTuple

from operators.audit import Anchor, Entry, Linked
from store.audit.read import AuditFilter
from store.fetch import Pool, fetch

_PAGE: Final = """
    SELECT c.seq, c.hash, a.id, a.workspace_id, (extract(epoch FROM a.at) * 1000000)::bigint,
        a.actor, a.action, a.subject, a.detail::text
    FROM audit a LEFT JOIN audit_chain c ON c.audit_id = a.id
    WHERE a.workspace_id = %(workspace)s AND a.id > %(after)s AND a.id <= %(last)s
      AND (c.seq IS NULL OR c.seq <= %(linked)s)
      AND (%(actor)s::text IS NULL OR a.actor = %(actor)s)
      AND (%(action)s::text IS NULL OR a.action = %(action)s)
      AND (%(subject)s::text IS NULL OR a.subject = %(subject)s)
      AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR a.at < %(until)s)
    ORDER BY a.id LIMIT %(limit)s
"""
_LAST: Final = """
    SELECT coalesce((SELECT max(id) FROM audit WHERE workspace_id = %(workspace)s), 0),
           coalesce((SELECT max(seq) FROM audit_chain WHERE workspace_id = %(workspace)s), 0)
"""
_NAME: Final = "SELECT name FROM workspaces WHERE id = %(workspace)s"


class Last(NamedTuple):
    """Where a log ends at one instant.

    An entry has its id before it is committed and its link as it is: of those that are committed
    later some have lower ids, all have higher links.

    Attributes:
        entry: the highest id of an entry; 0 where there is none.
        link: the newest link; 0 where there is none.
    """

    entry: int
    link: int


def _linked(seq: int | None, told: bytes | None, *entry: object) -> Linked:
    link = None if seq is None or told is None else Anchor(seq, bytes(told))
    return Linked(link, Entry(*entry))  # type: ignore[arg-type]


async def last(pool: Pool, workspace: int) -> Last:
    """Where the log of a workspace ends now."""
    return (await fetch(pool, Last, _LAST, {"workspace": workspace}))[0]


async def workspace_name(pool: Pool, workspace: int) -> str:
    """What a workspace is called."""
    return (await fetch(pool, str, _NAME, {"workspace": workspace}))[0]


async def entries(
    pool: Pool, workspace: int, wanted: AuditFilter, span: tuple[int, Last], limit: int
) -> list[Linked]:
    """The next entries, oldest first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: filters.
        span: id of the entry before the first one, and where the log ended.
        limit: entries at most.
    """
    after, until = span
    params = {
        "workspace": workspace,
        "after": after,
        "last": until.entry,
        "linked": until.link,
        "limit": limit,
    }
    return await fetch(pool, _linked, _PAGE, params | vars(wanted))
