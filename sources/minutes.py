"""The signals flow's source: once per interval, what changed about every known signal, and what time it is – also where nothing changed.

Rows in PostgreSQL are the truth: after a restart the window is read again, so the flow needs no recovery store of the engine.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from domain.reading import Minutes
from operators.health_params import HealthParams
from store.signals import changed_minutes, known_signals


class MinutesFeed:
    """A feed of `Minutes` (see `sources.intake.Feed`).

    Args:
        conn: connection in autocommit mode.
        params: interval, overlap, and how far back the window reaches.
        now: aware clock.
    """

    def __init__(self, conn: Connection[Any], params: HealthParams, now: Callable[[], datetime]) -> None:
        self._conn = conn
        self._params = params
        self._now = now
        self._next = now()
        self._looked: datetime | None = None

    def read(self) -> Sequence[Minutes]:
        """One `Minutes` per known signal when the interval is over, else nothing."""
        now = self._now()
        if now < self._next:
            return ()
        horizon = now - self._params.history - timedelta(minutes=1)
        since = horizon if self._looked is None else self._looked - self._params.overlap
        changed = changed_minutes(self._conn, since, horizon)
        known = known_signals(self._conn, horizon) | changed.keys()
        self._looked, self._next = now, now + self._params.poll_interval
        now_ms = int(now.timestamp() * 1000)
        return [Minutes(workspace, signal, tuple(changed.get((workspace, signal), ())), now_ms) for workspace, signal in sorted(known)]

    def resumes_at(self) -> datetime | None:
        """When the next interval begins."""
        return self._next

    def close(self) -> None:
        """Nothing of its own to give back."""
