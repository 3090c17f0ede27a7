"""Attempts of workers that were assigned a partition again.

Written at assignment only; nothing is written while a partition proceeds. Unlike UNIFY's own
commits, these wait for the disk: a record that takes the machine down with it is counted, too.

A worker that is killed in the middle of a batch leaves nothing else behind: whoever comes next
finds how often it was tried there.
"""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from psycopg import Connection

_TAKE: Final = """
    INSERT INTO attempts AS a (log, partition, position, record, tries)
        VALUES (%(log)s, %(partition)s, %(position)s, -1, 1)
    ON CONFLICT (log, partition) DO UPDATE SET
        tries = CASE WHEN a.position <> excluded.position THEN 1
            WHEN a.record = %(record)s AND a.tries = %(tries)s THEN a.tries
            ELSE a.tries + 1 END,
        record = CASE WHEN a.position = excluded.position THEN a.record ELSE -1 END,
        broken = CASE WHEN a.position = excluded.position THEN a.broken ELSE '{}' END,
        position = excluded.position, taken_at = now()
    RETURNING position, record, tries, broken
"""
_NOTE: Final = """
    UPDATE attempts SET position = %s, record = %s, tries = 1, broken = %s, taken_at = now()
        WHERE log = %s AND partition = %s AND position <= %s
"""
_WAIT_FOR_DISK: Final = "SET LOCAL synchronous_commit = on"


class Attempt(NamedTuple):
    """How often a partition was assigned at one position, this time included.

    Attributes:
        position: the partition's next position.
        record: place of the record of the entry there that is processed by itself; the number of
            its records: the entry as a whole; −1: a batch.
        tries: how often.
        broken: records of the entry that workers died of.
    """

    position: int
    record: int
    tries: int
    broken: tuple[int, ...]


def take(
    conn: Connection[Any], log: str, partition: int, position: int, own: Attempt | None = None
) -> Attempt:
    """Record that a partition was assigned.

    Args:
        conn: an open connection.
        log: stream or topic.
        partition: number within the log.
        position: its next position.
        own: what the same process recorded of the partition last. Where that is the newest attempt
            at this position, nobody else has tried it and nobody died: it is the same attempt.

    Returns:
        The attempt, this one counted.
    """
    mine = own if own is not None and own.position == position else None
    with conn.transaction():
        conn.execute(_WAIT_FOR_DISK)
        row = conn.execute(
            _TAKE,
            {
                "log": log,
                "partition": partition,
                "position": position,
                "record": mine.record if mine is not None else None,
                "tries": mine.tries if mine is not None else None,
            },
        ).fetchone()
    if row is None:
        raise RuntimeError("an upsert returns its row")
    return Attempt(row[0], row[1], row[2], tuple(row[3]))


def note(
    conn: Connection[Any],
    log: str,
    partition: int,
    position: int,
    record: int,
    broken: Collection[int],
) -> None:
    """Record that one record of an entry is processed by itself for the first time.

    Ignored where another worker is past the entry.

    Args:
        conn: an open connection.
        log: stream or topic.
        partition: number within the log.
        position: of the entry.
        record: see `Attempt`.
        broken: records of the entry that workers died of.
    """
    with conn.transaction():
        conn.execute(_WAIT_FOR_DISK)
        conn.execute(_NOTE, (position, record, sorted(broken), log, partition, position))
