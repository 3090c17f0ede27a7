"""Reads what came in hour by hour, from the additive counters of sources.

Hours that are over for a while are summed once and kept; only the newest hours are summed at each
call, and those that a replay of old records has changed.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from store.fetch import Pool, fetch
from store.intake.partitions import Watched, complete_until
from store.profiles.statistics import LASTING_OF_SOURCES, StatisticsParams, first_changed

HOUR: Final = timedelta(hours=1)

_HOURS: Final = """
    SELECT date_bin('1 hour', minute_at, '2000-01-01T00:00:00Z') AS hour_at, metric,
           sum(value)::bigint
    FROM observations
    WHERE workspace_id = %(workspace)s AND """ + LASTING_OF_SOURCES + """
      AND minute_at >= %(since)s AND minute_at < %(until)s
    GROUP BY 1, 2
"""  # fmt: skip

HourCounts = Mapping[datetime, Counter[str]]
"""Where an hour begins → its counters, by metric as named in `domain.signals.metrics`."""


class HourlyCounters(NamedTuple):
    """What came in hour by hour.

    Attributes:
        as_of: the instant that the counters describe.
        complete_until: everything received until then is counted; None where unknown.
        hours: by hour and metric; hours that counted nothing are left out.
    """

    as_of: datetime
    complete_until: datetime | None
    hours: HourCounts


class _HourCount(NamedTuple):
    hour_at: datetime
    metric: str
    value: int


@dataclass(frozen=True)
class _Kept:
    until: datetime
    summed_at: datetime
    checked_at: datetime
    hours: HourCounts


class Hours:
    """Counters of workspaces' sources hour by hour, by when records came.

    Args:
        pool: open pool.
        params: how long hours are kept.
        watched: partitions of the log.
    """

    def __init__(self, pool: Pool, params: StatisticsParams, watched: Watched) -> None:
        self._pool = pool
        self._params = params
        self._watched = watched
        self._kept: dict[int, _Kept] = {}

    async def read(self, workspace: int, first: datetime, now: datetime) -> HourlyCounters:
        """Counters as of `now`. One call per workspace at a time.

        Args:
            workspace: tenant.
            first: the full hour from which on.
            now: the clock.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        complete = await complete_until(self._pool, self._watched)
        since = await self._unchanged_until(workspace, first, now)
        params = {"workspace": workspace, "since": since, "until": _hour_of(now) + HOUR}
        found: defaultdict[datetime, Counter[str]] = defaultdict(Counter)
        for row in await fetch(self._pool, _HourCount, _HOURS, params):
            found[row.hour_at][row.metric] = row.value
        if since > first:
            kept = self._kept[workspace].hours
            found |= {at: counts for at, counts in kept.items() if first <= at < since}
        until = _hour_of(now - self._params.settle_after)
        settled = {at: counts for at, counts in found.items() if at < until}
        # What was summed before is summed anew after a while, whatever the check has missed.
        summed_at = now if since == first else self._kept[workspace].summed_at
        self._kept[workspace] = _Kept(until, summed_at, now, settled)
        return HourlyCounters(now, complete, found)

    async def _unchanged_until(self, workspace: int, first: datetime, now: datetime) -> datetime:
        """The hour up to which what is kept still holds."""
        kept = self._kept.get(workspace)
        if kept is None or abs(now - kept.summed_at) > self._params.keep_settled:
            return first
        changed = await first_changed(
            self._pool, workspace, first, kept.until, kept.checked_at, self._params
        )
        return max(first, kept.until if changed is None else _hour_of(changed))


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
