"""Profiles: in pages, by id, by any identifier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.profiles.listing import ProfileFilterDep, cursor_of, place_of
from api.profiles.reader import Profiles
from api.profiles.schemas import Profile, ProfileSummary
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep
from api.web.values import Count
from store.fetch import Pool
from store.profiles import pages, profiles, totals
from store.profiles.profiles import StoredProfile
from store.segments import segments

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])

ProfileIdPath = Annotated[
    UUID, Path(description="Profile id; an id that was merged away leads to the survivor.")
]


async def find(pool: Pool, workspace: int, profile: UUID) -> StoredProfile:
    """The live person that an id leads to.

    Raises:
        NotFoundError: the workspace knows no such person.
    """
    found = await profiles.by_key(pool, workspace, profile.bytes)
    if found is None:
        raise NotFoundError("profile")
    return found


@router.get("", summary="List or search profiles")
async def list_profiles(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    reader: Profiles,
    wanted: ProfileFilterDep,
    paging: PagingDep,
) -> Page[ProfileSummary]:
    """People in the order of their ids, of their first matching identifier, or as `sort` says.

    `total` comes with the first page. A search counts matching identifiers, whatever the other
    filters are; what people consented to is not counted.
    """
    query, after = settings.query, place_of(paging, wanted)
    if wanted.segment is not None and (
        await segments.by_id(pool, caller.workspace, wanted.segment) is None
    ):
        raise NotFoundError("segment")
    page = await pages.page(pool, caller.workspace, wanted, after, paging.limit, query.paging)
    people = await profiles.by_ids(pool, caller.workspace, page.ids, query.identifier_preview)
    total = None
    if after is None:
        counted = await totals.total(pool, caller.workspace, wanted, query.paging)
        total = None if counted is None else Count.from_stored(counted)
    return Page(
        items=[await reader.summary(found) for found in people],
        next=cursor_of(page.next, wanted) if page.next else None,
        total=total,
    )


@router.get("/lookup", summary="Look a profile up by any identifier")
async def look_up_profile(
    caller: Reader,
    reader: Profiles,
    kind: Annotated[
        str, Query(min_length=1, max_length=64, description="Identifier kind.", examples=["email"])
    ],
    value: Annotated[
        str,
        Query(
            min_length=1,
            max_length=1024,
            description="In any spelling.",
            examples=["Mary@Example.com"],
        ),
    ],
    region: Annotated[
        str,
        Query(
            max_length=2,
            description="ISO 3166 region of a phone number without a country code.",
            examples=["US"],
        ),
    ] = "",
) -> Profile:
    """The person who owns an identifier.

    The fast way in: answered from Redis where it is known there.
    """
    return await reader.show(await reader.by_identifier(caller, kind, value, region))


@router.get("/{id}", summary="Read a profile")
async def get_profile(
    caller: Reader, pool: PoolDep, reader: Profiles, id: ProfileIdPath
) -> Profile:
    """One person.

    An id that was merged away answers with the survivor and says so in `redirected_from`.
    """
    return await reader.show(await find(pool, caller.workspace, id), id)
