"""Wakes: people whose next transition is due, and who may look for them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg import Connection

from domain.ids import ProfileId
from store import locks

# least() ignores nulls: without any offset row nothing is waited for. A partition that was never
# caught up holds everything back.
_DUE = """
WITH bound AS (
    SELECT greatest(
        least(to_timestamp(%(now_ms)s / 1000.0),
              (SELECT min(coalesce(caught_up_at, '-infinity')) FROM offsets
                  WHERE log = ANY(%(logs)s))),
        to_timestamp((%(now_ms)s - %(wait_limit_ms)s) / 1000.0)) AS until
)
SELECT p.id, p.next_wake_at <= bound.until
FROM profiles AS p, bound
WHERE p.next_wake_at <= to_timestamp(%(now_ms)s / 1000.0)
  AND NOT EXISTS (SELECT FROM resting_people AS r WHERE r.profile_id = p.id
      AND r.until_at > to_timestamp(%(now_ms)s / 1000.0))
ORDER BY p.next_wake_at, p.id
LIMIT %(limit)s
"""


class DuePeople(NamedTuple):
    """People whose instant has come.

    Attributes:
        ready: to be evaluated now, most overdue first.
        waiting: how many more of those looked at wait until the log is processed up to their
            instant.
    """

    ready: tuple[ProfileId, ...]
    waiting: int


def try_lock(conn: Connection[Any]) -> bool:
    """Take the right to wake people, held by one session at a time until it ends.

    Returns whether this session has it.
    """
    row = conn.execute("SELECT pg_try_advisory_lock(%s)", (locks.WAKES,)).fetchone()
    return row is not None and bool(row[0])


def due_people(
    conn: Connection[Any], logs: Sequence[str], now_ms: int, wait_limit_ms: int, limit: int
) -> DuePeople:
    """Find the people whose next instant of change is not after `now_ms`.

    Someone is ready when every partition of `logs` is caught up to the instant, or when the instant
    lies `wait_limit_ms` back.

    Args:
        conn: an autocommit connection.
        logs: streams or topics whose records may concern anybody.
        now_ms: the clock, ms since 1970.
        wait_limit_ms: longest wait for a lagging log, ms.
        limit: most people looked at.
    """
    arguments = {
        "logs": list(logs),
        "now_ms": now_ms,
        "wait_limit_ms": wait_limit_ms,
        "limit": limit,
    }
    rows = conn.execute(_DUE, arguments).fetchall()
    ready = tuple(ProfileId(row[0].bytes) for row in rows if row[1])
    return DuePeople(ready, len(rows) - len(ready))
