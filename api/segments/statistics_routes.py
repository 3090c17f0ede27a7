"""Statistics for dashboards: segments over time, lifecycle, RFM."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.segments.ranges import Since, Until, checked_range
from api.segments.statistics_schemas import (
    LifecycleDistribution,
    RfmDistributionView,
    SegmentChangeView,
    SegmentHistory,
    SegmentPoint,
    SegmentSize,
)
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import LIMIT_MAX, Page, PagingDep
from api.web.values import Count, Instant, instant, now
from domain.profiles.profile import Stage
from store.profiles import statistics
from store.segments import segments
from store.segments import statistics as segment_statistics
from store.segments.statistics import Step

router = APIRouter(prefix="/cdp", tags=["statistics"])

SegmentPath = Annotated[int, Path(ge=0, lt=2**31)]
SegmentId = Annotated[int, Query(ge=0, lt=2**31)]
StepText = Annotated[Step, Query(description="Length of a step, in the workspace's time zone.")]


@dataclass(frozen=True)
class Series:
    """What a series is asked for: its range and its steps."""

    since: datetime | None
    until: datetime | None
    step: Step

    def range(self, longest: timedelta) -> tuple[datetime, datetime]:
        """The range with its defaults.

        Raises:
            UnprocessableError: backwards, or longer than it may be.
        """
        return checked_range(self.since, self.until, longest)


async def _series(since: Since = None, until: Until = None, step: StepText = "hour") -> Series:
    return Series(since, until, step)


SeriesDep = Annotated[Series, Depends(_series)]


@router.get("/statistics/segments", summary="List sizes of segments")
async def list_segment_sizes(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    paging: PagingDep,
    since: Annotated[
        Instant | None, Query(description="Entries and exits from here on; default a day ago.")
    ] = None,
    segment: Annotated[
        list[SegmentId] | None,
        Query(max_length=LIMIT_MAX, description="Only of this segment; may be repeated."),
    ] = None,
) -> Page[SegmentSize]:
    """How many people are in each segment now, and how many entered and left of late."""
    begin, _ = checked_range(since, None, settings.query.series.days)
    rows = await segment_statistics.moves(
        pool, caller.workspace, begin, segment, paging.after_id, paging.limit
    )
    return paging.page(rows, SegmentSize.from_row)


@router.get("/statistics/segments/{id}", summary="Read a segment's history")
async def get_segment_history(
    caller: Reader, settings: SettingsDep, pool: PoolDep, id: SegmentPath, series: SeriesDep
) -> SegmentHistory:
    """Members, entries, exits and volatility hour by hour or day by day.

    Each change counts at the instant at which the engine recorded it.
    """
    segment = await segments.by_id(pool, caller.workspace, id)
    if segment is None:
        raise NotFoundError("segment")
    bounds, step = settings.query.series, series.step
    begin, end = series.range(bounds.hours if step == "hour" else bounds.days)
    points = await segment_statistics.history(pool, caller.workspace, id, begin, end, step)
    return SegmentHistory(
        id=id,
        name=segment.name,
        step=step,
        points=[SegmentPoint.from_point(point) for point in points],
    )


@router.get("/segments/{id}/changes", summary="List a segment's entries and exits")
async def list_segment_changes(
    caller: Reader, pool: PoolDep, paging: PagingDep, id: SegmentPath
) -> Page[SegmentChangeView]:
    """Who entered and who left, newest first, with the cause and the definition's version."""
    if await segments.by_id(pool, caller.workspace, id) is None:
        raise NotFoundError("segment")
    after = paging.after(datetime, int)
    rows = await segment_statistics.segment_changes(pool, caller.workspace, id, after, paging.limit)
    return paging.page(rows, SegmentChangeView.from_row, lambda row: (row.changed_at, row.id))


@router.get("/statistics/lifecycle", summary="Read the lifecycle distribution")
async def get_lifecycle(
    caller: Reader, settings: SettingsDep, pool: PoolDep
) -> LifecycleDistribution:
    """People per lifecycle stage; exact for small workspaces, else the planner's estimate."""
    people = await statistics.people(pool, caller.workspace, settings.query.statistics.exact_limit)
    found = await statistics.people_by_stage(
        pool, caller.workspace, [stage.value for stage in Stage], exact=people.exact
    )
    total = sum(found.values())
    return LifecycleDistribution(
        as_of=now(),
        people=Count.from_stored(people),
        stages={
            Stage(name): Count(value=value, exact=people.exact) for name, value in found.items()
        },
        shares={Stage(name): value / total for name, value in found.items()} if total else {},
    )


@router.get("/statistics/rfm", summary="Read the RFM distribution")
async def get_rfm_distribution(caller: Reader, pool: PoolDep) -> RfmDistributionView:
    """Buyers per named RFM segment and per pair of recency and frequency scores.

    The scores are those of their last refresh.
    """
    found = await segment_statistics.rfm_distribution(pool, caller.workspace)
    taken = found.distribution if found and found.distribution else {}
    return RfmDistributionView(
        version=found.version if found else 0,
        taken_at=instant(found.taken_ms) if found and found.taken_ms else None,
        population=taken.get("population", 0),
        segments=taken.get("segments", {}),
        grid=taken.get("grid", []),
    )
