"""Finds sources by the digest of a write key and API keys by theirs; keys are not stored."""

from dataclasses import dataclass
from typing import Final

from domain.ids import SourceId, WorkspaceId
from store.fetch import Pool, fetch_one


@dataclass(frozen=True)
class KnownSource:
    """A source that may send events.

    Attributes:
        id: row id, part of every record of the log.
        workspace: tenant.
        name: what people call it.
    """

    id: SourceId
    workspace: WorkspaceId
    name: str


@dataclass(frozen=True)
class KnownKey:
    """An API key that has not been revoked.

    Attributes:
        id: row id; what the audit log calls the caller.
        workspace: the only tenant that it opens.
        salt: that tenant's key of digests (`domain.keys`).
        scopes: some of ``read``, ``write``, ``gate``, ``admin``.
    """

    id: int
    workspace: WorkspaceId
    salt: bytes
    scopes: frozenset[str]


_SOURCE: Final = "SELECT id, workspace_id, name FROM sources WHERE write_key_hash = %(hash)s"
_KEY: Final = """
    SELECT api_keys.id, workspace_id, salt, scopes
    FROM api_keys JOIN workspaces ON workspaces.id = workspace_id
    WHERE key_hash = %(hash)s AND revoked_at IS NULL
"""


async def source_by_write_key(pool: Pool, digest: bytes) -> KnownSource | None:
    """Find the source that a write key belongs to.

    Args:
        pool: open pool.
        digest: `store.workspaces.bootstrap.key_hash` of the write key.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached.
    """
    return await fetch_one(pool, KnownSource, _SOURCE, {"hash": digest})


async def api_key(pool: Pool, digest: bytes) -> KnownKey | None:
    """Find a live API key by its digest.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached.
    """
    return await fetch_one(pool, _known_key, _KEY, {"hash": digest})


def _known_key(key_id: int, workspace: int, salt: bytes, scopes: list[str]) -> KnownKey:
    return KnownKey(key_id, WorkspaceId(workspace), bytes(salt), frozenset(scopes))
