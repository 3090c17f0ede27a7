"""A person's events."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.profiles.events_schemas import EventView
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import Reader
from api.web.errors import DESCRIBED
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, decode_cursor, encode_cursor
from api.web.reading import ReadsNow
from api.web.values import Instant
from store.profiles import events
from store.profiles.events import Cursor, EventFilter

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"], responses=DESCRIBED)


@router.get("/{id}/events", summary="List a profile's events")
async def list_profile_events(  # noqa: PLR0913, PLR0917 - one per query parameter
    caller: Reader,
    reads: ReadsNow,
    id: ProfileIdPath,
    type: Annotated[
        str | None, Query(max_length=32, description="Only this type.", examples=["track"])
    ] = None,
    name: Annotated[
        str | None,
        Query(max_length=1024, description="Only this name.", examples=["Order Completed"]),
    ] = None,
    since: Annotated[Instant | None, Query(description="Event time at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Event time before.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[EventView]:
    """Newest first by event time, each with the record as it was received."""
    found = await find(reads, caller.workspace, id)
    after = None
    if cursor is not None:
        at, key = decode_cursor(cursor, (datetime, UUID))
        after = Cursor(at, key)
    wanted = EventFilter(type, name, since, until)
    rows = await events.of_profile(
        reads.pool, caller.workspace, found.person.id, wanted, after, limit
    )
    following = (
        encode_cursor(rows[-1].occurred_at, rows[-1].message_key) if len(rows) == limit else None
    )
    return Page(items=[EventView.of(row) for row in rows], next=following)
