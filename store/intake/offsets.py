"""Where every partition of the log stands: the rows that UNIFY moves, as the sources read them.

`offsets.next_position` is the fence and is moved by UNIFY alone. What is written here is only
``caught_up_at``, the promise that everything received until then has been processed, and always on
the condition that the position is at least the one the promise is about.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from psycopg import AsyncConnection, Connection

_ENSURE = """
INSERT INTO offsets (log, partition, next_position)
SELECT %(log)s, unnest(%(partitions)s::integer[]), 0
ON CONFLICT DO NOTHING
"""

_LOAD = (
    "SELECT partition, next_position FROM offsets WHERE log = %(log)s AND partition ="
    " ANY(%(partitions)s)"
)

_ADOPT = """
UPDATE offsets SET origin = %(origin)s
WHERE log = %(log)s AND partition = ANY(%(partitions)s) AND origin = ''
"""

_BEGIN_ANEW = """
UPDATE offsets SET origin = %(origin)s, next_position = 0, caught_up_at = NULL
WHERE log = %(log)s AND partition = ANY(%(partitions)s) AND origin <> %(origin)s
RETURNING partition
"""

_TOUCH = """
UPDATE offsets AS o
SET caught_up_at = to_timestamp(c.caught_up_ms / 1000.0)
FROM unnest(%(logs)s::text[], %(partitions)s::integer[], %(positions)s::bigint[],
    %(instants)s::bigint[])
     AS c (log, partition, position, caught_up_ms)
WHERE o.log = c.log AND o.partition = c.partition AND o.next_position >= c.position
  AND (o.caught_up_at IS NULL OR o.caught_up_at < to_timestamp(c.caught_up_ms / 1000.0))
"""

_FLUSH = "SELECT pg_logical_emit_message(true, 'stratum', '')"
"""Writes one log record, so that there is something to commit, and locks no row of UNIFY."""


class CaughtUp(NamedTuple):
    """A promise: all that was received until `caught_up_ms` lies before `position`."""

    log: str
    partition: int
    position: int
    caught_up_ms: int


def load_positions(conn: Connection[Any], log: str, partitions: Sequence[int]) -> dict[int, int]:
    """Read next positions, creating the rows of partitions that were never read.

    Args:
        conn: an autocommit connection.
        log: stream or topic.
        partitions: the wanted partitions.

    Returns:
        Partition → next position to read, 0 for a new one.
    """
    arguments = {"log": log, "partitions": list(partitions)}
    conn.execute(_ENSURE, arguments)
    return dict(conn.execute(_LOAD, arguments).fetchall())


def begin_at_origin(
    conn: Connection[Any], log: str, partitions: Sequence[int], origin: str
) -> list[int]:
    """Record the incarnation of a log that partitions are read from.

    Partitions whose positions are of another incarnation begin at 0.

    Args:
        conn: an autocommit connection.
        log: topic.
        partitions: those that this process was given.
        origin: what differs from one making of the log to the next.

    Returns:
        Partitions whose positions were of an earlier making.
    """
    arguments = {"log": log, "partitions": list(partitions), "origin": origin}
    conn.execute(_ENSURE, arguments)
    conn.execute(_ADOPT, arguments)
    return sorted(row[0] for row in conn.execute(_BEGIN_ANEW, arguments))


def touch(conn: Connection[Any], caught_up: Iterable[CaughtUp]) -> None:
    """Record how far partitions are caught up, in one statement.

    An instant never moves backwards, and is ignored where the position is not reached yet. A crash
    of Postgres may lose the newest one, which is then recorded again.
    """
    rows = list(caught_up)
    if not rows:
        return
    logs, partitions, positions, instants = (list(column) for column in zip(*rows, strict=True))
    with conn.transaction():
        conn.execute("SET LOCAL synchronous_commit = off")
        conn.execute(
            _TOUCH,
            {"logs": logs, "partitions": partitions, "positions": positions, "instants": instants},
        )


def durable_positions(conn: Connection[Any], log: str, partitions: Sequence[int]) -> dict[int, int]:
    """Read next positions that no crash of Postgres can take back.

    UNIFY commits without waiting for the disk, so a position that is visible may still be lost.
    This transaction reads first, then writes, and waits for its own commit, which comes after
    those commits in the write-ahead log.

    Returns:
        Partition → next position; what lies before it may be deleted from the log. A partition that
        was never read is absent.

    Source: PostgreSQL documentation, "Asynchronous Commit", and "System Administration Functions",
    pg_logical_emit_message.
    """
    with conn.transaction():
        conn.execute("SET LOCAL synchronous_commit = on")
        found = dict(conn.execute(_LOAD, {"log": log, "partitions": list(partitions)}).fetchall())
        conn.execute(_FLUSH)
    return found


async def durable_positions_async(
    conn: AsyncConnection[Any], log: str, partitions: Sequence[int]
) -> dict[int, int]:
    """Like `durable_positions`, for an event loop."""
    async with conn.transaction():
        await conn.execute("SET LOCAL synchronous_commit = on")
        cursor = await conn.execute(_LOAD, {"log": log, "partitions": list(partitions)})
        found = dict(await cursor.fetchall())
        await conn.execute(_FLUSH)
    return found
