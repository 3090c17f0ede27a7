"""Who is in a segment: in pages, or found by the beginning of an identifier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.profiles.members_schemas import Member
from api.profiles.reader import ProfileReader, Profiles
from api.web.deps import Caller, PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import BadCursorError, Page, PagingDep, encode_cursor
from store.profiles import pages
from store.profiles.filters import ProfileFilter
from store.profiles.pages import Cursor
from store.segments import segments
from store.segments.segments import MemberRow

router = APIRouter(prefix="/cdp/segments", tags=["segments"])


@router.get("/{id}/members", summary="List a segment's members")
async def list_segment_members(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    reader: Profiles,
    paging: PagingDep,
    id: Annotated[int, Path(ge=0, lt=2**31)],
    search: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=256,
            description="Prefix of any identifier's value, as written or in lower case.",
            examples=["mary@"],
        ),
    ] = None,
) -> Page[Member]:
    """The people in a segment, by profile id or, when searching, by their first match.

    Who is merged into somebody else just now is left out of their page.
    """
    if await segments.by_id(pool, caller.workspace, id) is None:
        raise NotFoundError("segment")
    if search is None:
        (after,) = paging.after(UUID) or (None,)
        rows = await segments.members(pool, caller.workspace, id, after, paging.limit)
        following = encode_cursor(rows[-1].profile_id) if len(rows) == paging.limit else None
        return Page(items=await _people(caller, reader, rows), next=following)
    key, value, searched = paging.after(UUID, str, str) or (None, "", search)
    if searched != search:
        raise BadCursorError("the cursor belongs to another search; begin at the first page")
    place = None if key is None else Cursor(key, value)
    wanted = ProfileFilter(search=search, segment=id)
    page = await pages.page(
        pool, caller.workspace, wanted, place, paging.limit, settings.query.paging
    )
    rows = await segments.memberships(pool, caller.workspace, id, page.ids)
    following = encode_cursor(page.next.key, page.next.value, search) if page.next else None
    return Page(items=await _people(caller, reader, rows), next=following)


async def _people(caller: Caller, reader: ProfileReader, rows: list[MemberRow]) -> list[Member]:
    """Show members with who they are: one statement for all of them."""
    ids = [row.profile_id for row in rows]
    people = await reader.summaries(caller.workspace, ids)
    return [
        Member(
            profile_id=row.profile_id,
            since=row.since_at,
            version=row.version,
            person=people[row.profile_id],
        )
        for row in rows
        if row.profile_id in people
    ]
