"""The signals flow's source: once per interval, each known signal's changes and the time.

A signal is handed out even where nothing changed.

Rows in PostgreSQL are the truth: after a restart what was learned of each signal, and what was said
of it last, is handed out with its first minutes, and the counters since then are read again, so the
flow needs no recovery store of the engine.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.signals.reading import Minutes, Reading
from operators.signals.params import HealthParams
from store.signals.signals import (
    changed_minutes,
    known_signals,
    load_checkpoints,
    newest_readings,
    settled_at,
)
from store.workspaces.deletion import closed

Signal = tuple[WorkspaceId, str]


class MinutesFeed:
    """A feed of `Minutes` (see `sources.feed.Feed`).

    What changed is asked for by the server's clock alone, so that clocks that differ hide nothing;
    the instant that a reading is dated with is this process's.

    Args:
        conn: connection in autocommit mode.
        params: interval, overlap, and how far back the window reaches.
        now: aware clock.
    """

    def __init__(
        self, conn: Connection[Any], params: HealthParams, now: Callable[[], datetime]
    ) -> None:
        self._conn = conn
        self._params = params
        self._now = now
        self._next = now()
        self._settled: datetime | None = None
        self._seen: dict[Signal, datetime] = {}

    def read(self) -> Sequence[Minutes]:
        """One `Minutes` per known signal when the interval is over, else nothing.

        A signal is known while it is registered, and for as long as a window may hold something of
        it.
        """
        now = self._now()
        if self._early(now):
            return ()
        self._next = now + self._params.poll_interval
        settled = settled_at(self._conn)
        horizon = settled - self._params.catch_up
        stored: dict[Signal, bytes] = {}
        first = self._settled is None
        if self._settled is None:
            since, stored = horizon, load_checkpoints(self._conn, horizon)
        else:
            since = max(horizon, self._settled - self._params.overlap)
        changed = changed_minutes(self._conn, since, horizon)
        self._settled = settled
        self._seen.update(dict.fromkeys(changed, now))
        self._seen = {
            signal: seen
            for signal, seen in self._seen.items()
            if seen >= now - self._params.catch_up
        }
        now_ms = to_ms(now)
        gone = closed(self._conn)
        known = known_signals(self._conn) | self._seen.keys()
        signals = sorted(signal for signal in known if signal[0] not in gone)
        last: dict[Signal, Reading] = newest_readings(self._conn, signals) if first else {}
        return [
            Minutes(
                workspace,
                signal,
                tuple(changed.get(key := (workspace, signal), ())),
                now_ms,
                stored.get(key, b""),
                last.get(key),
            )
            for workspace, signal in signals
        ]

    def resumes_at(self) -> datetime | None:
        """When the next interval begins."""
        return self._next if self._early(self._now()) else None

    def _early(self, now: datetime) -> bool:
        """Whether the interval is not over.

        Where the clock went back, no wait exceeds one interval.
        """
        return now < self._next <= now + self._params.poll_interval

    def close(self) -> None:
        """Nothing of its own to give back."""
