"""Receipts as a source: hands out the writes whose results are due to be asked for.

It is a `sources.feed.Feed`.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from domain.instants import to_ms
from store.activation.receipts import Receipt, due


class ReceiptFeed:
    """Looks for receipts in Postgres.

    Args:
        conn: connection in autocommit mode.
        platforms: whose.
        interval: pause between two looks.
        now: aware clock.
    """

    def __init__(
        self,
        conn: Connection[Any],
        platforms: Collection[str],
        interval: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._conn = conn
        self._platforms = platforms
        self._interval = interval
        self._now = now
        self._resumes_at: datetime | None = None

    def read(self) -> Sequence[Receipt]:
        """Hand out what is due now."""
        now = self._now()
        self._resumes_at = now + self._interval
        return due(self._conn, self._platforms, to_ms(now))

    def resumes_at(self) -> datetime | None:
        """When to look again."""
        return self._resumes_at

    def close(self) -> None:
        """Close the connection."""
        self._conn.close()
