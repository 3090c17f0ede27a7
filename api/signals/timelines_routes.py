"""The hours of all signals at once: how each has been of late."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.signals.timelines_schemas import SignalTimeline
from api.web.deps import PoolDep, Reader
from api.web.errors import UnprocessableError
from api.web.methods import only
from api.web.paging import LIMIT_MAX, Page, PagingDep
from api.web.values import Instant, now
from store.signals import timelines
from store.signals.timelines import TimelineFilter

LONGEST: Final = timedelta(hours=48)
"""Longest range of all signals at once."""
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)

router = APIRouter(prefix="/cdp/signals", tags=["trust"])
only(router, "/hours", "GET")


@router.get("/hours", summary="Sum all signals' readings up by the hour")
async def list_signal_timelines(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    since: Annotated[Instant | None, Query(description="First hour; default a day ago.")] = None,
    until: Annotated[Instant | None, Query(description="Before this; default now.")] = None,
    signal: Annotated[
        list[Annotated[str, Query(max_length=256)]] | None,
        Query(
            max_length=LIMIT_MAX,
            description="Only of this signal; may be repeated.",
            examples=["source:1"],
        ),
    ] = None,
) -> Page[SignalTimeline]:
    """What `/cdp/signals/{signal}/hours` says, of many signals, in the order of their ids.

    Signals without a reading in the range are listed without hours: nothing is known of them.
    """
    end = min(until or now(), now())
    begin = since or end - _DAY
    if not timedelta() < end - begin <= LONGEST:
        raise UnprocessableError(
            f"since must lie before until and before now, by at most {LONGEST // _HOUR} hours"
        )
    begin = begin.replace(minute=0, second=0, microsecond=0)
    after = paging.after(str)
    rows = await timelines.timelines(
        pool,
        caller.workspace,
        TimelineFilter(begin, end, signal),
        after[0] if after else None,
        paging.limit,
    )
    return paging.page(rows, SignalTimeline.from_row, lambda row: (row.signal,))
