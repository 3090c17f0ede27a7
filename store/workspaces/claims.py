"""Whether those who were let in once may still be: for answers that outlast the check of a key.

One statement tells of all who listen, whatever a process remembers of keys.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from store.fetch import Pool, fetch
from store.workspaces.usage import NOTED_EVERY, login_noted_every, note_key, note_login


@dataclass(frozen=True)
class Claim:
    """What somebody was let in by.

    Attributes:
        key_id: of the API key.
        login: digest of the login's token; None where the key itself was shown.
    """

    key_id: int
    login: bytes | None = field(default=None, repr=False)


_HOLD: Final = """
    SELECT id, NULL::bytea, coalesce(last_used_at, '-infinity') < now() - %(key_rest)s::interval
    FROM api_keys
    WHERE id = ANY(%(keys)s) AND workspace_id = %(workspace)s AND revoked_at IS NULL
        AND %(scope)s = ANY(scopes)
    UNION ALL
    SELECT k.id, token_hash,
        least(l.last_used_at, coalesce(k.last_used_at, '-infinity'))
            < now() - %(login_rest)s::interval
    FROM logins l JOIN api_keys k ON k.id = key_id
    WHERE token_hash = ANY(%(logins)s) AND workspace_id = %(workspace)s AND revoked_at IS NULL
        AND %(scope)s = ANY(scopes)
        AND expires_at > now() AND l.last_used_at > now() - %(idle)s::interval
"""


async def holding(
    pool: Pool, workspace: int, scope: str, idle: timedelta, claims: Collection[Claim]
) -> set[Claim]:
    """Find the claims that still hold, and note now and then that they are used.

    Args:
        pool: open pool.
        workspace: tenant.
        scope: that the key must have.
        idle: rest that ends a login.
        claims: of that tenant.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached.
    """
    login_rest = login_noted_every(idle)
    values = {
        "keys": [claim.key_id for claim in claims if claim.login is None],
        "logins": [claim.login for claim in claims if claim.login is not None],
        "workspace": workspace,
        "scope": scope,
        "idle": idle,
        "key_rest": NOTED_EVERY,
        "login_rest": login_rest,
    }
    found = await fetch(pool, _claim, _HOLD, values)
    for claim, due in found:
        if due and claim.login is None:
            await note_key(pool, claim.key_id)
        elif due and claim.login is not None:
            await note_login(pool, claim.login, claim.key_id, login_rest)
    return {claim for claim, _ in found}


def _claim(key_id: int, login: bytes | None, due: bool) -> tuple[Claim, bool]:
    return Claim(key_id, None if login is None else bytes(login)), due
