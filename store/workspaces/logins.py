"""Logins of people by browser: a token stands for an API key until the login ends.

A token has 256 random bits; the database holds its SHA-256. A login ends at logout, when it rests
too long, after its lifetime, and when its key is revoked; PostgreSQL's clock decides, so that all
processes agree.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection

from domain.privacy.retention import RetentionClass
from store.audit.trail import append_async
from store.fetch import Pool, fetch_one, transaction
from store.workspaces.registry import KnownKey, known_key
from store.workspaces.usage import login_noted_every, note_login

_LOGIN: Final = """
    SELECT k.id, workspace_id, salt, scopes,
        least(l.last_used_at, coalesce(k.last_used_at, '-infinity')) < now() - %(rest)s::interval
    FROM logins l JOIN api_keys k ON k.id = key_id JOIN workspaces ON workspaces.id = workspace_id
    WHERE token_hash = %(hash)s AND revoked_at IS NULL
        AND expires_at > now() AND l.last_used_at > now() - %(idle)s::interval
"""
_WHO: Final = """
    SELECT k.name, workspace_id, workspaces.name, scopes, expires_at
    FROM api_keys k JOIN workspaces ON workspaces.id = workspace_id
        LEFT JOIN logins ON key_id = k.id AND token_hash = %(hash)s
    WHERE k.id = %(key)s
"""
_BEGIN: Final = f"""
    INSERT INTO logins (token_hash, key_id, expires_at)
    SELECT %(hash)s, id, now() + least(%(lifetime)s::interval, (
        SELECT make_interval(secs => p.keep_s) FROM retention_policies p
        WHERE p.workspace_id = k.workspace_id AND p.class = '{RetentionClass.LOGINS}'))
    FROM api_keys k WHERE id = %(key)s AND revoked_at IS NULL
    RETURNING (SELECT workspace_id FROM api_keys WHERE id = key_id),
        (SELECT scopes FROM api_keys WHERE id = key_id)
"""
_END: Final = """
    DELETE FROM logins USING api_keys WHERE key_id = id AND token_hash = ANY(%s)
    RETURNING workspace_id, key_id
"""
# Two that log in at once must not wait for each other's rows.
_CLEAR: Final = """
    WITH many AS (
        SELECT token_hash FROM logins WHERE key_id = %(key)s
        ORDER BY last_used_at DESC, created_at DESC OFFSET %(limit)s FOR UPDATE SKIP LOCKED
    ), resting AS (
        SELECT token_hash FROM logins
        WHERE key_id = %(key)s AND last_used_at < now() - %(idle)s::interval
        FOR UPDATE SKIP LOCKED
    ), over AS (
        SELECT token_hash FROM logins WHERE expires_at < now()
        ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    DELETE FROM logins WHERE token_hash IN
        (SELECT * FROM many UNION SELECT * FROM resting UNION SELECT * FROM over)
"""


@dataclass(frozen=True)
class Identity:
    """Who asks, in words.

    Attributes:
        name: of the API key.
        workspace: id of its tenant.
        workspace_name: of the tenant.
        scopes: what the key may do.
        expires_at: when the login ends in any case; None where the key itself asks.
    """

    name: str
    workspace: int
    workspace_name: str
    scopes: Sequence[str]
    expires_at: datetime | None


@dataclass(frozen=True)
class Terms:
    """How long a login lasts.

    Attributes:
        idle: it ends when it rests for this long.
        lifetime: it ends after this long in any case; earlier where the workspace says so.
        limit: logins that one key has at a time.
    """

    idle: timedelta
    lifetime: timedelta
    limit: int


async def key_by_login(pool: Pool, digest: bytes, idle: timedelta) -> KnownKey | None:
    """Find the live API key of a login that has not ended, and note now and then that it is used.

    Args:
        pool: open pool.
        digest: `store.workspaces.bootstrap.key_hash` of the token.
        idle: rest that ends a login.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached.
    """
    values = {"hash": digest, "idle": idle, "rest": login_noted_every(idle)}
    found = await fetch_one(pool, known_key, _LOGIN, values)
    if found is None:
        return None
    known, due = found
    if due:
        await note_login(pool, digest, known.id, login_noted_every(idle))
    return known


async def identity(pool: Pool, key_id: int, digest: bytes | None) -> Identity | None:
    """Say who a key is, and when its login ends.

    Args:
        pool: open pool.
        key_id: of the API key.
        digest: of the login's token, None where there is none.
    """
    return await fetch_one(pool, Identity, _WHO, {"key": key_id, "hash": digest})


async def begin_login(
    pool: Pool, key_id: int, digest: bytes, replaced: Collection[bytes], terms: Terms
) -> bool:
    """Begin a login, and end those that it replaces, those that are over and those too many.

    Args:
        pool: open pool.
        key_id: of the API key whose login it is.
        digest: of the new token.
        replaced: digests of what the browser presents; never adopted.
        terms: how long it lasts.

    Returns:
        False where the key has just been revoked.
    """
    values = {
        "hash": digest,
        "key": key_id,
        "idle": terms.idle,
        "lifetime": terms.lifetime,
        "limit": terms.limit,
    }
    async with transaction(pool) as conn:
        await _end(conn, replaced)
        begun = await (await conn.execute(_BEGIN, values)).fetchone()
        if begun is None:
            return False
        await conn.execute(_CLEAR, values)
        workspace, scopes = begun
        await _record(conn, workspace, key_id, "login", {"scopes": scopes})
    return True


async def end_login(pool: Pool, digest: bytes) -> None:
    """End a login in all processes at once; one that is over already stays over."""
    async with transaction(pool) as conn:
        await _end(conn, [digest])


async def _end(conn: AsyncConnection[Any], digests: Collection[bytes]) -> None:
    cursor = await conn.execute(_END, (list(digests),))
    for workspace, key_id in await cursor.fetchall():
        await _record(conn, workspace, key_id, "logout", {})


async def _record(
    conn: AsyncConnection[Any], workspace: int, key_id: int, action: str, detail: dict[str, Any]
) -> None:
    await append_async(conn, workspace, f"key:{key_id}", action, f"key:{key_id}", detail)
