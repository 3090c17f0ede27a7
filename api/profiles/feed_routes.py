"""All events of a workspace as they came in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.profiles.events_schemas import FeedEvent
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.paging import Page, PagingDep, encode_cursor
from api.web.values import Instant
from store.profiles import feed
from store.profiles.feed import FeedFilter, Place

router = APIRouter(prefix="/cdp/events", tags=["profiles"])


async def _filter(
    type: Annotated[
        str | None, Query(max_length=32, description="Only this type.", examples=["track"])
    ] = None,
    name: Annotated[
        str | None,
        Query(max_length=1024, description="Only this name.", examples=["Order Completed"]),
    ] = None,
    source: Annotated[
        int | None,
        Query(ge=0, lt=2**31, description="Only from this source; 0 for operators' commands."),
    ] = None,
    since: Annotated[Instant | None, Query(description="Received at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Received before.")] = None,
) -> FeedFilter:
    return FeedFilter(type, name, source, since, until)


@router.get("", summary="List events")
async def list_events(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    wanted: Annotated[FeedFilter, Depends(_filter)],
    paging: PagingDep,
) -> Page[FeedEvent]:
    """Newest received first, each with the record as it was received and whose it is.

    A page looks at a limited number of events: where few match, it is short, even empty, and yet
    leads to the next one.
    """
    place = paging.after(datetime, UUID)
    after = Place(*place) if place else None
    look_at = settings.query.feed.look_at
    found = await feed.page(pool, caller.workspace, wanted, after, paging.limit, look_at)
    return Page(
        items=[FeedEvent.from_fed(row) for row in found.events],
        next=encode_cursor(*found.end) if found.end else None,
    )
