"""The figures behind a signal's score, step by step."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.signals.routes import SignalName
from api.signals.series import floored, read_points
from api.signals.series_schemas import SignalSeries
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError, UnprocessableError
from api.web.values import Instant, now
from operators.signals.evidence import kind_of
from operators.signals.series import series_of
from store.intake.partitions import complete_until
from store.signals.series import SeriesRange

LONGEST: Final = timedelta(days=7)
"""Longest range of a series."""

router = APIRouter(prefix="/cdp/signals", tags=["trust"])


@router.get("/{signal}/series", summary="Read a series of a signal")
async def get_signal_series(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    signal: SignalName,
    metric: Annotated[
        str,
        Query(max_length=256, description="One of the signal's `metrics`.", examples=["events"]),
    ],
    since: Annotated[Instant | None, Query(description="From here on; default a day ago.")] = None,
    until: Annotated[Instant | None, Query(description="Before this; default now.")] = None,
) -> SignalSeries:
    """Its points, each with the range that the engine expected where that is kept."""
    try:
        kind = kind_of(signal)
    except ValueError:
        raise NotFoundError("signal") from None
    told = series_of(kind, metric)
    if told is None:
        raise UnprocessableError("The signal has no such metric: its detail names them.")
    params = settings.signals.of(signal)
    step = params.anomalies.step
    end = floored(min(until or now(), now()), step)
    begin = end - timedelta(days=1) if since is None else floored(since, step)
    if not timedelta() < end - begin <= LONGEST:
        raise UnprocessableError(f"since must lie before until, by at most {LONGEST.days} days")
    complete = await complete_until(pool, settings.log.watched)
    wanted = SeriesRange(signal, begin, end)
    points = await read_points(pool, caller.workspace, wanted, metric, told, params, complete)
    return SignalSeries(
        metric=metric,
        unit=told.unit,
        component=told.component,
        step_s=int(step.total_seconds()),
        complete_until=complete,
        points=points,
    )
