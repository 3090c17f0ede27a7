"""Profiles: in pages, by id, by any identifier."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from api.profiles.programs import Programs, ProgramsNow
from api.profiles.schemas import Profile, ProfileSummary
from api.web.deps import Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, decode_cursor, encode_cursor
from api.web.reading import Reads, ReadsNow
from api.web.values import Count, Instant
from domain.keys import identifier_key
from domain.profiles.profile import Stage
from operators.identity.normalise import normalise
from store.profiles import profiles
from store.profiles.profiles import Cursor, ProfileFilter, StoredProfile

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"], responses=DESCRIBED)

ProfileIdPath = Annotated[
    UUID, Path(description="Profile id; an id that was merged away leads to the survivor.")
]


async def find(reads: Reads, workspace: int, profile: UUID) -> StoredProfile:
    """The live person behind an id.

    Raises:
        NotFoundError: the workspace knows no such person.
    """
    found = await profiles.by_key(reads.pool, workspace, profile.bytes)
    if found is None:
        raise NotFoundError("profile")
    return found


async def show(
    reads: Reads, programs: Programs, found: StoredProfile, asked: UUID | None = None
) -> Profile:
    """A stored person as the API shows it."""
    person = found.person
    judge = await programs.of(person.workspace)
    judged = judge.of(person, round(reads.now().timestamp() * 1000))
    names = await reads.segments(person)
    return Profile.of(
        person,
        reads.stage(person),
        found.identifiers,
        names,
        judged,
        asked or UUID(bytes=person.id),
    )


@router.get("", summary="List or search profiles")
async def list_profiles(
    caller: Reader,
    reads: ReadsNow,
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
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[ProfileSummary]:
    """People in the order of their ids or, when searching, of their first matching identifier.

    `total` comes with the first page. A search counts matching identifiers, whatever the other
    filters are.
    """
    wanted = ProfileFilter(stage.value if stage else None, seen_since, search)
    after = None
    if cursor is not None:
        key, value = decode_cursor(cursor, (UUID, str))
        after = Cursor(key, value)
    page = await profiles.page(
        reads.pool, caller.workspace, wanted, after, limit, reads.bounds.paging
    )
    people = await profiles.by_ids(
        reads.pool, caller.workspace, page.ids, reads.bounds.identifier_preview
    )
    total = (
        None
        if after
        else Count.of(
            await profiles.total(reads.pool, caller.workspace, wanted, reads.bounds.paging)
        )
    )
    items = []
    for found in people:
        person = found.person
        segments = await reads.segments(person)
        items.append(ProfileSummary.of(person, reads.stage(person)[0], found.identifiers, segments))
    following = encode_cursor(page.next.key, page.next.value) if page.next else None
    return Page(items=items, next=following, total=total)


@router.get("/lookup", summary="Look a profile up by any identifier")
async def look_up_profile(
    caller: Reader,
    reads: ReadsNow,
    programs: ProgramsNow,
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
    spelled = normalise(kind, value, reads.identity, region.upper())
    if spelled is None:
        raise NotFoundError("profile")
    found = await reads.hot.by_identifier(
        caller.workspace, identifier_key(caller.salt, kind, spelled)
    )
    if found is None:
        raise NotFoundError("profile")
    return await show(reads, programs, found)


@router.get("/{id}", summary="Read a profile")
async def get_profile(
    caller: Reader, reads: ReadsNow, programs: ProgramsNow, id: ProfileIdPath
) -> Profile:
    """One person.

    An id that was merged away answers with the survivor and says so in `redirected_from`.
    """
    return await show(reads, programs, await find(reads, caller.workspace, id), id)
