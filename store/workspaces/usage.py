"""Notes when API keys and logins were used last: to a minute, so that reads do not write.

A note never waits for a lock and never fails a request: who is busy or read-only notes nothing.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, LiteralString

import psycopg

from store.fetch import Pool

NOTED_EVERY: Final = timedelta(minutes=1)
"""How old the note of a key's use may be."""

_KEY: Final = """
    UPDATE api_keys SET last_used_at = now() WHERE id = (
        SELECT id FROM api_keys WHERE id = %(key)s
            AND (last_used_at IS NULL OR last_used_at < now() - %(rest)s::interval)
        FOR NO KEY UPDATE SKIP LOCKED)
"""
_LOGIN: Final = """
    UPDATE logins SET last_used_at = now() WHERE token_hash = (
        SELECT token_hash FROM logins WHERE token_hash = %(hash)s
            AND last_used_at < now() - %(rest)s::interval
        FOR NO KEY UPDATE SKIP LOCKED)
"""


def login_noted_every(idle: timedelta) -> timedelta:
    """How old the note of a login's use may be: less than a minute where logins rest for minutes.

    Args:
        idle: rest that ends a login.
    """
    return min(NOTED_EVERY, idle / 4)


async def note_key(pool: Pool, key_id: int) -> None:
    """Note that an API key is used, unless that was noted within the last minute."""
    await _note(pool, _KEY, {"key": key_id, "rest": NOTED_EVERY})


async def note_login(pool: Pool, digest: bytes, key_id: int, rest: timedelta) -> None:
    """Note that a login is used, and its key.

    Args:
        pool: open pool.
        digest: of the login's token.
        key_id: of its key.
        rest: how old the note of a login may be.
    """
    await _note(pool, _LOGIN, {"hash": digest, "rest": rest})
    await note_key(pool, key_id)


async def _note(pool: Pool, statement: LiteralString, values: dict[str, Any]) -> None:
    with suppress(psycopg.Error):
        async with pool.connection() as conn:
            await conn.execute(statement, values)
