"""Reads the points of a watched series: counters per step, and what was expected of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from domain.instants import to_ms
from domain.signals import metrics
from operators.detection.episodes import Pictured
from operators.signals.counts import Counts
from store.fetch import Pool, fetch, fetch_one

_ADDED_UP: Final = (metrics.QUALITY, metrics.REJECTED)
"""Metrics of which a series needs no suffix."""
_COUNTERS: Final = """
    SELECT date_bin(%(step)s::interval, minute_at, '2000-01-01T00:00:00Z') AS at,
        CASE WHEN split_part(metric, ':', 1) = ANY(%(added)s) THEN split_part(metric, ':', 1)
            ELSE metric END AS told, sum(value)
    FROM observations
    WHERE workspace_id = %(workspace)s AND signal = %(signal)s AND minute_at >= %(since)s
      AND minute_at < %(until)s AND split_part(metric, ':', 1) = ANY(%(counters)s)
    GROUP BY 1, 2 ORDER BY 1
"""
_PICTURES: Final = """
    SELECT picture FROM anomalies
    WHERE workspace_id = %(workspace)s AND signal = %(signal)s AND metric = %(metric)s
      AND started_at < %(until)s AND started_at >= %(since)s::timestamptz - interval '7 days'
      AND (ended_at IS NULL OR ended_at >= %(since)s)
    ORDER BY started_at DESC LIMIT %(limit)s
"""
_PICTURES_LIMIT: Final = 200
_MEMORY: Final = (
    "SELECT memory FROM signal_memory WHERE workspace_id = %(workspace)s AND signal = %(signal)s"
)


class SeriesRange(NamedTuple):
    """A stretch of one signal.

    Attributes:
        signal: which.
        since: its beginning, where a step begins.
        until: its end.
    """

    signal: str
    since: datetime
    until: datetime


def _counter(at: datetime, metric: str, value: float) -> tuple[datetime, str, float]:
    return at, metric, value


async def counters(
    pool: Pool, workspace: int, wanted: SeriesRange, names: Sequence[str], step: timedelta
) -> dict[int, Counts]:
    """Counters of a signal per step; steps without any are left out.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: whose, from when to when.
        names: metrics, without their suffixes.
        step: length of a step.

    Returns:
        Beginning of the step, ms since 1970 → its counters.
    """
    params = {
        "workspace": workspace,
        "signal": wanted.signal,
        "since": wanted.since,
        "until": wanted.until,
        "counters": list(names),
        "added": list(_ADDED_UP),
        "step": step,
    }
    found: dict[int, dict[str, float]] = {}
    for at, metric, value in await fetch(pool, _counter, _COUNTERS, params):
        found.setdefault(to_ms(at), {})[metric] = value
    return {at_ms: Counts(raw) for at_ms, raw in found.items()}


def _picture(points: list[list[Any]]) -> list[Pictured]:
    return [Pictured(int(at_ms), *rest) for at_ms, *rest in points]


async def pictures(
    pool: Pool, workspace: int, wanted: SeriesRange, metric: str
) -> list[list[Pictured]]:
    """The pictures of a series' anomalies, the newest first, at most 200.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: whose, from when to when.
        metric: the series.
    """
    params = {
        "workspace": workspace,
        "signal": wanted.signal,
        "metric": metric,
        "since": wanted.since,
        "until": wanted.until,
        "limit": _PICTURES_LIMIT,
    }
    return await fetch(pool, _picture, _PICTURES, params)


async def memory(pool: Pool, workspace: int, signal: str) -> bytes:
    """What was learned of a signal, packed; empty where nothing was stored yet."""
    params = {"workspace": workspace, "signal": signal}
    return await fetch_one(pool, bytes, _MEMORY, params) or b""
