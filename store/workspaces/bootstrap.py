"""Creates workspaces with their salt and built-in segment, sources, write keys and API keys.

Keys have 256 random bits and are returned once; the database holds their SHA-256. Nothing here
commits: the caller's transaction does.
"""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from psycopg import Connection

from domain.ids import SourceId, WorkspaceId
from domain.segments.definition import ADVERTISING, CONSENTED_CUSTOMERS
from store import locks
from store.definitions.drafts import Author, Draft
from store.definitions.publish import publish_segment
from store.definitions.versions import create

SALT_BYTES: Final = 32
KEY_BYTES: Final = 32
SCOPES: Final = ("read", "write", "gate", "admin")
BUILT_IN: Final = "consented_customers"
"""Name of the segment that every workspace starts with."""
ACTOR: Final = "stratum"
"""Author of what is built in."""


@dataclass(frozen=True)
class Workspace:
    """One tenant.

    Attributes:
        id: row id.
        name: unique.
        salt: 32 bytes, key of its digests (`domain.keys`); never changes.
    """

    id: WorkspaceId
    name: str
    salt: bytes


@dataclass(frozen=True)
class FirstKeys:
    """What the first start made; the keys are never shown again.

    Attributes:
        workspace: the tenant.
        source_id: its first source.
        write_key: of that source.
        api_key: with every scope.
    """

    workspace: Workspace
    source_id: SourceId
    write_key: str
    api_key: str


def key_hash(key: str) -> bytes:
    """The 32 bytes under which a write key or API key is stored."""
    return hashlib.sha256(key.encode()).digest()


def create_workspace(
    conn: Connection[Any], name: str, time_zone: str = "UTC", salt: bytes = b""
) -> Workspace:
    """Make a workspace with its salt and its built-in segment, live.

    Args:
        conn: inside the caller's transaction.
        name: unique.
        time_zone: IANA name; calendar days are counted in it.
        salt: 32 bytes; empty: random ones.

    Raises:
        ValueError: there is no such time zone.
        psycopg.errors.UniqueViolation: the name is taken.
    """
    try:
        ZoneInfo(time_zone)
    except (KeyError, ValueError) as error:
        raise ValueError("a time zone is an IANA name, like Europe/Berlin") from error
    salt = salt or secrets.token_bytes(SALT_BYTES)
    statement = "INSERT INTO workspaces (name, salt, time_zone) VALUES (%s, %s, %s) RETURNING id"
    workspace_id = _inserted(conn, statement, name, salt, time_zone)
    author = Author(workspace_id, ACTOR)
    description = "Customers at present who consented to advertising."
    draft = Draft(CONSENTED_CUSTOMERS, ADVERTISING, BUILT_IN, description)
    publish_segment(conn, author, create(conn, author, "segment", draft))
    return Workspace(WorkspaceId(workspace_id), name, salt)


def create_source(
    conn: Connection[Any], workspace_id: WorkspaceId, name: str, default_region: str = ""
) -> tuple[SourceId, str]:
    """Make a source of events.

    Args:
        conn: inside the caller's transaction.
        workspace_id: its tenant.
        name: unique in the workspace.
        default_region: ISO 3166 region of phone numbers without a country code; empty: such numbers
            are not understood.

    Returns:
        Its id and its write key.

    Raises:
        psycopg.errors.UniqueViolation: the name is taken.
    """
    statement = (
        "INSERT INTO sources (workspace_id, name, default_region) VALUES (%s, %s, %s) RETURNING id"
    )
    source_id = SourceId(_inserted(conn, statement, workspace_id, name, default_region))
    return source_id, create_write_key(conn, source_id)[1]


def create_write_key(conn: Connection[Any], source_id: SourceId) -> tuple[int, str]:
    """Make one more write key of a source.

    Args:
        conn: inside the caller's transaction.
        source_id: of the source.

    Returns:
        Its id and the key.
    """
    key = secrets.token_urlsafe(KEY_BYTES)
    statement = "INSERT INTO write_keys (source_id, key_hash) VALUES (%s, %s) RETURNING id"
    return _inserted(conn, statement, source_id, key_hash(key)), key


def create_api_key(
    conn: Connection[Any], workspace_id: WorkspaceId, name: str, scopes: Collection[str]
) -> str:
    """Make an API key.

    Args:
        conn: inside the caller's transaction.
        workspace_id: the only tenant it opens.
        name: what people call it.
        scopes: some of ``read``, ``write``, ``gate``, ``admin``.

    Returns:
        The key.

    Raises:
        ValueError: no scope, or one that does not exist.
    """
    return insert_api_key(conn, workspace_id, name, scopes)[1]


def insert_api_key(
    conn: Connection[Any], workspace_id: WorkspaceId, name: str, scopes: Collection[str]
) -> tuple[int, str]:
    """Like `create_api_key`.

    Args:
        conn: inside the caller's transaction.
        workspace_id: the only tenant it opens.
        name: what people call it.
        scopes: what it may do.

    Returns:
        Its id and the key.

    Raises:
        ValueError: no scope, or one that does not exist.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise ValueError(
            f"scopes are some of {', '.join(SCOPES)}, not {', '.join(unknown) or 'none'}"
        )
    key = secrets.token_urlsafe(KEY_BYTES)
    statement = (
        "INSERT INTO api_keys (workspace_id, name, key_hash, scopes) VALUES (%s, %s, %s, %s)"
        " RETURNING id"
    )
    values = (workspace_id, name, key_hash(key), sorted(set(scopes)))
    return _inserted(conn, statement, *values), key


def bootstrap(
    conn: Connection[Any], workspace_name: str = "default", source_name: str = "web"
) -> FirstKeys | None:
    """Make the first workspace with a source and an API key, unless there is a workspace already.

    Returns:
        The keys, to be shown once; None when nothing was made.
    """
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (locks.FIRST_WORKSPACE,))
    if conn.execute("SELECT 1 FROM workspaces LIMIT 1").fetchone() is not None:
        return None
    workspace = create_workspace(conn, workspace_name)
    source_id, write_key = create_source(conn, workspace.id, source_name)
    return FirstKeys(
        workspace, source_id, write_key, create_api_key(conn, workspace.id, "first", SCOPES)
    )


def _inserted(conn: Connection[Any], statement: str, *values: object) -> int:
    row = conn.execute(statement.encode(), values).fetchone()
    return int(row[0])  # type: ignore[index]  # RETURNING gives a row or an error
