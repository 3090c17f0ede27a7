"""Dead letters that may name somebody who was erased, and up to which one they were looked at.

Ids are given before their transactions commit, so that a letter may turn up below others that were
looked at: a mark is moved only to what no transaction under way can still be below.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from psycopg import Connection

from domain.ids import IdentifierKey, WorkspaceId
from store.connection import Keys, adapt

_WORKSPACES: Final = """
    SELECT w.id, w.salt, coalesce(m.dead_letter_id, 0), (SELECT array_agg(DISTINCT default_region)
        FROM sources s WHERE s.workspace_id = w.id)
    FROM workspaces w LEFT JOIN erasure_marks m ON m.workspace_id = w.id
    WHERE EXISTS (SELECT FROM erasures e WHERE e.workspace_id = w.id) ORDER BY w.id
"""
_PAGE: Final = """
    SELECT id, payload, received_ms, recorded_ms FROM (
        SELECT id, payload, sum(octet_length(payload)) OVER (ORDER BY id) AS so_far,
            row_number() OVER (ORDER BY id) AS place,
            coalesce(extract(epoch FROM received_at) * 1000, 0)::bigint AS received_ms,
            (extract(epoch FROM recorded_at) * 1000)::bigint AS recorded_ms
        FROM ((SELECT * FROM dead_letters WHERE workspace_id = %(workspace)s AND id > %(after)s
               AND id <= %(upto)s ORDER BY id LIMIT %(limit)s)
              UNION ALL (SELECT * FROM dead_letters WHERE workspace_id IS NULL AND id > %(after)s
               AND id <= %(upto)s ORDER BY id LIMIT %(limit)s)
              ORDER BY id LIMIT %(limit)s) next_ones) page
    WHERE so_far <= %(bytes)s OR place = 1 ORDER BY id
"""
_NEWEST: Final = """
    SELECT greatest(max(id), (SELECT max(id) FROM dead_letters WHERE workspace_id IS NULL), 0),
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    FROM dead_letters WHERE workspace_id = %s
"""
_MARK: Final = """
    INSERT INTO erasure_marks VALUES (%s, %s) ON CONFLICT (workspace_id) DO UPDATE
    SET dead_letter_id = greatest(erasure_marks.dead_letter_id, excluded.dead_letter_id)
"""
_DELETE: Final = """
    WITH gone AS (DELETE FROM dead_letters WHERE id = ANY(%(ids)s) RETURNING id),
    named AS (
        SELECT e.command, count(DISTINCT c.id) AS letters
        FROM unnest(%(named)s::bigint[], %(keys)s) AS c(id, key) JOIN gone USING (id)
        JOIN erasures e ON e.completed_at IS NULL AND e.keys @> ARRAY[c.key] GROUP BY 1
    ), counted AS (
        UPDATE erasure_progress p SET letters = p.letters + named.letters FROM named
        WHERE p.command = named.command
    )
    SELECT count(*) FROM gone
"""


class Watched(NamedTuple):
    """A workspace that erased somebody.

    Attributes:
        mark: every letter up to this one was compared with everything that was erased by then.
        regions: default regions of its sources.
    """

    workspace: WorkspaceId
    salt: bytes
    mark: int
    regions: list[str] | None


class Letter(NamedTuple):
    """One dead letter; `received_ms` is 0 where its arrival is unknown."""

    id: int
    payload: bytes
    received_ms: int
    recorded_ms: int


class Newest(NamedTuple):
    """The newest letter, as of one instant.

    Attributes:
        ended: every transaction below it has ended.
        begun: no transaction from it on had begun.
    """

    id: int
    ended: int
    begun: int


class Limits(NamedTuple):
    """How many letters, and how many bytes of them, are read at once."""

    letters: int
    size_bytes: int


def watched(conn: Connection[Any]) -> list[Watched]:
    """Workspaces that erased somebody, ever."""
    return [
        Watched(workspace, bytes(salt), mark, regions)
        for workspace, salt, mark, regions in conn.execute(_WORKSPACES)
    ]


def newest(conn: Connection[Any], workspace: int) -> Newest:
    """The newest letter of a workspace; its id is 0 where there is none."""
    row = conn.execute(_NEWEST, (workspace,)).fetchone()
    return Newest(*row) if row else Newest(0, 0, 0)


def page(
    conn: Connection[Any], workspace: int, after: int, upto: int, limits: Limits
) -> list[Letter]:
    """The next letters of a workspace in the order of ids, at least one where there is one."""
    params = {
        "workspace": workspace,
        "after": after,
        "upto": upto,
        "limit": limits.letters,
        "bytes": limits.size_bytes,
    }
    return [Letter(*row) for row in conn.cursor(binary=True).execute(_PAGE, params).fetchall()]


def delete(conn: Connection[Any], named: Mapping[int, Sequence[IdentifierKey]]) -> int:
    """Delete letters, and count them for the open erasures of what they name.

    Args:
        conn: any connection.
        named: letter → erased identifiers that it names.

    Returns:
        How many were there.
    """
    pairs = [(letter, key) for letter, keys in named.items() for key in keys]
    with conn.cursor() as cursor:
        adapt(cursor)
        row = cursor.execute(
            _DELETE,
            {
                "ids": list(named),
                "named": [letter for letter, _ in pairs],
                "keys": Keys([key for _, key in pairs]),
            },
        ).fetchone()
    return int(row[0]) if row else 0


def mark(conn: Connection[Any], workspace: int, letter: int) -> None:
    """Note that every letter up to this one was looked at."""
    conn.execute(_MARK, (workspace, letter))
