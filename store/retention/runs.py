"""Runs: what of a class is older than an instant goes, a batch at a time, and it is on record.

    begin ──▶ batch ──▶ batch ──▶ … ──▶ finish, with one entry in the audit log

A batch reads the policy anew and holds it, so that nothing goes that a policy keeps that was set
since. What it removes is counted by the transaction that removes it: whoever goes on after a crash
goes on with the count. Clock: the database's.
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.ids import WorkspaceId
from domain.privacy.retention import ENFORCED, GONE_THROUGH, RetentionClass
from store.audit import trail
from store.retention.due import PARTS

ACTOR: Final = "engine"
_BEGIN: Final = """
    INSERT INTO retention_runs (workspace_id, class, started_at, horizon_at, moved_at)
    SELECT workspace_id, class, now(), now() - make_interval(secs => keep_s), now()
    FROM retention_policies WHERE class = ANY(%(classes)s)
    ORDER BY workspace_id, class
    ON CONFLICT (workspace_id, class) DO UPDATE SET started_at = excluded.started_at,
        horizon_at = excluded.horizon_at, moved_at = excluded.moved_at, removed = '{}',
        finished_at = NULL
    WHERE retention_runs.finished_at IS NOT NULL
      AND (retention_runs.started_at <= now() - %(interval)s::interval
           OR retention_runs.started_at < (SELECT p.set_at FROM retention_policies p
               WHERE p.workspace_id = excluded.workspace_id AND p.class = excluded.class))
    RETURNING 1
"""
_OPEN: Final = """
    SELECT workspace_id, class FROM retention_runs r WHERE finished_at IS NULL
      AND NOT EXISTS (SELECT FROM workspace_deletions d WHERE d.workspace_id = r.workspace_id)
    ORDER BY started_at, workspace_id, class
"""
_HOLD: Final = """
    SELECT started_at, removed, horizon_at FROM retention_runs
    WHERE workspace_id = %s AND class = %s AND finished_at IS NULL FOR UPDATE
"""
# Whole milliseconds, as events have: what is older than this happened until the one before.
_HORIZON: Final = """
    SELECT date_trunc('milliseconds', least(%s, now() - make_interval(secs => keep_s)))
    FROM retention_policies WHERE workspace_id = %s AND class = %s FOR SHARE
"""
_COUNT: Final = """
    UPDATE retention_runs SET removed = %(removed)s, horizon_at = %(horizon)s,
        moved_at = clock_timestamp()
    WHERE workspace_id = %(workspace)s AND class = %(name)s
"""
_FINISH: Final = """
    UPDATE retention_runs SET finished_at = clock_timestamp() WHERE workspace_id = %s AND class = %s
"""
_LAG: Final = """
    SELECT coalesce(max(extract(epoch FROM now() - started_at)), 0)::double precision
    FROM retention_runs WHERE finished_at IS NULL
"""
# Nobody's letters are kept for as long as the workspace that keeps its own for longest.
_NOBODYS: Final = """
    WITH kept AS (
        SELECT max(p.keep_s) AS keep_s FROM workspaces w LEFT JOIN retention_policies p
            ON p.workspace_id = w.id AND p.class = %(name)s
        HAVING count(*) = count(p.keep_s)
    ), due AS MATERIALIZED (
        SELECT d.id FROM dead_letters d
        WHERE d.workspace_id IS NULL
          AND d.recorded_at < (SELECT now() - make_interval(secs => keep_s) FROM kept)
        ORDER BY d.recorded_at LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
    ), gone AS (DELETE FROM dead_letters t USING due WHERE t.id = due.id RETURNING 1)
    SELECT count(*) FROM gone
"""


class RunKey(NamedTuple):
    """Which run: there is one per workspace and class at a time."""

    workspace: WorkspaceId
    name: RetentionClass


class Held(NamedTuple):
    """A run that is held until the transaction ends.

    Attributes:
        removed: what → how much so far.
        horizon_at: what is older goes; None where the workspace keeps the class for ever by now.
    """

    key: RunKey
    started_at: datetime
    removed: dict[str, int]
    horizon_at: datetime | None


def begin(conn: Connection[Any], interval: timedelta) -> int:
    """Begin the runs that are due; how many.

    Args:
        conn: in autocommit mode.
        interval: between the beginnings of two runs, unless the policy has changed.
    """
    classes = [name.value for name in GONE_THROUGH]
    return conn.execute(_BEGIN, {"classes": classes, "interval": interval}).rowcount


def open_runs(conn: Connection[Any]) -> list[RunKey]:
    """Runs that are not finished, the oldest first."""
    return [RunKey(workspace, RetentionClass(name)) for workspace, name in conn.execute(_OPEN)]


def hold(conn: Connection[Any], key: RunKey) -> Held | None:
    """Hold a run and its policy until the transaction ends; None where somebody finished it."""
    row = conn.execute(_HOLD, key).fetchone()
    if row is None:
        return None
    started_at, removed, horizon_at = row
    policy = conn.execute(_HORIZON, (horizon_at, *key)).fetchone()
    return Held(key, started_at, removed, policy[0] if policy else None)


def count(conn: Connection[Any], held: Held, what: str, removed: int) -> None:
    """Count what a batch removes, in the same transaction."""
    told = held.removed | {what: held.removed.get(what, 0) + removed}
    workspace, name = held.key
    params = {"workspace": workspace, "name": name, "horizon": held.horizon_at}
    conn.execute(_COUNT, params | {"removed": Jsonb(told)})


def finish(conn: Connection[Any], held: Held) -> None:
    """Finish a run, on record where it removed anything."""
    workspace, name = held.key
    conn.execute(_FINISH, (workspace, name))
    if not held.removed:
        return
    detail: dict[str, Any] = {"removed": held.removed, "started_at": held.started_at.isoformat()}
    if held.horizon_at is not None:
        detail["horizon_at"] = held.horizon_at.isoformat()
    trail.append(conn, workspace, ACTOR, ENFORCED, f"retention:{name}", detail)


def remove(conn: Connection[Any], key: RunKey, batch: int, remembered: int) -> int | None:
    """Remove a batch of rows; the run is finished where none is left.

    Args:
        conn: in autocommit mode.
        key: which run.
        batch: rows at most.
        remembered: pushes of an audience that the gate looks back on.

    Returns:
        How many went; None where the run is finished.
    """
    with conn.transaction():
        held = hold(conn, key)
        if held is None:
            return None
        params = {
            "workspace": key.workspace,
            "horizon": held.horizon_at,
            "limit": batch,
            "remembered": remembered,
        }
        for part in PARTS[key.name] if held.horizon_at is not None else ():
            row = conn.execute(part.removal, params).fetchone()
            if row is not None and row[0]:
                count(conn, held, part.name, row[0])
                return int(row[0])
        finish(conn, held)
    return None


def remove_nobodys_letters(conn: Connection[Any], batch: int) -> int:
    """Remove a batch of dead letters that belong to no workspace; how many.

    They go once they are older than every workspace keeps its own.
    """
    params = {"name": RetentionClass.DEAD_LETTERS.value, "limit": batch}
    row = conn.execute(_NOBODYS, params).fetchone()
    return int(row[0]) if row else 0


def lag_s(conn: Connection[Any]) -> float:
    """For how long the oldest run that is not finished has run, in s; 0 where there is none."""
    row = conn.execute(_LAG).fetchone()
    return float(row[0]) if row else 0.0
