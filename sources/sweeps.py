"""Definitions as a source: after a publishing, everybody is handed out once, in pages, to be evaluated again.

One process does this at a time, whoever holds the lock in Postgres; when it dies another goes on where the last committed page ended. Live
traffic comes first: while there is some, pages are small and pauses long, so that a sweep takes a bounded share of the process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from domain.event import Wake
from domain.ids import ProfileId
from sources.positions import Connect, Session, StoreUnavailableError
from store import sweeps
from store.sweeps import Sweep

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SweepParams:
    """How fast everybody is walked over.

    Attributes:
        page: people of one page while nothing else is to be done.
        busy_page: people of one page while events come in.
        busy_share: greatest share of the process's time that a sweep takes while events come in, 0–1.
        interval: pause between two looks for a sweep that find none.
        standby: pause between two tries to take the lock.
    """

    page: int = 1_000
    busy_page: int = 50
    busy_share: float = 0.25
    interval: timedelta = timedelta(milliseconds=250)
    standby: timedelta = timedelta(seconds=1)


class SweepFeed:
    """Hands out everybody whom newer definitions may concern. A `sources.intake.WakeSource`.

    Args:
        connect: opens an autocommit connection to Postgres.
        params: see `SweepParams`.
        busy: whether this process has read events lately.
        written: people whom the sweep has written so far in this process.
    """

    def __init__(self, connect: Connect, params: SweepParams, busy: Callable[[], bool], written: Callable[[], int]) -> None:
        self._session = Session(connect)
        self._params = params
        self._busy = busy
        self._written = written
        self._locked = False
        self._resumes_at: datetime | None = None
        self._sweep: Sweep | None = None
        self._handed: tuple[ProfileId, ...] = ()
        self._handed_at = 0.0
        self._written_before = 0

    def resumes_at(self) -> datetime | None:
        """When to look again."""
        return self._resumes_at

    def read(self) -> Sequence[Wake]:
        """Record that the page handed out last is committed, and hand out the next one."""
        took = monotonic() - self._handed_at if self._handed else 0.0
        try:
            if not self._may_sweep():
                return self._pause(self._params.standby)
            wakes = self._session.run(self._turn)
        except StoreUnavailableError as error:
            logger.warning("store_unavailable", source="sweeps", reason=str(error))
            return self._pause(self._params.standby)
        if not wakes and self._sweep is None:
            return self._pause(self._params.interval)
        self._resumes_at = None
        if self._busy() and took:
            self._pause(timedelta(seconds=took * (1 / self._params.busy_share - 1)))
        return wakes

    def _may_sweep(self) -> bool:
        if not (self._locked and self._session.connected):
            self._handed, self._sweep = (), None
            self._locked = self._session.run(sweeps.try_lock)
        return self._locked

    def _turn(self, conn: Connection[Any]) -> Sequence[Wake]:
        if self._sweep is None:
            self._sweep = sweeps.running(conn)
            if self._sweep is None:
                return ()
            logger.info("sweep_goes_on" if self._sweep.cursor else "sweep_begins", sweep=self._sweep.id)
        sweep, cursor = self._sweep, self._sweep.cursor
        if self._handed:
            cursor = UUID(bytes=self._handed[-1])
            sweeps.move(conn, sweep, cursor, len(self._handed), self._written() - self._written_before)
            self._sweep = sweep = sweep._replace(cursor=cursor, visited=sweep.visited + len(self._handed))
        people = sweeps.page(conn, sweep, cursor, self._params.busy_page if self._busy() else self._params.page)
        self._handed, self._handed_at, self._written_before = tuple(people), monotonic(), self._written()
        if people:
            return [Wake(self._handed, int(time() * 1000), sweep.revision)]
        stale, again = sweeps.finish(conn, sweep)
        if again:
            logger.warning("sweep_begins_again", sweep=sweep.id, stale=stale)
        elif stale:
            logger.error("sweep_left_stale", sweep=sweep.id, stale=stale, hint="a live segment rests")
        else:
            logger.info("sweep_done", sweep=sweep.id)
        self._sweep = None
        return ()

    def close(self) -> None:
        """Give up the lock."""
        self._session.close()

    def _pause(self, span: timedelta) -> Sequence[Wake]:
        self._resumes_at = datetime.now(UTC) + span
        return ()
