"""API keys as an operator sees them: listed by name and scope, revoked by id.

The keys themselves are nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from domain.ids import WorkspaceId


@dataclass(frozen=True)
class ApiKey:
    """One API key.

    Attributes:
        id: row id, by which it is revoked.
        name: what people call it.
        scopes: what it may do.
        created_at: when it was made.
        revoked_at: when it stopped to work, None while it works.
    """

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None


def workspace_named(conn: Connection[Any], name: str) -> WorkspaceId | None:
    """The id of a workspace, None when there is none of that name."""
    row = conn.execute("SELECT id FROM workspaces WHERE name = %s", (name,)).fetchone()
    return None if row is None else WorkspaceId(row[0])


def list_api_keys(conn: Connection[Any], workspace_id: WorkspaceId) -> list[ApiKey]:
    """Every key of a workspace, revoked ones too, oldest first."""
    statement = (
        "SELECT id, name, scopes, created_at, revoked_at FROM api_keys WHERE workspace_id = %s"
        " ORDER BY id"
    )
    with conn.cursor(row_factory=class_row(ApiKey)) as cursor:
        return cursor.execute(statement, (workspace_id,)).fetchall()


def revoke_api_key(conn: Connection[Any], workspace_id: WorkspaceId, key_id: int) -> bool:
    """Stop a key from working.

    Returns:
        False when the workspace has no such key that still works.
    """
    statement = (
        "UPDATE api_keys SET revoked_at = now() WHERE workspace_id = %s AND id = %s AND revoked_at"
        " IS NULL"
    )
    return conn.execute(statement, (workspace_id, key_id)).rowcount == 1
