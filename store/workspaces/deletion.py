"""Deletes a workspace whole, a bounded part at a time.

    request ──▶ its audiences leave the platforms ──▶ every table is emptied of it, in ranges of
    blocks, children first ──▶ nothing is found any more ──▶ complete

From the request on its keys open nothing, and the engine drops what its sources send. Its audit log
stays, and so does the row of ``workspace_deletions``: records may come again from the event log.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.activation.states import AudienceStatus
from domain.ids import WorkspaceId
from store import locks
from store.audit import trail
from store.definitions.effects import next_revision

ACTOR: Final = "upkeep"
_OWN: Final = "x.workspace_id = %(workspace)s"


_HEAD: Final = "encode(substring(x.payload FOR 100), 'escape')"
"""The beginning of a record."""


class Table(NamedTuple):
    """A table with rows of workspaces.

    Attributes:
        name: of the table.
        owned: SQL, which rows ``x`` are those of workspace ``%(workspace)s``.
        cached: the column whose keys are remembered in the profile cache; empty where none is.
    """

    name: str
    owned: str = _OWN
    cached: str = ""


def _of(parent: str, column: str, key: str = "id") -> str:
    """Rows whose parent's row is the workspace's."""
    return f"x.{column} IN (SELECT {key} FROM {parent} p WHERE p.workspace_id = %(workspace)s)"


WORKSPACES: Final = Table("workspaces", "x.id = %(workspace)s")
TABLES: Final = (
    Table("access_links", _of("privacy_requests", "request")),
    Table("access_archives"),
    Table("opendsr_callbacks"),
    Table("opendsr_parts"),
    Table("opendsr_requests"),
    Table("privacy_requests"),
    Table("erasure_recipients", _of("erasures", "command", "command")),
    Table("erasure_progress", _of("erasures", "command", "command")),
    Table("erasures"),
    Table("erased_identifiers"),
    Table("erased_messages"),
    Table("erasure_marks"),
    Table("retention_runs"),
    Table("retention_policies"),
    Table("exports"),
    Table("audience_members", _of("audiences", "audience_id")),
    Table("push_requests", _of("pushes", "push_id")),
    Table("pushes"),
    Table("gate_releases"),
    Table("gate_overrides"),
    Table("gate_modes"),
    Table("gate_states"),
    Table("decisions"),
    Table("audiences"),
    Table("platform_connections"),
    Table("alert_notices", _of("alerts", "alert_id")),
    Table("alerts"),
    Table("alert_states"),
    Table("anomalies"),
    Table("signal_memory"),
    Table("reading_hours"),
    Table("readings"),
    Table("observations"),
    Table("memberships"),
    Table("resting_people"),
    Table("changes"),
    Table("merges"),
    Table("links"),
    Table("identifiers", cached="key"),
    Table("events"),
    Table("profiles", cached="id"),
    Table("dead_letters", f"({_OWN} OR x.workspace_id IS NULL AND {_HEAD} ~ %(sent)s)"),
    Table("sweeps"),
    Table("definition_versions"),
    Table("rfm"),
    Table("aggregates"),
    Table("traits"),
    Table("segments"),
    Table("logins", _of("api_keys", "key_id")),
    Table("api_keys"),
    Table("write_keys", _of("sources", "source_id")),
    Table("sources"),
    WORKSPACES,
)
"""Every table with rows of workspaces, children before parents; but the audit log."""

_REQUEST: Final = """
    INSERT INTO workspace_deletions
        (workspace_id, name, sources, topics, requested_by, reason)
    SELECT w.id, w.name, '{}', '{}', %(actor)s, %(reason)s
    FROM workspaces w WHERE w.id = %(workspace)s
    ON CONFLICT DO NOTHING RETURNING workspace_id
"""
_CLOSE: Final = """
    WITH had AS (
        SELECT array_agg(id) AS ids, array_agg(topic) FILTER (WHERE topic IS NOT NULL) AS topics
        FROM sources WHERE workspace_id = %(workspace)s),
    known AS (
        UPDATE workspace_deletions d
        SET sources = ARRAY(SELECT DISTINCT unnest(d.sources || had.ids) ORDER BY 1),
            topics = ARRAY(SELECT DISTINCT unnest(d.topics || had.topics) ORDER BY 1)
        FROM had WHERE d.workspace_id = %(workspace)s
          AND NOT (d.sources @> coalesce(had.ids, '{}')
              AND d.topics @> coalesce(had.topics, '{}'))),
    api AS (
        UPDATE api_keys SET revoked_at = now()
        WHERE workspace_id = %(workspace)s AND revoked_at IS NULL),
    write AS (
        UPDATE write_keys k SET revoked_at = now() FROM sources s
        WHERE s.id = k.source_id AND s.workspace_id = %(workspace)s AND k.revoked_at IS NULL)
    DELETE FROM logins l USING api_keys k
    WHERE k.id = l.key_id AND k.workspace_id = %(workspace)s
"""
_SELECT: Final = """
    SELECT workspace_id AS workspace, name, sources, requested_by, reason, requested_at,
        requested_at < clock_timestamp() - %(settle)s::interval AS is_settled, given_up,
        platforms_at, unconfirmed, removed, completed_at
    FROM workspace_deletions
"""
_ORDER: Final = " ORDER BY requested_at, workspace_id"
_HELD: Final = """
    SELECT (SELECT count(*) FROM profiles WHERE workspace_id = %(workspace)s),
        (SELECT count(*) FROM events WHERE workspace_id = %(workspace)s),
        (SELECT count(*) FROM dead_letters WHERE workspace_id = %(workspace)s)
"""
_LISTED: Final = f"""
    SELECT platform, count(*) FROM audiences
    WHERE workspace_id = %s AND status <> '{AudienceStatus.DELETED}' GROUP BY 1 ORDER BY 1
"""
_GIVE_UP: Final = f"""
    UPDATE workspace_deletions d SET given_up = given_up || %(platform)s::text
    FROM (SELECT count(*) AS audiences FROM audiences WHERE workspace_id = %(workspace)s
        AND platform = %(platform)s AND status <> '{AudienceStatus.DELETED}') left_there
    WHERE workspace_id = %(workspace)s AND audiences > 0 AND platforms_at IS NULL
      AND %(platform)s <> ALL(given_up)
    RETURNING audiences
"""
_PATIENCE: Final = "SET LOCAL lock_timeout = '10s'"
_ADDED: Final = """
    UPDATE workspace_deletions SET removed = removed || jsonb_build_object(
        %(table)s::text, coalesce((removed->>%(table)s)::bigint, 0) + %(rows)s)
    WHERE workspace_id = %(workspace)s
"""
_PLATFORMS: Final = """
    UPDATE workspace_deletions SET platforms_at = clock_timestamp(), unconfirmed = %s
    WHERE workspace_id = %s AND platforms_at IS NULL
"""
_COMPLETE: Final = """
    UPDATE workspace_deletions SET completed_at = clock_timestamp()
    WHERE workspace_id = %s AND completed_at IS NULL RETURNING removed
"""
_BLOCKS: Final = "SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::bigint"


class Held(NamedTuple):
    """What a workspace has: rows of people, events and dead letters."""

    people: int
    events: int
    dead_letters: int


@dataclass(frozen=True)
class Deletion:
    """A workspace that is deleted, or on its way.

    Attributes:
        workspace: its id.
        name: as it was.
        sources: ids of every source that it ever had.
        requested_by: as the audit log names them.
        is_settled: the request is so long ago that no process takes it for one that lives.
        given_up: platforms that are not waited for.
        platforms_at: its audiences are gone from the platforms, or were given up.
        unconfirmed: platform → audiences that were given up.
        removed: table → rows removed so far.
        completed_at: nothing of it was found any more.
    """

    workspace: WorkspaceId
    name: str
    sources: list[int]
    requested_by: str
    reason: str
    requested_at: datetime
    is_settled: bool
    given_up: list[str]
    platforms_at: datetime | None
    unconfirmed: dict[str, int]
    removed: dict[str, int]
    completed_at: datetime | None


def request(conn: Connection[Any], workspace: WorkspaceId, actor: str, reason: str) -> None:
    """Close a workspace, and ask for it to be deleted whole. It cannot be taken back.

    Args:
        conn: inside the caller's transaction.
        workspace: which.
        actor: for the audit log.
        reason: why.

    Raises:
        LookupError: there is no such workspace, or it is being deleted already.
        psycopg.errors.LockNotAvailable: somebody else holds its keys for longer than `_PATIENCE`.
    """
    params = {"workspace": workspace, "actor": actor, "reason": reason}
    conn.execute(_PATIENCE)
    if conn.execute(_REQUEST, params).fetchone() is None:
        raise LookupError("there is no such workspace, or it is being deleted already")
    close(conn, workspace)
    # No commit that was decided before holds after: the engine knows it by then, or decides again.
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (locks.DEFINITIONS,))
    next_revision(conn)
    trail.append(
        conn, workspace, actor, "workspace.delete", _subject(workspace), trail.reason_detail(reason)
    )


def give_up(
    conn: Connection[Any], workspace: WorkspaceId, platform: str, actor: str, reason: str
) -> bool:
    """Wait no longer for a platform that does not confirm; inside the caller's transaction.

    Returns:
        False where the workspace has nothing there that is waited for.
    """
    row = conn.execute(_GIVE_UP, {"workspace": workspace, "platform": platform}).fetchone()
    if row is None:
        return False
    detail = {"platform": platform, "audiences": row[0]} | trail.reason_detail(reason)
    trail.append(conn, workspace, actor, "workspace.give_up", _subject(workspace), detail)
    return True


def closed(conn: Connection[Any]) -> set[int]:
    """The workspaces that are deleted, or on their way: nobody works for them any more."""
    return {number for (number,) in conn.execute("SELECT workspace_id FROM workspace_deletions")}


def close(conn: Connection[Any], workspace: WorkspaceId) -> None:
    """End the keys and logins of a workspace that is being deleted, and know all its sources.

    Processes remember keys for some seconds, in which others can be made.
    """
    conn.execute(_CLOSE, {"workspace": workspace})


def open_deletions(conn: Connection[Any], settle: timedelta) -> list[Deletion]:
    """Those that are not completed, in the order in which they were asked for.

    Args:
        conn: any.
        settle: after the request, by the server's clock, until `Deletion.is_settled`.
    """
    return _found(conn, _SELECT + " WHERE completed_at IS NULL" + _ORDER, settle)


def all_deletions(conn: Connection[Any]) -> list[Deletion]:
    """Every one, in the order in which they were asked for."""
    return _found(conn, _SELECT + _ORDER, timedelta())


def _found(conn: Connection[Any], statement: str, settle: timedelta) -> list[Deletion]:
    with conn.cursor(row_factory=class_row(Deletion)) as cursor:
        return cursor.execute(statement.encode(), {"settle": settle}).fetchall()


def held(conn: Connection[Any], workspace: WorkspaceId) -> Held:
    """Count what a workspace has; a look at every row of it."""
    return Held(*conn.execute(_HELD, {"workspace": workspace}).fetchone() or (0, 0, 0))


def on_platforms(conn: Connection[Any], workspace: WorkspaceId) -> dict[str, int]:
    """Platform → audiences that it has not confirmed to be deleted."""
    return dict(conn.execute(_LISTED, (workspace,)).fetchall())


def note_platforms(conn: Connection[Any], workspace: WorkspaceId, left: dict[str, int]) -> None:
    """Note that platforms are done with, and which audiences were given up."""
    conn.execute(_PLATFORMS, (Jsonb(left), workspace))


def blocks(conn: Connection[Any], table: Table) -> int:
    """How many blocks a table has now."""
    row = conn.execute(_BLOCKS, (table.name,)).fetchone()
    return int(row[0]) if row else 0


def remove(
    conn: Connection[Any], asked: Deletion, table: Table, first: int, after: int
) -> tuple[int, list[UUID]]:
    """Remove a workspace's rows from some blocks of a table, and count them on record.

    Args:
        conn: in autocommit mode; both are one transaction.
        asked: the deletion of the workspace whose rows they are.
        table: one of `TABLES`.
        first: block.
        after: the block after the last one.

    Returns:
        How many rows went, and the keys of the profile cache that were theirs.

    Raises:
        psycopg.errors.ForeignKeyViolation: rows of another table still need them.
        psycopg.OperationalError: the server does not answer.
    """
    returning = f" RETURNING x.{table.cached}" if table.cached else ""
    statement = (
        f"DELETE FROM {table.name} x WHERE x.ctid >= '({first},0)'::tid"
        f" AND x.ctid < '({after},0)'::tid AND {table.owned}{returning}"
    )
    with conn.transaction():
        cursor = conn.execute(
            statement.encode(), {"workspace": asked.workspace, "sent": _sent_by(asked.sources)}
        )
        count = cursor.rowcount
        keys = [row[0] for row in cursor] if table.cached else []
        if count:
            counted = {"table": table.name, "rows": count, "workspace": asked.workspace}
            conn.execute(_ADDED, counted)
    return count, keys


def complete(conn: Connection[Any], workspace: WorkspaceId) -> bool:
    """Note, and audit, that nothing of a workspace is left; False where it was noted already."""
    with conn.transaction():
        row = conn.execute(_COMPLETE, (workspace,)).fetchone()
        if row is None:
            return False
        detail = {"removed": row[0]}
        trail.append(conn, workspace, ACTOR, "workspace.deleted", _subject(workspace), detail)
    return True


def _subject(workspace: int) -> str:
    return f"workspace:{workspace}"


def _sent_by(sources: Collection[int]) -> str:
    """The regular expression of the beginnings of records of some sources, as the log has them."""
    numbers = "|".join(map(str, sources)) or "0"
    return rf'^\{{"stratum":1,"source":({numbers})[,}}]'
