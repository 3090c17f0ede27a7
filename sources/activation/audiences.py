"""Audiences as a source: withdrawals, deletions, requests and pushes that are due.

What goes in any case and what asks the gate are handed out apart, so that nobody who withdrew waits
for a push.

Everything handed out is read again, under the audience's lock, by whoever acts on it: what is
handed out twice is done once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from store.activation import withdrawals
from store.activation.due import Work, work
from store.activation.withdrawals import Withdrawn

Task = Withdrawn | Work
"""One thing to do for one audience."""
_COSTLY: Final = 20
"""Outstanding withdrawals are looked for at most every so many times as long as it takes."""


@dataclass(frozen=True)
class AudienceFeedParams:
    """How audiences are looked at.

    Attributes:
        purposes: platform → consent purpose, for the platforms that this process serves.
        urgent: hand out withdrawals and deletions, and nothing else; otherwise everything else.
        interval: pause between two looks while nothing moves.
        outstanding_interval: how often withdrawals are looked for that no change tells of: removals
            that were planned and never confirmed, refusals of people who had left the segment
            before, or of a purpose that it does not serve.
        failed_wait: rest of an audience after a push that failed.
    """

    purposes: Mapping[str, str]
    urgent: bool
    interval: timedelta
    outstanding_interval: timedelta
    failed_wait: timedelta


class AudienceFeed:
    """Looks for tasks in Postgres.

    Args:
        conn: connection in autocommit mode.
        params: see `AudienceFeedParams`.
        now: aware clock.
    """

    def __init__(
        self,
        conn: Connection[Any],
        params: AudienceFeedParams,
        now: Callable[[], datetime],
    ) -> None:
        self._conn = conn
        self._params = params
        self._now = now
        self._handed_out: list[Task] = []
        self._horizon = "0"
        self._outstanding_at: datetime | None = None
        self._resumes_at: datetime | None = None

    def read(self) -> Sequence[Task]:
        """Hand out what there is to do now, withdrawals first.

        An audience has at most one other task at a time. A request says how far its push is, so
        that the same tasks again mean that nothing moved: only then is there a pause.
        """
        now = self._now()
        tasks: list[Task] = [*self._withdrawals(now)] if self._params.urgent else []
        found = work(self._conn, self._params.purposes.keys(), now, self._params.failed_wait)
        tasks += [task for task in found if task.exempt is self._params.urgent]
        moved, self._handed_out = tasks != self._handed_out, tasks
        self._resumes_at = None if moved else now + self._params.interval
        return tasks

    def resumes_at(self) -> datetime | None:
        """When to look again."""
        return self._resumes_at

    def close(self) -> None:
        """Close the connection."""
        self._conn.close()

    def _withdrawals(self, now: datetime) -> list[Withdrawn]:
        horizon = withdrawals.horizon(self._conn)
        found = withdrawals.touched(self._conn, self._horizon, self._params.purposes)
        if not found:
            self._horizon = horizon
        if self._outstanding_at is None or now >= self._outstanding_at:
            others = withdrawals.outstanding(
                self._conn, self._params.purposes, self._params.failed_wait.total_seconds()
            )
            found += [one for one in others if one not in found]
            self._outstanding_at = now + max(
                self._params.outstanding_interval, _COSTLY * (self._now() - now)
            )
        return found
