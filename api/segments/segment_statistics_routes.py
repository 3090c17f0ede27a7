"""Statistics for dashboards: segments over time, lifecycle, RFM, event volumes."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.segments.segment_statistics_schemas import (
    EventVolumes,
    LifecycleDistribution,
    NameVolume,
    RfmDistributionView,
    SegmentChangeView,
    SegmentHistory,
    SegmentPoint,
    SegmentSize,
    VolumePoint,
)
from api.web.deps import Reader
from api.web.errors import DESCRIBED, NotFoundError, UnprocessableError
from api.web.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    after_id,
    decode_cursor,
    encode_cursor,
)
from api.web.reading import Reads, ReadsNow
from api.web.values import Count, Instant, instant
from domain.profiles.profile import Stage
from store.profiles import statistics
from store.segments import segment_statistics, segments
from store.segments.segment_statistics import Step, Volume

router = APIRouter(prefix="/cdp", tags=["statistics"], responses=DESCRIBED)

_DAY = timedelta(days=1)

SegmentPath = Annotated[int, Path(ge=0, lt=2**31)]
Since = Annotated[Instant | None, Query(description="From here on; default a day before `until`.")]
Until = Annotated[Instant | None, Query(description="Until before this instant; default now.")]
StepText = Annotated[Step, Query(description="Length of a step, in the workspace's time zone.")]


def _range(
    reads: Reads, since: datetime | None, until: datetime | None, longest: timedelta
) -> tuple[datetime, datetime]:
    """The range asked for, with its defaults.

    Raises:
        UnprocessableError: backwards, or longer than it may be.
    """
    until = min(until, reads.now()) if until else reads.now()
    if since is None:
        since = until - min(_DAY, longest)
    if not since < until:
        raise UnprocessableError("`since` must lie before `until` and before now.")
    if until - since > longest:
        raise UnprocessableError(f"The range may be at most {longest.days} days long.")
    return since, until


@router.get("/statistics/segments", summary="List sizes of segments")
async def list_segment_sizes(
    caller: Reader,
    reads: ReadsNow,
    since: Annotated[
        Instant | None, Query(description="Entries and exits from here on; default a day ago.")
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[SegmentSize]:
    """How many people are in each segment now, and how many entered and left of late."""
    begin, _ = _range(reads, since, None, reads.bounds.series.days)
    rows = await segment_statistics.moves(
        reads.pool, caller.workspace, begin, after_id(cursor), limit
    )
    return Page(
        items=[SegmentSize.of(row) for row in rows],
        next=encode_cursor(rows[-1].id) if len(rows) == limit else None,
    )


@router.get("/statistics/segments/{id}", summary="Read a segment's history")
async def get_segment_history(
    caller: Reader,
    reads: ReadsNow,
    id: SegmentPath,
    since: Since = None,
    until: Until = None,
    step: StepText = "hour",
) -> SegmentHistory:
    """Members, entries, exits and volatility hour by hour or day by day, by the instant at which the engine recorded each change."""
    segment = await segments.by_id(reads.pool, caller.workspace, id)
    if segment is None:
        raise NotFoundError("segment")
    bounds = reads.bounds.series
    begin, end = _range(reads, since, until, bounds.hours if step == "hour" else bounds.days)
    points = await segment_statistics.history(reads.pool, caller.workspace, id, begin, end, step)
    return SegmentHistory(
        id=id, name=segment.name, step=step, points=[SegmentPoint.of(point) for point in points]
    )


@router.get("/segments/{id}/changes", summary="List a segment's entries and exits")
async def list_segment_changes(
    caller: Reader,
    reads: ReadsNow,
    id: SegmentPath,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[SegmentChangeView]:
    """Who entered and who left, newest first, with the cause and the definition's version."""
    if await segments.by_id(reads.pool, caller.workspace, id) is None:
        raise NotFoundError("segment")
    after = None
    if cursor is not None:
        at, row = decode_cursor(cursor, (datetime, int))
        after = (at, row)
    rows = await segment_statistics.segment_changes(reads.pool, caller.workspace, id, after, limit)
    following = encode_cursor(rows[-1].changed_at, rows[-1].id) if len(rows) == limit else None
    return Page(items=[SegmentChangeView.of(row) for row in rows], next=following)


@router.get("/statistics/lifecycle", summary="Read the lifecycle distribution")
async def get_lifecycle(caller: Reader, reads: ReadsNow) -> LifecycleDistribution:
    """People per lifecycle stage; exact for small workspaces, else the planner's estimate."""
    people = await statistics.people(
        reads.pool, caller.workspace, reads.bounds.statistics.exact_limit
    )
    found = await statistics.people_by_stage(
        reads.pool, caller.workspace, [stage.value for stage in Stage], exact=people.exact
    )
    total = sum(found.values())
    return LifecycleDistribution(
        as_of=reads.now(),
        people=Count.of(people),
        stages={
            Stage(name): Count(value=value, exact=people.exact) for name, value in found.items()
        },
        shares={Stage(name): value / total for name, value in found.items()} if total else {},
    )


@router.get("/statistics/rfm", summary="Read the RFM distribution")
async def get_rfm_distribution(caller: Reader, reads: ReadsNow) -> RfmDistributionView:
    """Buyers per named RFM segment and per pair of recency and frequency scores, as of the last refresh of the scores."""
    found = await segment_statistics.rfm_distribution(reads.pool, caller.workspace)
    taken = found.distribution if found and found.distribution else {}
    return RfmDistributionView(
        version=found.version if found else 0,
        taken_at=instant(found.taken_ms) if found and found.taken_ms else None,
        population=taken.get("population", 0),
        segments=taken.get("segments", {}),
        grid=taken.get("grid", []),
    )


@router.get("/statistics/events", summary="Read event volumes")
async def get_event_volumes(
    caller: Reader,
    reads: ReadsNow,
    since: Since = None,
    until: Until = None,
    step: StepText = "hour",
) -> EventVolumes:
    """Events per name and hour or day, by event time.

    Names with the most events apart, all others together.
    """
    bounds = reads.bounds.series
    begin, end = _range(reads, since, until, bounds.volume_range)
    rows = await segment_statistics.volumes(
        reads.pool, caller.workspace, begin, end, step, bounds.volume_names
    )
    names = [_named(name, list(points)) for name, points in groupby(rows, lambda row: row.name)]
    names.sort(key=lambda name: (name.name is None, -name.events, name.name or ""))
    return EventVolumes(since=begin, until=end, step=step, names=names)


def _named(name: str | None, rows: list[Volume]) -> NameVolume:
    points = [VolumePoint(at=row.at, events=row.events) for row in rows]
    return NameVolume(name=name, events=sum(row.events for row in rows), points=points)
