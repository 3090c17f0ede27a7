"""A person's events."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.profiles.events_schemas import EventView
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import PoolDep, Reader
from api.web.paging import Page, PagingDep
from api.web.values import Instant
from store.profiles import events
from store.profiles.events import Cursor, EventFilter

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])


async def _filter(
    type: Annotated[
        str | None, Query(max_length=32, description="Only this type.", examples=["track"])
    ] = None,
    name: Annotated[
        str | None,
        Query(max_length=1024, description="Only this name.", examples=["Order Completed"]),
    ] = None,
    since: Annotated[Instant | None, Query(description="Event time at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Event time before.")] = None,
) -> EventFilter:
    return EventFilter(type, name, since, until)


@router.get("/{id}/events", summary="List a profile's events")
async def list_profile_events(
    caller: Reader,
    pool: PoolDep,
    id: ProfileIdPath,
    wanted: Annotated[EventFilter, Depends(_filter)],
    paging: PagingDep,
) -> Page[EventView]:
    """Newest first by event time, each with the record as it was received."""
    person = (await find(pool, caller.workspace, id)).person
    place = paging.after(datetime, UUID)
    after = Cursor(*place) if place else None
    rows = await events.of_profile(pool, caller.workspace, person.id, wanted, after, paging.limit)
    return paging.page(rows, EventView.from_event, lambda row: (row.occurred_at, row.message_key))
