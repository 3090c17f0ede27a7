"""Stuck partitions: where workers die, and what stands still although it should be read.

Whoever reads a partition moves its position, or, where nothing waits, renews the promise that
everything received has been processed. So a partition for which neither has happened for a while
stands still: nobody reads it, or what reads it does not get past a record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from psycopg import Connection, OperationalError

from store.errors import StoreUnavailable
from store.fetch import Pool, fetch

_STUCK: Final[LiteralString] = """
    SELECT o.log, o.partition, o.next_position, coalesce(a.tries, 0), greatest(o.caught_up_at,
        o.updated_at)
    FROM offsets o LEFT JOIN attempts a
        ON a.log = o.log AND a.partition = o.partition AND a.position = o.next_position
            AND (a.tries > 1 OR a.record >= 0)
    WHERE o.log = ANY(%(logs)s) AND (%(partitions)s::integer IS NULL
        OR o.partition < %(partitions)s)
      AND (a.log IS NOT NULL OR greatest(o.caught_up_at, o.updated_at) < %(moved)s)
    ORDER BY o.log, o.partition
"""

_COMPLETE: Final[LiteralString] = """
    SELECT CASE WHEN count(*) = count(caught_up_at) THEN min(caught_up_at) END FROM offsets
    WHERE log = ANY(%(logs)s) AND (%(partitions)s::integer IS NULL OR partition < %(partitions)s)
"""


@dataclass(frozen=True)
class Watched:
    """Which partitions are to get on.

    Attributes:
        logs: streams or topics.
        partitions: how many each has, where that is configured.
        still_after: one that has not moved for this long stands still.
    """

    logs: tuple[str, ...] = ()
    partitions: int | None = None
    still_after: timedelta = timedelta(minutes=1)

    def params(self, now: datetime) -> dict[str, Any]:
        """Named parameters of the statement."""
        return {
            "logs": list(self.logs),
            "partitions": self.partitions,
            "moved": now - self.still_after,
        }


@dataclass(frozen=True)
class StuckPartition:
    """A partition that does not get on.

    Attributes:
        position: its next position.
        tries: how often workers were assigned it at this position; 0 where none was.
        moved_at: when it moved last, or was found to be processed whole.
    """

    log: str
    partition: int
    position: int
    tries: int
    moved_at: datetime


def stuck(conn: Connection[Any], watched: Watched, now: datetime) -> Sequence[StuckPartition]:
    """Partitions that do not get on, in order."""
    return [StuckPartition(*row) for row in conn.execute(_STUCK, watched.params(now)).fetchall()]


async def stuck_now(pool: Pool, watched: Watched, now: datetime) -> Sequence[StuckPartition]:
    """Like `stuck`, for the API.

    Raises:
        StoreUnavailable: Postgres does not answer.
    """
    try:
        return await fetch(pool, StuckPartition, _STUCK, watched.params(now))
    except OperationalError as error:
        raise StoreUnavailable(type(error).__name__) from error


async def complete_until(pool: Pool, watched: Watched) -> datetime | None:
    """The instant until which everything received has been processed; None: not known."""
    params = {"logs": list(watched.logs), "partitions": watched.partitions}
    return (await fetch(pool, _same, _COMPLETE, params))[0]


def _same(value: datetime | None) -> datetime | None:
    return value
