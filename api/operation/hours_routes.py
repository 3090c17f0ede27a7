"""What a workspace's sources brought hour by hour."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter

from api.operation.hours_schemas import HourView, StatisticsHours
from api.web.deps import Reader, state
from api.web.shared import SharedReading
from api.web.values import now
from store.profiles.hours import HOUR, HourlyCounters, Hours

SHOWN: Final = 24
"""How many hours are found, the one under way included."""
_SPAN: Final[timedelta] = (SHOWN - 1) * HOUR

SharedHours = SharedReading[int, HourlyCounters]
"""Readings by workspace."""


def stands_s(took_s: float) -> float:
    """For how many seconds a reading is given again: whoever asks at once shares it."""
    return max(1.0, took_s)


router = APIRouter(prefix="/cdp/statistics/hours", tags=["operation"])


@router.get("", summary="Read what the last 24 hours brought")
async def get_statistics_hours(
    caller: Reader,
    counters: Annotated[Hours, state("hours")],
    shared: Annotated[SharedHours, state("shared_hours")],
) -> StatisticsHours:
    """People, events, orders, revenue and rejected records, by when they came."""

    async def read() -> HourlyCounters:
        at = now()
        return await counters.read(caller.workspace, _hour_of(at) - _SPAN, at)

    found = await shared.read(caller.workspace, read)
    last = _hour_of(found.as_of)
    return StatisticsHours(
        as_of=found.as_of,
        complete_until=found.complete_until,
        hours=[
            HourView.from_counts(at, found.hours.get(at, Counter()))
            for at in (last - _SPAN + number * HOUR for number in range(SHOWN))
        ],
    )


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
