"""Sweeps: walks over everybody of a workspace after its definitions changed.

A sweep's cursor moves after its people are committed.

A walk brings everybody up to all definitions there are, so that it does the work of every sweep
that was ordered before it began.
"""

from typing import Any, Final, NamedTuple

from psycopg import Connection

from domain.ids import ProfileId, WorkspaceId
from domain.segments.definition import DefinitionStatus, SweepStatus
from store import locks
from store.connection import one_of

_NEXT: Final = f"""
SELECT id, workspace_id, revision, cursor, visited, changed, stale FROM sweeps s
WHERE status = '{SweepStatus.RUNNING}'
ORDER BY cursor IS NULL, (SELECT min(id) FROM sweeps o WHERE o.workspace_id = s.workspace_id
  AND o.status = '{SweepStatus.RUNNING}'), id DESC LIMIT 1
"""
_PAGE: Final = """
SELECT id FROM profiles WHERE workspace_id = %(workspace)s
    AND id > coalesce(%(cursor)s, '00000000-0000-0000-0000-000000000000'::uuid)
ORDER BY id LIMIT %(limit)s
"""
_FIRST: Final = (
    "SELECT id FROM profiles WHERE workspace_id = %(workspace)s "
    "AND %(cursor)s::uuid IS NULL ORDER BY id LIMIT %(limit)s"
)
_MOVE: Final = f"""
UPDATE sweeps SET cursor = %(cursor)s, visited = visited + %(visited)s,
    changed = changed + %(changed)s, updated_at = now()
WHERE id = %(id)s AND status = '{SweepStatus.RUNNING}'
"""
_STALE: Final = f"""
SELECT count(*) FROM memberships m JOIN segments s ON s.id = m.segment_id
WHERE m.workspace_id = %(workspace)s AND s.revision <= %(revision)s
    AND ((s.status = '{DefinitionStatus.LIVE}' AND m.version <> s.version)
      OR s.status IN {one_of((DefinitionStatus.DELETED, DefinitionStatus.DRAFT))})
"""
_FINISH: Final = f"""
UPDATE sweeps SET status = '{SweepStatus.DONE}', stale = %(stale)s, visited = %(visited)s,
    finished_at = now(), updated_at = now()
WHERE workspace_id = %(workspace)s AND id <= %(id)s AND status = '{SweepStatus.RUNNING}'
"""
_AGAIN: Final = (
    "UPDATE sweeps SET cursor = NULL, stale = %(stale)s, updated_at = now() WHERE id = %(id)s"
)


class Sweep(NamedTuple):
    """A sweep under way.

    Attributes:
        revision: everybody is brought up to at least this revision of the definitions.
        cursor: the last profile visited; None at the beginning.
        visited: people visited so far. Likewise `changed`, those that were written.
        stale: memberships that a walk before this one left; None where this is the first.
    """

    id: int
    workspace: WorkspaceId
    revision: int
    cursor: Any
    visited: int
    changed: int
    stale: int | None = None


class Finish(NamedTuple):
    """How a walk ended.

    Attributes:
        stale: memberships of an old version, or of a segment that is no more, that it left.
        again: the walk begins again.
    """

    stale: int
    again: bool


def try_lock(conn: Connection[Any]) -> bool:
    """Take the right to sweep, held by one session at a time until it ends.

    Returns:
        Whether this session has it.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (locks.SWEEPS,)).fetchone()
    return row is not None and bool(row[0])


def running(conn: Connection[Any]) -> Sweep | None:
    """Return the sweep to continue: one that began, else the workspace's that waited longest."""
    row = conn.execute(_NEXT).fetchone()
    return None if row is None else Sweep(row[0], WorkspaceId(row[1]), *row[2:])


def page(conn: Connection[Any], sweep: Sweep, cursor: object, limit: int) -> list[ProfileId]:
    """The next people to visit, in id order.

    Args:
        conn: an autocommit connection.
        sweep: which.
        cursor: the last profile visited (a uuid), or None.
        limit: how many at most.
    """
    rows = conn.execute(
        _PAGE if cursor is not None else _FIRST,
        {"workspace": sweep.workspace, "cursor": cursor, "limit": limit},
    )
    return [ProfileId(row[0].bytes) for row in rows]


def move(conn: Connection[Any], sweep: Sweep, cursor: object, visited: int, changed: int) -> None:
    """Record progress: people up to `cursor` are committed."""
    conn.execute(_MOVE, {"id": sweep.id, "cursor": cursor, "visited": visited, "changed": changed})


def finish(conn: Connection[Any], sweep: Sweep) -> Finish:
    """End a sweep that has visited everybody, and those ordered before it, or begin it again.

    It ends where no membership of an old version or a deleted segment is left. Where some are left,
    everybody is visited again; where that leaves as many, the sweep ends, because a third visit
    would not help.

    Returns:
        How many stale memberships are left, and whether the sweep begins again.
    """
    row = conn.execute(
        _STALE, {"workspace": sweep.workspace, "revision": sweep.revision}
    ).fetchone()
    stale = int(row[0]) if row else 0
    named = {"id": sweep.id, "workspace": sweep.workspace, "visited": sweep.visited, "stale": stale}
    again = stale > 0 and stale != sweep.stale
    conn.execute(_AGAIN if again else _FINISH, named)
    return Finish(stale, again)
