"""Reads a workspace's totals without scans: additive counters, capped counts, estimates.

Counters of minutes that are over for a while are summed once and kept; only the newest minutes are
summed at each call.
"""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from domain.intake.dead_letter import DeadLetterStatus
from domain.signals import metrics
from store.counting import Count, count, estimate
from store.fetch import Pool, fetch

LASTING_OF_SOURCES: Final = (
    "signal ~>=~ 'source:' AND signal ~<~ 'source;' AND split_part(metric, ':', 1) IN ("
    + ", ".join(f"'{metric}'" for metric in metrics.LASTING)
    + ")"
)
"""SQL: counters of sources, not of platforms, that totals are sums of; ';' follows ':' in ASCII.

The list of metrics is that of the index ``observations_lasting``, letter by letter.
"""


@dataclass(frozen=True)
class StatisticsParams:
    """How fresh and how exact totals are.

    Attributes:
        exact_limit: rows that a count reads at most; above it, it is an estimate.
        settle_after: minutes older than this are summed once and kept.
        keep_settled: how long that sum is kept.
        open_transactions: how long a transaction that writes counters may be open.
        throughput_minutes: minutes of throughput shown.
        late_after: figures are called late when a record of the log has waited longer.
    """

    exact_limit: int = 20_000
    settle_after: timedelta = timedelta(hours=2)
    keep_settled: timedelta = timedelta(minutes=10)
    open_transactions: timedelta = timedelta(seconds=30)
    throughput_minutes: int = 15
    late_after: timedelta = timedelta(seconds=30)


@dataclass(frozen=True)
class Minute:
    """What one minute of arrivals brought."""

    minute_at: datetime
    accepted: int
    duplicate: int
    rejected: int


_SUMS: Final = """
    SELECT metric, sum(value)::bigint FROM observations
    WHERE workspace_id = %(workspace)s AND """ + LASTING_OF_SOURCES + """
      AND (%(since)s::timestamptz IS NULL OR minute_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR minute_at < %(until)s)
    GROUP BY metric
"""  # fmt: skip

_MINUTES: Final = """
    SELECT minute_at, coalesce(sum(value) FILTER (WHERE metric = 'accepted'), 0)::bigint,
           coalesce(sum(value) FILTER (WHERE metric = 'duplicate'), 0)::bigint,
           coalesce(sum(value) FILTER (WHERE metric LIKE 'rejected:%%'), 0)::bigint
    FROM observations
    WHERE workspace_id = %(workspace)s AND """ + LASTING_OF_SOURCES + """ AND minute_at >= %(since)s
    GROUP BY minute_at ORDER BY minute_at
"""  # fmt: skip


def _pair(name: str, value: int) -> tuple[str, int]:
    return name, value


# Rows are dated by the start of their transaction; the margin covers transactions that were open
# while the sum was taken.
_CHANGED: Final = """
    SELECT min(minute_at) FROM observations
    WHERE workspace_id = %(workspace)s AND minute_at < %(until)s
      AND minute_at >= coalesce(%(since)s::timestamptz, '-infinity')
      AND updated_at > %(checked)s::timestamptz - make_interval(secs => %(margin)s)
"""


@dataclass(frozen=True)
class _Settled:
    until: datetime
    checked_at: datetime
    totals: Counter[str]


class Totals:
    """Sums of a workspace's observations, metric by metric, with the sum of closed minutes cached.

    The kept part is summed again as soon as one of its minutes has changed (a replay of old records
    does that), so the sums are exact.

    Args:
        pool: open pool.
        params: how long.
    """

    def __init__(self, pool: Pool, params: StatisticsParams) -> None:
        self._pool = pool
        self._params = params
        self._settled: dict[int, _Settled] = {}

    async def sum_by_metric(self, workspace: int, now: datetime) -> Counter[str]:
        """Sum per metric as of `now`; metrics as named in `domain.signals.metrics`."""
        settled = self._settled.get(workspace)
        border = (now - self._params.settle_after).replace(second=0, microsecond=0)
        if (
            settled is None
            or border - settled.until > self._params.keep_settled
            or await first_changed(
                self._pool, workspace, None, settled.until, settled.checked_at, self._params
            )
        ):
            settled = _Settled(border, now, await self._sum(workspace, None, border))
        self._settled[workspace] = replace(settled, checked_at=max(now, settled.checked_at))
        total = Counter(settled.totals)
        total.update(await self._sum(workspace, settled.until, None))
        return total

    async def _sum(
        self, workspace: int, since: datetime | None, until: datetime | None
    ) -> Counter[str]:
        params = {"workspace": workspace, "since": since, "until": until}
        return Counter(dict(await fetch(self._pool, _pair, _SUMS, params)))


async def first_changed(
    pool: Pool,
    workspace: int,
    since: datetime | None,
    until: datetime,
    checked_at: datetime,
    params: StatisticsParams,
) -> datetime | None:
    """Find the first minute whose counters have changed since they were read.

    Args:
        pool: open pool.
        workspace: tenant.
        since: minutes from here on; None from the first.
        until: minutes before.
        checked_at: when they were read.
        params: how long a transaction may have been open meanwhile.

    Returns:
        When the minute begins; None where nothing has changed.

    Raises:
        psycopg.OperationalError: Postgres does not answer.
    """
    names = {
        "workspace": workspace,
        "since": since,
        "until": until,
        "checked": checked_at,
        "margin": params.open_transactions.total_seconds(),
    }
    return (await fetch(pool, _instant, _CHANGED, names))[0]


def _instant(value: datetime | None) -> datetime | None:
    return value


async def minutes(pool: Pool, workspace: int, since: datetime) -> list[Minute]:
    """Throughput minute by minute since an instant.

    Minutes in which nothing arrived are left out.
    """
    return await fetch(pool, Minute, _MINUTES, {"workspace": workspace, "since": since})


async def people(pool: Pool, workspace: int, cap: int) -> Count:
    """How many people there are; exact up to `cap`."""
    return await count(
        pool, "FROM profiles WHERE workspace_id = %(workspace)s", {"workspace": workspace}, cap
    )


async def people_by_stage(
    pool: Pool, workspace: int, stages: list[str], *, exact: bool
) -> dict[str, int]:
    """People per stage: counted, or estimated from the planner's statistics.

    Args:
        pool: open pool.
        workspace: tenant.
        stages: names of all stages.
        exact: count; only for a workspace that is known to be small, because it reads every row.
    """
    rows = "FROM profiles WHERE workspace_id = %(workspace)s"
    if exact:
        sql = "SELECT stage, count(*) " + rows + " GROUP BY stage"
        found = dict(await fetch(pool, _pair, sql, {"workspace": workspace}))
        return {stage: found.get(stage, 0) for stage in stages}
    rows += " AND stage = %(stage)s"
    return {
        stage: await estimate(pool, rows, {"workspace": workspace, "stage": stage})
        for stage in stages
    }


async def identifiers_by_kind(
    pool: Pool, workspace: int, kinds: list[str], cap: int
) -> dict[str, Count]:
    """Count identifiers per kind.

    Args:
        pool: open pool.
        workspace: tenant.
        kinds: which.
        cap: up to how many in total are counted; beyond, they are estimated.

    Returns:
        Kind → count.
    """
    rows = "FROM identifiers WHERE workspace_id = %(workspace)s"
    everything = await count(pool, rows, {"workspace": workspace}, cap)
    if everything.exact:
        sql = "SELECT kind, count(*) " + rows + " GROUP BY kind"
        found = dict(await fetch(pool, _pair, sql, {"workspace": workspace}))
        return {kind: Count(found.get(kind, 0), exact=True) for kind in kinds}
    rows += " AND kind = %(kind)s"
    return {
        kind: Count(await estimate(pool, rows, {"workspace": workspace, "kind": kind}), exact=False)
        for kind in kinds
    }


async def merges(pool: Pool, workspace: int, cap: int) -> Count:
    """How many merges were recorded; exact up to `cap`."""
    rows = "FROM merges WHERE workspace_id = %(workspace)s"
    return await count(pool, rows, {"workspace": workspace}, cap)


async def open_dead_letters(pool: Pool, workspace: int, cap: int) -> Count:
    """How many dead letters wait for somebody; exact up to `cap`."""
    rows = (
        "FROM dead_letters WHERE workspace_id = %(workspace)s "
        f"AND status = '{DeadLetterStatus.OPEN}'"
    )
    return await count(pool, rows, {"workspace": workspace}, cap)
