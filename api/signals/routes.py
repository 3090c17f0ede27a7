"""Signals and their health."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from api.signals.components_schemas import components_of
from api.signals.schemas import OutlookView, SignalDetail, SignalHour
from api.signals.series_schemas import SignalMetric
from api.signals.trust_schemas import Reading, Signal
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError, UnprocessableError
from api.web.paging import Page, PagingDep
from api.web.values import Instant, now
from domain.ids import WorkspaceId
from domain.instants import to_ms
from domain.signals.reading import Reading as Said
from domain.signals.reading import Status
from operators.gate.readings import misdated, misdated_words
from operators.signals.evidence import kind_of
from operators.signals.forecast import Outlook, capping, outlook, why
from operators.signals.machine import restore
from operators.signals.series import series_of, watched
from store.signals import readings, series
from store.signals.readings import ReadingRow

SignalName = Annotated[
    str,
    Path(
        max_length=256,
        description="`source:<id>`, `platform:<name>` or `conversions`.",
        examples=["source:1"],
    ),
]
TREND: Final = timedelta(minutes=60)
"""Span over which a trend is read."""
LONGEST: Final = timedelta(days=93)
"""Longest range by the hour."""

router = APIRouter(prefix="/cdp/signals", tags=["trust"])


@router.get("", summary="List signals with their latest reading")
async def list_signals(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    components: Annotated[
        bool, Query(description="Whether readings have their components; else they are empty.")
    ] = True,
) -> Page[Signal]:
    """Every source, heard of or not, and every platform that was read.

    No data is unknown, not healthy, and so is old data.
    """
    rows = await readings.latest(pool, caller.workspace, components=components)
    of, now_ms = settings.signals.of, to_ms(now())
    signals = [Signal.from_row(row, of(row.signal), now_ms, settings.gate) for row in rows]
    return Page(items=signals, next=None)


@router.get("/{signal}", summary="Explain a signal's health")
async def explain_signal(
    caller: Reader, settings: SettingsDep, pool: PoolDep, signal: SignalName
) -> SignalDetail:
    """The newest reading, why it is what it is as a sentence, and its trend over the last hour.

    The trend says when the score would cross a threshold. A signal that is unknown has none.
    """
    row = await readings.latest_of(pool, caller.workspace, signal)
    if row is None:
        raise NotFoundError("signal")
    params, at = settings.signals.of(signal), now()
    reading = None if row.id is None else _reading(caller.workspace, row)
    doubt = reading and misdated(reading.read_ms, to_ms(at), settings.gate)
    if reading is None:
        said = f"{signal} is unknown: it was never read."
    elif doubt:
        said = f"{signal} is unknown: {misdated_words(doubt, settings.gate)}."
    else:
        said = why(reading, params.critical, params.floor)
    cap, heading, status = None, Outlook(None), Status.UNKNOWN
    if reading and not doubt and reading.status is not Status.UNKNOWN:
        status = reading.status
        cap = capping(reading, params.critical, params.floor)
        scores = await readings.scores(pool, caller.workspace, signal, at - TREND)
        heading = outlook(scores, (params.healthy, params.degraded))
    return SignalDetail(
        signal=signal,
        name=row.name,
        status=status.value,
        why=said,
        capped_by=cap.name if cap else None,
        reading=Reading.from_row(row, params) if reading else None,
        outlook=OutlookView.from_outlook(heading),
        metrics=_metrics(signal, await series.memory(pool, caller.workspace, signal)),
    )


def _metrics(signal: str, memory: bytes) -> list[SignalMetric]:
    kind = kind_of(signal)
    states = restore(memory).watches if memory else {}
    return [
        SignalMetric.from_series(name, told)
        for name in watched(kind, states)
        if (told := series_of(kind, name)) is not None
    ]


def _reading(workspace: int, row: ReadingRow) -> Said:
    at_ms = to_ms(row.read_at) if row.read_at else 0
    status = Status(row.status or "unknown")
    return Said(
        WorkspaceId(workspace),
        row.signal,
        at_ms,
        row.score,
        status,
        row.sample or 0,
        components_of(row.components),
        tuple(row.reasons or ()),
    )


@router.get("/{signal}/hours", summary="Sum a signal's readings up by the hour")
async def list_signal_hours(
    caller: Reader,
    pool: PoolDep,
    signal: SignalName,
    since: Annotated[Instant | None, Query(description="First hour; default a week ago.")] = None,
    until: Annotated[Instant | None, Query(description="Before this; default now.")] = None,
) -> Page[SignalHour]:
    """Lowest, mean and highest score of each hour, also of those whose readings are gone.

    Hours without readings are left out.
    """
    end = until or now()
    begin = (since or end - timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    if not timedelta() < end - begin <= LONGEST:
        raise UnprocessableError(f"since must lie before until, by at most {LONGEST.days} days")
    rows = await readings.hours(pool, caller.workspace, signal, begin, end)
    return Page(items=[SignalHour.from_row(row) for row in rows], next=None)


@router.get("/{signal}/readings", summary="List a signal's readings")
async def list_signal_readings(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    paging: PagingDep,
    signal: SignalName,
    since: Annotated[Instant | None, Query(description="Read at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Read before.")] = None,
) -> Page[Reading]:
    """A signal's history, newest first; empty for a signal that was never read."""
    wanted = readings.ReadingFilter(signal, since, until)
    rows = await readings.history(
        pool, caller.workspace, wanted, paging.after(datetime, int), paging.limit
    )
    params = settings.signals.of(signal)
    return paging.page(
        rows, lambda row: Reading.from_row(row, params), lambda row: (row.read_at, row.id)
    )
