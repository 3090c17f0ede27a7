"""Sources as an operator sees them: with their write keys, and whether events come.

Write keys themselves are nowhere; one that is made is returned once. Nothing here commits: the
caller's transaction does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from domain.ids import SourceId, WorkspaceId
from store.audit import trail
from store.workspaces.bootstrap import create_source, create_write_key
from store.workspaces.keys import Owner

SOURCES_LIMIT: Final = 1000
"""Sources of one workspace."""
KEYS_LIMIT: Final = 20
"""Write keys of one source that work."""
_SHOWN: Final = 50
"""Write keys of one source that are listed: those that work, then the newest that do not."""

_SOURCES: Final = """
    SELECT s.id, s.name, s.topic,
        (SELECT greatest(minute_at, least(updated_at, minute_at + interval '1 minute'))
         FROM observations
         WHERE workspace_id = s.workspace_id AND signal = 'source:' || s.id AND metric = 'accepted'
         ORDER BY minute_at DESC LIMIT 1),
        (SELECT coalesce(sum(value), 0)::bigint FROM observations
         WHERE workspace_id = s.workspace_id AND signal = 'source:' || s.id AND metric = 'accepted'
             AND minute_at >= now() - interval '24 hours'),
        ARRAY(SELECT id FROM write_keys WHERE source_id = s.id
              ORDER BY revoked_at IS NOT NULL, id DESC LIMIT %(shown)s)
    FROM sources s
    WHERE workspace_id = %(workspace)s AND (%(id)s::bigint IS NULL OR id = %(id)s)
        AND id > %(after)s
    ORDER BY id LIMIT %(limit)s
"""
_KEY_COLUMNS: Final = "id, created_at, revoked_at"


class SourceError(Exception):
    """What is asked of sources may not be; the message says why."""


@dataclass(frozen=True)
class WriteKey:
    """One write key.

    Attributes:
        id: row id, by which it is revoked.
        created_at: when it was made.
        revoked_at: when it stopped to work, None while it works.
    """

    id: int
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class SourceRow:
    """One source.

    Attributes:
        id: row id.
        name: unique in the workspace.
        topic: Kafka topic whose bare records belong to it.
        last_accepted_at: when an event of it was stored last, to a minute; None where none was.
        events_24h: events stored within the last 24 hours, by arrival.
        keys: those that work, then the newest that do not.
    """

    id: int
    name: str
    topic: str | None
    last_accepted_at: datetime | None
    events_24h: int
    keys: list[WriteKey]


def list_sources(
    conn: Connection[Any], workspace_id: WorkspaceId, after: int | None, limit: int
) -> list[SourceRow]:
    """A page of a workspace's sources, oldest first.

    Args:
        conn: any.
        workspace_id: tenant.
        after: the last id of the page before, None for the first page.
        limit: sources of the page.
    """
    values = {"workspace": workspace_id, "id": None, "after": after or 0, "limit": limit}
    return _sources(conn, values)


def find_source(
    conn: Connection[Any], workspace_id: WorkspaceId, source_id: int
) -> SourceRow | None:
    """One source, None where the workspace has no such source."""
    values = {"workspace": workspace_id, "id": source_id, "after": 0, "limit": 1}
    found = _sources(conn, values)
    return found[0] if found else None


def add_source(
    conn: Connection[Any], owner: Owner, name: str, default_region: str
) -> tuple[SourceId, str]:
    """Make a source with its first write key, and record who did.

    Args:
        conn: inside the caller's transaction.
        owner: who, and of which workspace.
        name: unique in the workspace.
        default_region: see `store.workspaces.bootstrap.create_source`.

    Returns:
        Its id, and the write key.

    Raises:
        SourceError: the workspace has as many sources as it may.
        psycopg.errors.UniqueViolation: the name is taken.
    """
    statement = "SELECT count(*) FROM sources WHERE workspace_id = %s"
    row = conn.execute(statement, (owner.workspace,)).fetchone()
    if row is not None and row[0] >= SOURCES_LIMIT:
        raise SourceError(f"A workspace has at most {SOURCES_LIMIT} sources.")
    source_id, key = create_source(conn, owner.workspace, name, default_region)
    detail = {"default_region": default_region}
    trail.append(conn, owner.workspace, owner.actor, "source.create", f"source:{source_id}", detail)
    return source_id, key


def add_write_key(conn: Connection[Any], owner: Owner, source_id: int) -> tuple[int, str] | None:
    """Make one more write key of a source, and record who did.

    Args:
        conn: inside the caller's transaction.
        owner: who, and of which workspace.
        source_id: of the source.

    Returns:
        Its id, and the key; None where the workspace has no such source.

    Raises:
        SourceError: the source has as many keys as it may.
    """
    if not _locked(conn, owner, source_id):
        return None
    statement = "SELECT count(*) FROM write_keys WHERE source_id = %s AND revoked_at IS NULL"
    row = conn.execute(statement, (source_id,)).fetchone()
    if row is not None and row[0] >= KEYS_LIMIT:
        raise SourceError(f"A source has at most {KEYS_LIMIT} keys that work: revoke some.")
    key_id, key = create_write_key(conn, SourceId(source_id))
    _record(conn, owner, "write_key.create", source_id, key_id)
    return key_id, key


def revoke_write_key(
    conn: Connection[Any], owner: Owner, source_id: int, key_id: int, reason: str = ""
) -> WriteKey | None:
    """Stop a write key from working, and record who did; one that has stopped stays as it is.

    Args:
        conn: inside the caller's transaction.
        owner: who, and of which workspace.
        source_id: of the source.
        key_id: of the key.
        reason: why, for the audit log; empty where nobody said.

    Returns:
        The key; None where the workspace has no such source, or the source no such key.
    """
    if not _locked(conn, owner, source_id):
        return None
    statement = (
        "UPDATE write_keys SET revoked_at = now() WHERE source_id = %s AND id = %s AND revoked_at"
        " IS NULL"
    )
    if conn.execute(statement, (source_id, key_id)).rowcount == 1:
        _record(conn, owner, "write_key.revoke", source_id, key_id, reason)
    return find_write_key(conn, source_id, key_id)


def find_write_key(conn: Connection[Any], source_id: int, key_id: int) -> WriteKey | None:
    """One write key of a source that the caller has checked, None where it has no such key."""
    statement = f"SELECT {_KEY_COLUMNS} FROM write_keys WHERE source_id = %s AND id = %s"
    with conn.cursor(row_factory=class_row(WriteKey)) as cursor:
        return cursor.execute(statement.encode(), (source_id, key_id)).fetchone()


def _locked(conn: Connection[Any], owner: Owner, source_id: int) -> bool:
    """Whether the workspace has a source; its keys change in one transaction at a time."""
    statement = "SELECT 1 FROM sources WHERE workspace_id = %s AND id = %s FOR NO KEY UPDATE"
    return conn.execute(statement, (owner.workspace, source_id)).fetchone() is not None


def _record(
    conn: Connection[Any],
    owner: Owner,
    action: str,
    source_id: int,
    key_id: int,
    reason: str = "",
) -> None:
    subject, detail = f"source:{source_id}", {"write_key": key_id, **trail.reason_detail(reason)}
    trail.append(conn, owner.workspace, owner.actor, action, subject, detail)


def _sources(conn: Connection[Any], values: dict[str, Any]) -> list[SourceRow]:
    found = conn.execute(_SOURCES, values | {"shown": _SHOWN}).fetchall()
    statement = f"SELECT {_KEY_COLUMNS} FROM write_keys WHERE id = ANY(%s)"
    listed = [each for row in found for each in row[-1]]
    with conn.cursor(row_factory=class_row(WriteKey)) as cursor:
        known = {key.id: key for key in cursor.execute(statement.encode(), (listed,))}
    return [
        SourceRow(number, name, topic, last_accepted_at, events, [known[each] for each in keys])
        for number, name, topic, last_accepted_at, events, keys in found
    ]
