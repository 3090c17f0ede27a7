"""Counts people per workspace, cheaply at any size."""

from typing import Any, Final

from psycopg import Connection

_COUNTED: Final = """
    SELECT w.id, (SELECT count(*) FROM (SELECT FROM profiles WHERE workspace_id = w.id
        LIMIT %(cap)s) capped)
    FROM workspaces w ORDER BY w.id
"""


def people(conn: Connection[Any], cap: int) -> dict[int, int]:
    """People per workspace; where a workspace has more than `cap`, the planner's estimate.

    Args:
        conn: connection in autocommit mode.
        cap: most rows read per workspace.
    """
    counted = conn.execute(_COUNTED, {"cap": cap + 1}).fetchall()
    return {
        workspace: count if count <= cap else max(count, _estimate(conn, workspace))
        for workspace, count in counted
    }


def _estimate(conn: Connection[Any], workspace: int) -> int:
    row = conn.execute(
        "EXPLAIN (FORMAT JSON) SELECT FROM profiles WHERE workspace_id = %s", (workspace,)
    ).fetchone()
    return 0 if row is None else int(row[0][0]["Plan"]["Plan Rows"])
