"""Orders requests that begin and changes that commit, so that *committed before* has one meaning.

A request that a push adds people with begins in a transaction that holds both locks of its
workspace shared, and reads after it has them. Whoever says something to the gate, or stops an
audience, holds the first one exclusively until the commit; whoever writes readings holds the
second. So a request either is on record before a freeze commits, or its transaction sees the
freeze.

    freeze ──exclusive──▶ commit
    begin  ──shared──▶ read interventions, readings, clock ──▶ record ──▶ commit ──▶ send

Waiting writers are not overtaken by later readers: Postgres grants these locks in the order in
which they are asked for.
"""

from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from store import locks

_LONGEST_REST: Final = "30s"
"""A process that stops while a request begins loses its transaction after this.

No freeze waits longer.
"""
_BOUNDED: Final = "SELECT set_config('idle_in_transaction_session_timeout', %s, true)"
_SHARED: Final = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
_EXCLUSIVE: Final = "SELECT pg_advisory_xact_lock(%s, %s)"
READINGS: Final = f"""
WITH ordered AS MATERIALIZED (
    SELECT pg_advisory_xact_lock({locks.READINGS}, workspace)
    FROM (SELECT DISTINCT workspace FROM unnest(%s::integer[]) AS workspace
        ORDER BY 1) AS workspaces
)
"""
"""Begins a statement that writes readings of some workspaces; it has to look at ``ordered``."""


def share_gate_inputs(conn: Connection[Any], workspace: int) -> datetime:
    """Lock a workspace's interventions and readings, shared, until the caller's transaction ends.

    Call it before anything else is read or locked: only then does everything read see the newest.

    Returns:
        The server's clock.
    """
    conn.execute(_BOUNDED, (_LONGEST_REST,))
    for lock in (locks.GATE_INPUTS, locks.READINGS):
        conn.execute(_SHARED, (lock, workspace))
    return clock(conn)


def clock(conn: Connection[Any]) -> datetime:
    """The server's clock, which is everybody's."""
    (row,) = conn.execute("SELECT clock_timestamp()").fetchall()
    now: datetime = row[0]
    return now


def lock_gate_inputs(conn: Connection[Any], workspace: int) -> None:
    """Lock a workspace's interventions, exclusively, until the caller's transaction ends.

    Waits for the requests that are beginning; no other begins until then.

    Call it before anything is locked that a beginning request could wait for.
    """
    conn.execute(_EXCLUSIVE, (locks.GATE_INPUTS, workspace))
