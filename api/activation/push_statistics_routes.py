"""An audience's pushes over time, for dashboards."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.activation.audience_views import AudienceViewsDep
from api.activation.push_statistics_schemas import PushPointView, PushStatistics
from api.segments.statistics_routes import SeriesDep
from api.web.deps import PoolDep, Reader, SettingsDep
from store.pushes import push_statistics

router = APIRouter(prefix="/cdp/statistics/pushes", tags=["statistics"])


@router.get("", summary="Read an audience's pushes over time")
async def get_push_statistics(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    views: AudienceViewsDep,
    series: SeriesDep,
    audience: Annotated[int, Query(ge=0, lt=2**31, description="Whose pushes.", examples=[1])],
) -> PushStatistics:
    """What was planned, sent and held hour by hour or day by day, and what the platform told."""
    await views.find(caller.workspace, audience)
    bounds, step = settings.query.series, series.step
    begin, end = series.range(bounds.hours if step == "hour" else bounds.days)
    points = await push_statistics.history(pool, caller.workspace, audience, begin, end, step)
    return PushStatistics(
        audience_id=audience,
        since=begin,
        until=end,
        step=step,
        points=[PushPointView.from_point(point) for point in points],
    )
