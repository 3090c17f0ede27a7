"""API keys as an operator sees them: listed by name and scope, made, revoked by id.

The keys themselves are nowhere; one that is made is returned once. Nothing here commits: the
caller's transaction does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from domain.ids import WorkspaceId
from store.audit import trail
from store.workspaces.bootstrap import insert_api_key

WORKING_LIMIT: Final = 1000
"""Keys of one workspace that work."""
_COLUMNS: Final = "id, name, scopes, created_at, last_used_at, revoked_at"


class ApiKeyError(Exception):
    """What is asked of API keys may not be; the message says why.

    Attributes:
        code: stable word for it.
    """

    code = "conflict"


class LastAdminKeyError(ApiKeyError):
    """Nobody could make keys any more."""

    code = "last_admin_key"


class RevokedOwnerError(ApiKeyError):
    """Who asks was revoked a moment ago, and must leave no successor."""


@dataclass(frozen=True)
class ApiKey:
    """One API key.

    Attributes:
        id: row id, by which it is revoked.
        name: what people call it.
        scopes: what it may do.
        created_at: when it was made.
        last_used_at: when it was last used, to a minute; None where it never was.
        revoked_at: when it stopped to work, None while it works.
    """

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_NAMED: Final = """
    SELECT id FROM workspaces w WHERE name = %s
      AND NOT EXISTS (SELECT FROM workspace_deletions d WHERE d.workspace_id = w.id)
"""


@dataclass(frozen=True)
class Owner:
    """Who acts on the keys and sources of a workspace.

    Attributes:
        workspace: the tenant.
        actor: as the audit log names them.
    """

    workspace: WorkspaceId
    actor: str


def workspace_named(conn: Connection[Any], name: str) -> WorkspaceId | None:
    """The id of a workspace; None where none has that name, or it is being deleted."""
    row = conn.execute(_NAMED, (name,)).fetchone()
    return None if row is None else WorkspaceId(row[0])


def list_api_keys(
    conn: Connection[Any], workspace_id: WorkspaceId, after: int | None = None, limit: int = 10_000
) -> list[ApiKey]:
    """The keys of a workspace, revoked ones too, oldest first.

    Args:
        conn: any.
        workspace_id: tenant.
        after: the last id of the page before, None for the first page.
        limit: keys of the page.
    """
    statement = (
        f"SELECT {_COLUMNS} FROM api_keys WHERE workspace_id = %s AND id > %s ORDER BY id LIMIT %s"
    )
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(statement.encode(), (workspace_id, after or 0, limit)).fetchall()


def find_api_key(conn: Connection[Any], workspace_id: WorkspaceId, key_id: int) -> ApiKey | None:
    """One key of a workspace, None where it has no such key."""
    statement = f"SELECT {_COLUMNS} FROM api_keys WHERE workspace_id = %s AND id = %s"
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(statement.encode(), (workspace_id, key_id)).fetchone()


def add_api_key(
    conn: Connection[Any], owner: Owner, name: str, scopes: Collection[str]
) -> tuple[int, str]:
    """Make an API key, and record who did.

    Args:
        conn: inside the caller's transaction.
        owner: who, and of which workspace.
        name: what people call it.
        scopes: what it may do.

    Returns:
        Its id, and the key.

    Raises:
        ValueError: no scope, or one that does not exist.
        ApiKeyError: the workspace has as many keys as it may.
        RevokedOwnerError: the owner is a key that does not work any more; processes remember keys
            for some seconds.
    """
    working = _locked(conn, owner.workspace)
    kind, _, number = owner.actor.partition(":")
    if kind == "key" and int(number) not in working:
        raise RevokedOwnerError("The API key was revoked: it makes no other keys.")
    if len(working) >= WORKING_LIMIT:
        raise ApiKeyError(f"A workspace has at most {WORKING_LIMIT} keys that work: revoke some.")
    key_id, key = insert_api_key(conn, owner.workspace, name, scopes)
    detail = {"scopes": sorted(set(scopes))}
    trail.append(conn, owner.workspace, owner.actor, "key.create", f"key:{key_id}", detail)
    return key_id, key


def revoke_api_key(conn: Connection[Any], owner: Owner, key_id: int, reason: str = "") -> bool:
    """Stop a key from working, end its logins, and record who did.

    Args:
        conn: inside the caller's transaction.
        owner: who, and of which workspace.
        key_id: of the key.
        reason: why, for the audit log; empty where nobody said.

    Returns:
        False when the workspace has no such key that still works.

    Raises:
        LastAdminKeyError: no other key of the workspace has the scope ``admin``.
    """
    working = _locked(conn, owner.workspace)
    if key_id not in working:
        return False
    admins = {each for each, scopes in working.items() if "admin" in scopes}
    if admins == {key_id}:
        raise LastAdminKeyError("It is the workspace's last key with the scope admin.")
    conn.execute("UPDATE api_keys SET revoked_at = now() WHERE id = %s", (key_id,))
    conn.execute("DELETE FROM logins WHERE key_id = %s", (key_id,))
    detail = trail.reason_detail(reason)
    trail.append(conn, owner.workspace, owner.actor, "key.revoke", f"key:{key_id}", detail)
    return True


def _locked(conn: Connection[Any], workspace_id: WorkspaceId) -> dict[int, list[str]]:
    """Scopes of the keys that work, by id; only this transaction changes keys until it ends."""
    lock = "SELECT 1 FROM workspaces WHERE id = %s FOR NO KEY UPDATE"
    conn.execute(lock, (workspace_id,))
    statement = "SELECT id, scopes FROM api_keys WHERE workspace_id = %s AND revoked_at IS NULL"
    return dict(conn.execute(statement, (workspace_id,)).fetchall())
