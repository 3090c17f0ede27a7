"""Sweeps as a source: after a publishing, everybody once, in pages, to be evaluated again.

One process does this at a time, whoever holds the lock in Postgres; when it dies another continues
where the last committed page ended. Live traffic comes first: while there is some, pages are small
and pauses long, so that a sweep takes a bounded share of the process.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, time_ns
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from psycopg import Connection

from domain.event import Wake
from domain.ids import ProfileId
from sources.log.positions import Connect, Session
from store.definitions import sweeps
from store.definitions.sweeps import Sweep
from store.errors import StoreUnavailable

_FIRST_SIZE: Final = 10
"""People of the first page while events come in."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SweepParams:
    """How fast everybody is walked over.

    Attributes:
        page: people of one page, which is one transaction.
        pages: pages at a time while nothing else is to be done.
        busy_page: most people of the one page at a time while events come in.
        busy_turn: how long such a page should take; pages grow and shrink to it.
        busy_share: greatest share of the process's time that a sweep takes while events come in,
            0–1.
        interval: pause between two looks for a sweep that find none.
        standby: pause between two tries to take the lock.
    """

    page: int = 1_000
    pages: int = 8
    busy_page: int = 500
    busy_turn: timedelta = timedelta(milliseconds=10)
    busy_share: float = 0.15
    interval: timedelta = timedelta(milliseconds=250)
    standby: timedelta = timedelta(seconds=1)


class Effort(NamedTuple):
    """What sweeps have cost one process.

    Attributes:
        written: people.
        seconds: of its time.
    """

    written: int = 0
    seconds: float = 0.0


class SweepFeed:
    """Hands out everybody whom newer definitions may concern. A `sources.feed.Feed`.

    Args:
        connect: opens an autocommit connection to Postgres.
        params: see `SweepParams`.
        busy: whether this process has read events lately.
        effort: what sweeps have cost this process so far.
    """

    def __init__(
        self,
        connect: Connect,
        params: SweepParams,
        busy: Callable[[], bool],
        effort: Callable[[], Effort],
    ) -> None:
        self._session = Session(connect)
        self._params = params
        self._busy = busy
        self._effort = effort
        self._locked = False
        self._resumes_at: datetime | None = None
        self._sweep: Sweep | None = None
        self._handed: tuple[ProfileId, ...] = ()
        self._handed_at = 0.0
        self._before = Effort()
        self._under_way = False
        self._size = _FIRST_SIZE

    def resumes_at(self) -> datetime | None:
        """Return when to poll again: under traffic, after a pause in proportion to the last page.

        The first question after a page comes when it is committed. Only its own time counts, no
        rest and no events between.
        """
        if self._under_way:
            self._under_way = False
            if self._busy():
                took = self._effort().seconds - self._before.seconds
                self._fit(took)
                self._pause(
                    timedelta(
                        seconds=max(
                            0.0, self._handed_at + took / self._params.busy_share - monotonic()
                        )
                    )
                )
        return self._resumes_at

    def read(self) -> Sequence[Wake]:
        """Record that the pages handed out last are committed, and hand out the next ones."""
        try:
            if not self._may_sweep():
                return self._pause(self._params.standby)
            wakes = self._session.run(self._turn)
        except StoreUnavailable as error:
            logger.warning("store_unavailable", source="sweeps", reason=str(error))
            return self._pause(self._params.standby)
        if not wakes and self._sweep is None:
            return self._pause(self._params.interval)
        self._resumes_at, self._under_way = None, bool(wakes)
        return wakes

    def _fit(self, took: float) -> None:
        """Size the next page so that it takes as long as it should, at most twice the last one."""
        fitting = len(self._handed) * self._params.busy_turn.total_seconds() / max(took, 1e-6)
        self._size = max(1, min(round(fitting), 2 * len(self._handed), self._params.busy_page))

    def _may_sweep(self) -> bool:
        if not (self._locked and self._session.connected):
            self._handed, self._sweep = (), None
            self._locked = self._session.run(sweeps.try_lock)
        return self._locked

    def _turn(self, conn: Connection[Any]) -> Sequence[Wake]:
        """Note the pages handed out last, and take the next; nothing where no sweep is left."""
        if self._sweep is None:
            self._sweep = sweeps.running(conn)
            if self._sweep is None:
                return ()
            logger.info(
                "sweep_goes_on" if self._sweep.cursor else "sweep_begins", sweep=self._sweep.id
            )
        sweep = self._sweep = self._moved(conn, self._sweep)
        page, pages = (
            (min(self._size, self._params.busy_page), 1)
            if self._busy()
            else (self._params.page, self._params.pages)
        )
        people = tuple(sweeps.page(conn, sweep, sweep.cursor, page * pages))
        self._handed, self._handed_at, self._before = people, monotonic(), self._effort()
        if not people:
            self._finish(conn, sweep)
            return ()
        now_ms = time_ns() // 1_000_000
        return [
            Wake(people[start : start + page], now_ms, sweep.revision)
            for start in range(0, len(people), page)
        ]

    def _moved(self, conn: Connection[Any], sweep: Sweep) -> Sweep:
        """Record that the pages handed out last are committed; returns the sweep past them."""
        if not self._handed:
            return sweep
        cursor, visited = UUID(bytes=self._handed[-1]), len(self._handed)
        written = self._effort().written - self._before.written
        sweeps.move(conn, sweep, cursor, visited, written)
        return sweep._replace(cursor=cursor, visited=sweep.visited + visited)

    def _finish(self, conn: Connection[Any], sweep: Sweep) -> None:
        """End a sweep that has walked over everybody; who is still stale is walked over again."""
        stale, again = sweeps.finish(conn, sweep)
        if again:
            logger.warning("sweep_begins_again", sweep=sweep.id, stale=stale)
        elif stale:
            logger.error(
                "sweep_left_stale", sweep=sweep.id, stale=stale, hint="a live segment rests"
            )
        else:
            logger.info("sweep_done", sweep=sweep.id)
        self._sweep = None

    def close(self) -> None:
        """Give up the lock."""
        self._session.close()

    def _pause(self, span: timedelta) -> Sequence[Wake]:
        self._resumes_at = datetime.now(UTC) + span
        return ()
