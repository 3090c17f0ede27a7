"""The clock as a source: people whose next instant of change has come are handed out as wakes.

One process does this at a time, whoever holds the lock in Postgres; when it dies its session ends
and another takes over. Wakes lie in Postgres with the people (`profiles.next_wake_at`) and are
moved by UNIFY, so that one that was handed out and not committed comes again.

A wake waits while the log holds unprocessed events that arrived before its instant, for one of them
might change what happens then; it says so, and goes ahead after `DueParams.wait_limit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, time_ns

import structlog

from domain.event import Wake
from domain.instants import MS
from sources.log.positions import Connect, Session
from store.errors import StoreUnavailable
from store.unify.wakes import DuePeople, due_people, try_lock

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DueParams:
    """How often, and for how many, the clock is looked at.

    Attributes:
        logs: streams or topics that a wake waits for.
        interval: pause between two looks that find nobody.
        limit: most people of one wake.
        wait_limit: longest that a wake waits for the log.
        standby: pause between two tries to take the lock.
        report_interval: a wait is logged this often.
    """

    logs: tuple[str, ...]
    interval: timedelta = timedelta(milliseconds=100)
    limit: int = 1_000
    wait_limit: timedelta = timedelta(seconds=60)
    standby: timedelta = timedelta(seconds=1)
    report_interval: timedelta = timedelta(seconds=5)


class DuePeopleFeed:
    """Hands out wakes. A `sources.feed.Feed`.

    Args:
        connect: opens an autocommit connection to Postgres.
        params: see `DueParams`.
    """

    def __init__(self, connect: Connect, params: DueParams) -> None:
        self._session = Session(connect)
        self._params = params
        self._locked = False
        self._resumes_at: datetime | None = None
        self._report_at = 0.0

    def resumes_at(self) -> datetime | None:
        """When to look again: at once after a full wake, else after a pause."""
        return self._resumes_at

    def read(self) -> Sequence[Wake]:
        """Hand out the people who are due now, at most one wake.

        Nothing where another process has the lock or Postgres is away.
        """
        now_ms = time_ns() // 1_000_000
        try:
            if not self._may_wake():
                return self._pause(self._params.standby)
            due = self._session.run(
                lambda conn: due_people(
                    conn,
                    self._params.logs,
                    now_ms,
                    self._params.wait_limit // MS,
                    self._params.limit,
                )
            )
        except StoreUnavailable as error:
            logger.warning("store_unavailable", source="due", reason=str(error))
            return self._pause(self._params.standby)
        self._report(due)
        if len(due.ready) == self._params.limit:
            self._resumes_at = None
        else:
            self._pause(self._params.interval)
        return [Wake(due.ready, now_ms)] if due.ready else ()

    def close(self) -> None:
        """Give up the lock."""
        self._session.close()

    def _may_wake(self) -> bool:
        if not (self._locked and self._session.connected):
            self._locked = self._session.run(try_lock)
        return self._locked

    def _pause(self, span: timedelta) -> Sequence[Wake]:
        self._resumes_at = datetime.now(UTC) + span
        return ()

    def _report(self, due: DuePeople) -> None:
        if due.waiting and monotonic() >= self._report_at:
            logger.info(
                "wakes_wait_for_the_log",
                people=due.waiting,
                limit_s=self._params.wait_limit.total_seconds(),
            )
            self._report_at = monotonic() + self._params.report_interval.total_seconds()
