"""What a workspace says about how long it keeps what.

Whoever removes anything reads the policy in the same transaction and holds its row until that ends:
once a longer one is committed, nothing goes by the shorter one any more. Bounds of archives and
logins hold from the transaction that sets them on: those that are there end earlier, and new ones
are bounded where they are made.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection

from domain.privacy.access import ArchiveStatus
from domain.privacy.retention import SET, Keep, RetentionClass
from store import locks
from store.audit.trail import append_async
from store.fetch import Pool, fetch

_OF: Final = """
    SELECT class, keep_s, reason, set_by, set_at FROM retention_policies
    WHERE workspace_id = %(workspace)s
"""
_DROP: Final = "DELETE FROM retention_policies WHERE workspace_id = %s AND class = ANY(%s)"
_SET: Final = """
    INSERT INTO retention_policies (workspace_id, class, keep_s, reason, set_by, set_at)
    SELECT %(workspace)s, class, keep_s, %(reason)s, %(actor)s, clock_timestamp()
    FROM unnest(%(classes)s::text[], %(keeps)s::bigint[]) AS asked(class, keep_s) ORDER BY class
    ON CONFLICT (workspace_id, class) DO UPDATE SET keep_s = excluded.keep_s,
        reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at
"""
_SHORTEN_ARCHIVES: Final = f"""
    UPDATE access_archives SET expires_at = finished_at + make_interval(secs => %(keep)s)
    WHERE workspace_id = %(workspace)s AND status = '{ArchiveStatus.READY}'
      AND expires_at > finished_at + make_interval(secs => %(keep)s)
"""
_SHORTEN_LOGINS: Final = """
    UPDATE logins l SET expires_at = l.created_at + make_interval(secs => %(keep)s)
    FROM api_keys k WHERE k.id = l.key_id AND k.workspace_id = %(workspace)s
      AND l.expires_at > l.created_at + make_interval(secs => %(keep)s)
"""


class Policy(NamedTuple):
    """How long a class is kept, and who said so.

    Attributes:
        keep_s: at least 1.
        set_by: as the audit log calls them.
    """

    name: RetentionClass
    keep_s: int
    reason: str
    set_by: str
    set_at: datetime


def keep_of(policies: list[Policy]) -> dict[RetentionClass, int]:
    """How long each class is kept that a policy names, in s."""
    return {policy.name: policy.keep_s for policy in policies}


async def policies_of(pool: Pool, workspace: int) -> list[Policy]:
    """A workspace's policy; classes that it keeps for ever are left out."""
    return await fetch(pool, _policy, _OF, {"workspace": workspace})


async def claim(conn: AsyncConnection[Any], workspace: int) -> dict[RetentionClass, int]:
    """How long each class is kept; nobody else sets it before the transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (locks.RETENTION_OF, workspace))
    cursor = await conn.execute(_OF, {"workspace": workspace})
    return keep_of([_policy(*row) for row in await cursor.fetchall()])


class Order(NamedTuple):
    """A change of policy: from what, to what, by whom and why."""

    workspace: int
    actor: str
    reason: str
    before: Keep
    after: Keep


async def replace(conn: AsyncConnection[Any], order: Order) -> bool:
    """Replace a policy, on record; False where it is the same one.

    Args:
        conn: inside the transaction that claimed it.
        order: what is asked for.
    """
    workspace, before, after = order.workspace, order.before, order.after
    changed = sorted(name for name in after if after[name] != before.get(name))
    dropped = sorted(before.keys() - after.keys())
    if not changed and not dropped:
        return False
    await conn.execute(_DROP, (workspace, dropped))
    params = {"workspace": workspace, "reason": order.reason, "actor": order.actor}
    keeps = [after[name] for name in changed]
    await conn.execute(_SET, params | {"classes": changed, "keeps": keeps})
    for name, statement in _AT_ONCE.items():
        if name in changed:
            await conn.execute(statement, {"workspace": workspace, "keep": after[name]})
    detail = {"before": dict(before), "after": dict(after), "reason": order.reason}
    await append_async(conn, workspace, order.actor, SET, f"workspace:{workspace}", detail)
    return True


_AT_ONCE: Final = {
    RetentionClass.ARCHIVES: _SHORTEN_ARCHIVES,
    RetentionClass.LOGINS: _SHORTEN_LOGINS,
}


def _policy(name: str, keep_s: int, reason: str, set_by: str, set_at: datetime) -> Policy:
    return Policy(RetentionClass(name), keep_s, reason, set_by, set_at)
