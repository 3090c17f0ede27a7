"""What changed for one person."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.profiles.person_changes_schemas import PersonChangeView
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import Reader
from api.web.errors import DESCRIBED, UnprocessableError
from api.web.paging import (
    LIMIT_DEFAULT,
    BadCursorError,
    CursorText,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
)
from api.web.reading import ReadsNow
from api.web.values import Instant
from store.profiles import timeline
from store.profiles.timeline import KINDS, Cursor, Kind, Wanted

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"], responses=DESCRIBED)


@router.get("/{id}/changes", summary="List what changed for a profile")
async def list_profile_changes(
    caller: Reader,
    reads: ReadsNow,
    id: ProfileIdPath,
    since: Annotated[Instant, Query(description="At or after this instant.")],
    until: Annotated[Instant | None, Query(description="Before this instant; default now.")] = None,
    kinds: Annotated[list[Kind] | None, Query(description="Only these; default all.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[PersonChangeView]:
    """Events received, merges and splits, segments entered and left, in time order, each with the events that it cites.

    What happened to people who were merged into this one is part of it.
    """
    until = until or reads.now()
    if not since < until:
        raise UnprocessableError("`since` must lie before `until`.")
    found = await find(reads, caller.workspace, id)
    wanted = Wanted(since, until, tuple(kinds or KINDS), reads.bounds.citations)
    rows = await timeline.of_profile(
        reads.pool, caller.workspace, found.person.id, wanted, _after(cursor), limit
    )
    messages = {message for row in rows for message in row.citations}
    known = await timeline.cited(reads.pool, caller.workspace, sorted(messages))
    following = encode_cursor(*timeline.cursor_of(rows[-1])) if len(rows) == limit else None
    return Page(items=[PersonChangeView.of(row, known) for row in rows], next=following)


def _after(cursor: str | None) -> Cursor | None:
    if cursor is None:
        return None
    after = Cursor(*decode_cursor(cursor, (datetime, int, str)))
    if not timeline.is_place(after):
        raise BadCursorError("the cursor is not one of this listing")
    return after
