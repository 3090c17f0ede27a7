"""How many events came, step by step."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.segments.ranges import Since, Until, checked_range
from api.segments.volumes_schemas import EventVolume, EventVolumes
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.values import now
from store.intake.partitions import complete_until
from store.segments import volumes
from store.segments.volumes import VolumeBy, VolumeFilter, VolumeStep

router = APIRouter(prefix="/cdp/statistics/events", tags=["statistics"])


async def _filter(
    settings: SettingsDep,
    since: Since = None,
    until: Until = None,
    step: Annotated[
        VolumeStep,
        Query(
            description="Length of a step, in the workspace's time zone; `minute` for up to three"
            " hours."
        ),
    ] = "hour",
    by: Annotated[VolumeBy, Query(description="What is told apart.")] = "name",
    source: Annotated[int | None, Query(ge=0, lt=2**31, description="Only of this source.")] = None,
    name: Annotated[
        list[Annotated[str, Query(max_length=1024)]] | None,
        Query(max_length=50, description="Only of this name; may be repeated."),
    ] = None,
) -> VolumeFilter:
    bounds = settings.query.series
    longest = bounds.volume_minutes if step == "minute" else bounds.volume_range
    begin, end = checked_range(since, until, longest)
    return VolumeFilter(begin, end, source, name or (), by, step)


@router.get("", summary="Read event volumes")
async def get_event_volumes(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    wanted: Annotated[VolumeFilter, Depends(_filter)],
) -> EventVolumes:
    """Events per name, source or type and minute, hour or day, by event time.

    Those with the most events are counted apart, all others together.
    """
    series = settings.query.series.volume_names
    rows = await volumes.volumes(pool, caller.workspace, wanted, series, now())
    found = [
        EventVolume.from_rows(key, list(points)) for key, points in groupby(rows, lambda r: r.key)
    ]
    found.sort(key=lambda each: (each.name is None, -each.events, each.name or ""))
    return EventVolumes(
        since=wanted.since,
        until=wanted.until,
        step=wanted.step,
        by=wanted.by,
        first_received_at=await volumes.first_received(pool, caller.workspace),
        complete_until=await complete_until(pool, settings.log.watched),
        names=found,
    )
