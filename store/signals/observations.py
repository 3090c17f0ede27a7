"""Observations: additive counters per signal, minute and writer.

Names and units are in `domain.signals.metrics`.
"""

from collections.abc import Iterable
from typing import Any, Final

from psycopg import Connection

from domain.instants import utc

_ADD: Final = """
INSERT INTO observations (workspace_id, signal, minute_at, shard, metric, value)
SELECT * FROM unnest(%s::integer[], %s::text[], %s::timestamptz[], %s::integer[], %s::text[],
    %s::float8[])
ON CONFLICT (workspace_id, signal, minute_at, shard, metric)
DO UPDATE SET value = observations.value + excluded.value, updated_at = now()
"""


def add(conn: Connection[Any], rows: Iterable[tuple[int, str, int, int, str, float]]) -> None:
    """Add to counters, in the caller's transaction: one statement.

    Args:
        conn: a connection with an open transaction.
        rows: (workspace id, signal, minute in ms since 1970, shard, metric, amount); no two rows
            name the same counter.
    """
    ordered = sorted(rows)
    if not ordered:
        return
    workspaces, signals, minutes, shards, metrics, values = (
        list(column) for column in zip(*ordered, strict=True)
    )
    instants = [utc(minute) for minute in minutes]
    amounts = [float(value) for value in values]  # integers among them would be another type
    conn.execute(_ADD, (workspaces, signals, instants, shards, metrics, amounts))
