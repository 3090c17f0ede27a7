"""Puts a watched series together: its points, and what the engine expected of them."""

from datetime import datetime, timedelta

from api.signals.series_schemas import SeriesPoint
from api.web.values import instant
from domain.instants import MS, to_ms
from operators.detection.episodes import Pictured
from operators.detection.metric_watch import pictured
from operators.signals.evidence import SignalKind, kind_of
from operators.signals.machine import restore
from operators.signals.params import HealthParams
from operators.signals.series import Series, points
from store.fetch import Pool
from store.signals import series
from store.signals.series import SeriesRange


def floored(at: datetime, step: timedelta) -> datetime:
    """The beginning of the step that an instant lies in."""
    at_ms, step_ms = to_ms(at), step // MS
    return instant(at_ms - at_ms % step_ms)


async def read_points(
    pool: Pool,
    workspace: int,
    wanted: SeriesRange,
    metric: str,
    told: Series,
    params: HealthParams,
    complete_until: datetime | None,
) -> list[SeriesPoint]:
    """The points of a series, oldest first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: whose, in whole steps.
        metric: the series.
        told: what it means.
        params: of the signal.
        complete_until: everything received until then is counted.
    """
    step = params.anomalies.step
    values = await _values(pool, workspace, wanted, metric, told, params)
    if metric == "events" and values and complete_until is not None:
        _silences(values, min(wanted.until, complete_until), step)
    expected = await _expected(pool, workspace, wanted, metric)
    shown = sorted(values.keys() | expected.keys())
    return [_point(at_ms, values.get(at_ms), expected.get(at_ms)) for at_ms in shown]


async def _values(
    pool: Pool,
    workspace: int,
    wanted: SeriesRange,
    metric: str,
    told: Series,
    params: HealthParams,
) -> dict[int, float]:
    kind: SignalKind = kind_of(wanted.signal)
    found = await series.counters(pool, workspace, wanted, told.counters, params.anomalies.step)
    values = {}
    for at_ms, counts in found.items():
        value = points(kind, counts, params.minimum_orders).get(metric)
        if value is not None:
            values[at_ms] = value
    return values


def _silences(values: dict[int, float], until: datetime, step: timedelta) -> None:
    """Note steps in which nothing came although everything is counted, in place."""
    step_ms = step // MS
    for at_ms in range(min(values), to_ms(until) - step_ms + 1, step_ms):
        values.setdefault(at_ms, 0.0)


async def _expected(
    pool: Pool, workspace: int, wanted: SeriesRange, metric: str
) -> dict[int, Pictured]:
    memory = await series.memory(pool, workspace, wanted.signal)
    state = restore(memory).watches.get(metric) if memory else None
    pictures = await series.pictures(pool, workspace, wanted, metric)
    since_ms, until_ms = to_ms(wanted.since), to_ms(wanted.until)
    return {
        point.at_ms: point
        for picture in (*reversed(pictures), pictured(state) if state else ())
        for point in picture
        if since_ms <= point.at_ms < until_ms
    }


def _point(at_ms: int, value: float | None, expected: Pictured | None) -> SeriesPoint:
    return SeriesPoint(
        at=instant(at_ms),
        value=value if value is not None or expected is None else expected.value,
        expected=expected.expected if expected else None,
        low=expected.low if expected else None,
        high=expected.high if expected else None,
    )
