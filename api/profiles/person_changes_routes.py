"""What changed for one person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.profiles.person_changes_schemas import PersonChangeView
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import UnprocessableError
from api.web.paging import BadCursorError, Page, Paging, PagingDep
from api.web.values import Instant, now
from store.profiles import timeline
from store.profiles.timeline import KINDS, ChangeFilter, Cursor, Kind

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])


async def _wanted(
    settings: SettingsDep,
    since: Annotated[Instant, Query(description="At or after this instant.")],
    until: Annotated[Instant | None, Query(description="Before this instant; default now.")] = None,
    kinds: Annotated[list[Kind] | None, Query(description="Only these; default all.")] = None,
) -> ChangeFilter:
    until = until or now()
    if not since < until:
        raise UnprocessableError("`since` must lie before `until`.")
    return ChangeFilter(since, until, tuple(kinds or KINDS), settings.query.citations)


@router.get("/{id}/changes", summary="List what changed for a profile")
async def list_profile_changes(
    caller: Reader,
    pool: PoolDep,
    id: ProfileIdPath,
    wanted: Annotated[ChangeFilter, Depends(_wanted)],
    paging: PagingDep,
) -> Page[PersonChangeView]:
    """Events received, merges and splits, segments entered and left, in time order.

    Each comes with the events that it cites.

    What happened to people who were merged into this one is part of it.
    """
    person = (await find(pool, caller.workspace, id)).person
    rows = await timeline.of_profile(
        pool, caller.workspace, person.id, wanted, _after(paging), paging.limit
    )
    messages = {message for row in rows for message in row.citations}
    known = await timeline.cited(pool, caller.workspace, sorted(messages))
    return paging.page(rows, lambda row: PersonChangeView.from_row(row, known), timeline.cursor_of)


def _after(paging: Paging) -> Cursor | None:
    place = paging.after(datetime, int, str)
    if place is None:
        return None
    after = Cursor(*place)
    if not timeline.is_place(after):
        raise BadCursorError("the cursor was not handed out by this listing")
    return after
