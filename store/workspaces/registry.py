"""Finds sources and API keys by the digest of a key, which is not stored, and their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.ids import SourceId, WorkspaceId
from store.fetch import Pool, fetch, fetch_one
from store.workspaces.usage import NOTED_EVERY, note_key


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


_SOURCE: Final = """
    SELECT sources.id, workspace_id, name FROM write_keys JOIN sources ON sources.id = source_id
    WHERE key_hash = %(hash)s AND revoked_at IS NULL
"""
_KEY: Final = """
    SELECT api_keys.id, workspace_id, salt, scopes,
        coalesce(last_used_at, '-infinity') < now() - %(rest)s::interval
    FROM api_keys JOIN workspaces ON workspaces.id = workspace_id
    WHERE key_hash = %(hash)s AND revoked_at IS NULL
"""

_NAMES: Final = """
    SELECT id, name FROM api_keys WHERE workspace_id = %(workspace)s AND id = ANY(%(ids)s)
"""
_WORKSPACE: Final = "SELECT id, name, time_zone FROM workspaces WHERE id = %(workspace)s"


@dataclass(frozen=True)
class WorkspaceRow:
    """A tenant.

    Attributes:
        name: unique.
        time_zone: IANA name; calendar days are counted in it.
    """

    id: int
    name: str
    time_zone: str


async def workspace_row(pool: Pool, workspace: int) -> WorkspaceRow | None:
    """Read a workspace, None where there is no such one."""
    return await fetch_one(pool, WorkspaceRow, _WORKSPACE, {"workspace": workspace})


async def key_names(pool: Pool, workspace: int, ids: Sequence[int]) -> dict[int, str]:
    """Names of API keys by id, of revoked ones too; other workspaces' are left out.

    Args:
        pool: open pool.
        workspace: tenant.
        ids: row ids.
    """
    rows = await fetch(pool, _named, _NAMES, {"workspace": workspace, "ids": list(ids)})
    return dict(rows)


def _named(key_id: int, name: str) -> tuple[int, str]:
    return key_id, name


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
    """Find a live API key by its digest, and note now and then that it is used.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached.
    """
    found = await fetch_one(pool, known_key, _KEY, {"hash": digest, "rest": NOTED_EVERY})
    if found is None:
        return None
    known, due = found
    if due:
        await note_key(pool, known.id)
    return known


def known_key(
    key_id: int, workspace: int, salt: bytes, scopes: list[str], due: bool
) -> tuple[KnownKey, bool]:
    """A row as a key, and whether its use is to be noted."""
    return KnownKey(key_id, WorkspaceId(workspace), bytes(salt), frozenset(scopes)), due
