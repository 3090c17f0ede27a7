"""Segments and their members."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.deps import Reader
from api.errors import DESCRIBED, NotFoundError
from api.reading import Reads, ReadsNow
from api.schemas.paging import LIMIT_DEFAULT, CursorText, Limit, Page, after_id, decode_cursor, encode_cursor
from api.schemas.segments import Member, SegmentView
from api.schemas.values import Count
from store import segments
from store.segments import SegmentRow

router = APIRouter(prefix="/cdp/segments", tags=["segments"], responses=DESCRIBED)


async def _show(reads: Reads, workspace: int, row: SegmentRow) -> SegmentView:
    members = await segments.size(reads.pool, workspace, row.id, reads.bounds.statistics.exact_limit)
    return SegmentView(
        id=row.id, name=row.name, version=row.version, definition=row.definition, created_at=row.created_at, members=Count.of(members)
    )


@router.get("", summary="List segments")
async def list_segments(caller: Reader, reads: ReadsNow, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None) -> Page[SegmentView]:
    """The workspace's segments with their sizes."""
    rows = await segments.of_workspace(reads.pool, caller.workspace, after_id(cursor), limit)
    items = [await _show(reads, caller.workspace, row) for row in rows]
    return Page(items=items, next=encode_cursor(rows[-1].id) if len(rows) == limit else None)


@router.get("/{id}/members", summary="List a segment's members")
async def list_members(
    caller: Reader,
    reads: ReadsNow,
    id: Annotated[int, Path(ge=0, lt=2**31)],  # noqa: A002 - the path's name
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[Member]:
    """The people in a segment, by profile id."""
    if await segments.by_id(reads.pool, caller.workspace, id) is None:
        raise NotFoundError("segment")
    after: UUID | None = None
    if cursor is not None:
        (after,) = decode_cursor(cursor, (UUID,))
    rows = await segments.members(reads.pool, caller.workspace, id, after, limit)
    items = [Member(profile_id=row.profile_id, since=row.since_at, version=row.version) for row in rows]
    return Page(items=items, next=encode_cursor(rows[-1].profile_id) if len(rows) == limit else None)
