"""Profiles: in pages, by id, by any identifier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from api.profiles.reader import Profiles
from api.profiles.schemas import Profile, ProfileSummary
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep, encode_cursor
from api.web.values import Count, Instant
from domain.profiles.profile import Stage
from store.fetch import Pool
from store.profiles import pages, profiles
from store.profiles.pages import Cursor, ProfileFilter
from store.profiles.profiles import StoredProfile

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


async def _filter(
    stage: Annotated[
        Stage | None, Query(description="Only people in this lifecycle stage.")
    ] = None,
    seen_since: Annotated[
        Instant | None, Query(description="Only people with an event at or after this instant.")
    ] = None,
    search: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=256,
            description="Prefix of any identifier's value, as written or in lower case.",
            examples=["mary@"],
        ),
    ] = None,
) -> ProfileFilter:
    return ProfileFilter(stage.value if stage else None, seen_since, search)


@router.get("", summary="List or search profiles")
async def list_profiles(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    reader: Profiles,
    wanted: Annotated[ProfileFilter, Depends(_filter)],
    paging: PagingDep,
) -> Page[ProfileSummary]:
    """People in the order of their ids or, when searching, of their first matching identifier.

    `total` comes with the first page. A search counts matching identifiers, whatever the other
    filters are.
    """
    query, place = settings.query, paging.after(UUID, str)
    after = Cursor(*place) if place else None
    page = await pages.page(pool, caller.workspace, wanted, after, paging.limit, query.paging)
    people = await profiles.by_ids(pool, caller.workspace, page.ids, query.identifier_preview)
    total = None
    if after is None:
        total = Count.from_stored(await pages.total(pool, caller.workspace, wanted, query.paging))
    return Page(
        items=[await reader.summary(found) for found in people],
        next=encode_cursor(page.next.key, page.next.value) if page.next else None,
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
