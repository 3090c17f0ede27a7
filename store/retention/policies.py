"""What a workspace says about how long it keeps what.

Whoever removes anything reads the policy in the same transaction and holds its row until that ends:
once a longer one is committed, nothing goes by the shorter one any more. Bounds of archives and
logins hold from the transaction that sets them on: those that are there end earlier, and new ones
are bounded where they are made (`store.privacy.archive_jobs`, `store.workspaces.logins`). One that
was made at the very moment is bounded by the next look of upkeep.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, Connection

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
_BOUND: Final = (
    f"""
    UPDATE access_archives a SET expires_at = a.finished_at + make_interval(secs => p.keep_s)
    FROM retention_policies p WHERE p.workspace_id = a.workspace_id
      AND p.class = '{RetentionClass.ARCHIVES}' AND a.status = '{ArchiveStatus.READY}'
      AND a.expires_at > a.finished_at + make_interval(secs => p.keep_s)
    """,
    f"""
    UPDATE logins l SET expires_at = l.created_at + make_interval(secs => p.keep_s)
    FROM api_keys k, retention_policies p
    WHERE k.id = l.key_id AND p.workspace_id = k.workspace_id
      AND p.class = '{RetentionClass.LOGINS}'
      AND l.expires_at > l.created_at + make_interval(secs => p.keep_s)
    """,
)


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
    for statement in _BOUND:
        await conn.execute(statement)
    detail = {"before": dict(before), "after": dict(after), "reason": order.reason}
    await append_async(conn, workspace, order.actor, SET, f"workspace:{workspace}", detail)
    return True


def bound(conn: Connection[Any]) -> None:
    """Let archives and logins end that are there for longer than their workspace keeps them."""
    for statement in _BOUND:
        conn.execute(statement)


def _policy(name: str, keep_s: int, reason: str, set_by: str, set_at: datetime) -> Policy:
    return Policy(RetentionClass(name), keep_s, reason, set_by, set_at)
