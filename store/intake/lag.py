"""Stored positions as lag is reckoned from them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

_STORED = (
    "SELECT log, partition, next_position, caught_up_at FROM offsets WHERE log = ANY(%s) ORDER BY"
    " log, partition"
)


class StoredPosition(NamedTuple):
    """Where a partition stands.

    Everything below `next_position` is processed, and everything received until `caught_up_at`.
    """

    log: str
    partition: int
    next_position: int
    caught_up_at: datetime | None


def stored_positions(conn: Connection[Any], logs: Sequence[str]) -> list[StoredPosition]:
    """Read the positions of all partitions of some logs, in order."""
    return [StoredPosition(*row) for row in conn.execute(_STORED, (list(logs),)).fetchall()]
