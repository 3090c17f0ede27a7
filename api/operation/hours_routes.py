"""What a workspace's sources brought hour by hour."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter

from api.operation.hours_schemas import HourView, StatisticsHours
from api.web.deps import Reader, state
from api.web.values import now
from store.profiles.hours import HOUR, Hours

SHOWN: Final = 24
"""How many hours are found, the one under way included."""
_SPAN: Final[timedelta] = (SHOWN - 1) * HOUR

router = APIRouter(prefix="/cdp/statistics/hours", tags=["operation"])


@router.get("", summary="Read what the last 24 hours brought")
async def get_statistics_hours(
    caller: Reader, counters: Annotated[Hours, state("hours")]
) -> StatisticsHours:
    """People, events, orders, revenue and rejected records, by when they came."""
    asked_at = now()
    last = asked_at.replace(minute=0, second=0, microsecond=0)
    found = await counters.read(caller.workspace, last - _SPAN, asked_at)
    last = found.as_of.replace(minute=0, second=0, microsecond=0)
    return StatisticsHours(
        as_of=found.as_of,
        complete_until=found.complete_until,
        hours=[
            HourView.from_counts(at, found.hours.get(at, Counter()))
            for at in (last - _SPAN + number * HOUR for number in range(SHOWN))
        ],
    )
