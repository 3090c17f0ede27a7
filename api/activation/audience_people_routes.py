"""Who is on an audience's list, and which members are not, each with the reason."""

from contextlib import AsyncExitStack
from typing import Annotated, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from api.activation.audience_people_schemas import AudiencePerson
from api.activation.audience_sync_routes import AudienceId
from api.activation.audience_views import AudienceViewsDep
from api.activation.person_audiences_routes import STATES
from api.activation.person_audiences_schemas import Reason, State
from api.profiles.reader import Profiles
from api.web.concurrency import HeavyReadsDep
from api.web.deps import Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import BadCursorError, Page, PagingDep, encode_cursor
from api.web.transaction import Conn, TransactionsDep
from domain.activation.states import RowState
from sinks.activation.people import AudiencePeople, Wanted, people_of
from store.activation.due import read_audience

router = APIRouter(prefix="/cdp/audience-sync/audiences", tags=["audiences"])

_MISSING: Final[State] = "not_on_the_list"


async def _wanted(
    state: Annotated[
        State | None,
        Query(
            description="Only people in this state; `not_on_the_list`: members of the segment who"
            " are not on it. Default: everybody on the list or on their way; with a `reason`, also"
            " members who are not on it."
        ),
    ] = None,
    reason: Annotated[
        Reason | None, Query(description="Only people for whom this decides.")
    ] = None,
) -> Wanted:
    rows = [row for row in RowState if state is None or STATES[row] == state]
    missing = state == _MISSING or (state is None and reason is not None)
    return Wanted(rows, missing, reason)


class _Asked(NamedTuple):
    """Which people, and which page of them.

    Attributes:
        mark: names the filters, which cursors belong to.
        after: the last person looked at for the page before; None for the first page.
    """

    wanted: Wanted
    mark: str
    after: UUID | None
    limit: int


async def _asked(paging: PagingDep, wanted: Annotated[Wanted, Depends(_wanted)]) -> _Asked:
    mark = f"{','.join(wanted.states)}:{wanted.missing}:{wanted.reason}"
    after, marked = paging.after(UUID, str) or (None, mark)
    if marked != mark:
        raise BadCursorError("the cursor belongs to other filters; begin at the first page")
    return _Asked(wanted, mark, after, paging.limit)


@router.get("/{id}/people", summary="List an audience's people")
async def list_audience_people(
    caller: Reader,
    settings: SettingsDep,
    views: AudienceViewsDep,
    transactions: TransactionsDep,
    reader: Profiles,
    heavy: HeavyReadsDep,
    id: AudienceId,
    asked: Annotated[_Asked, Depends(_asked)],
) -> Page[AudiencePerson]:
    """Who is on the list or on their way, or the members who are not there; and why.

    By profile id. A page looks at a bounded number of people, so that one with a filter may be
    short and yet have a successor.
    """
    audience = await views.find(caller.workspace, id)
    platform = settings.platforms[audience.platform].codec

    def read(conn: Conn) -> AudiencePeople | None:
        stored = read_audience(conn, id)
        if stored is None:
            return None
        return people_of(conn, stored, platform, asked.wanted, asked.after, asked.limit)

    async with AsyncExitStack() as turn:
        if asked.wanted.reason is not None:  # then many may be looked at
            await turn.enter_async_context(heavy.audience_people.slot(caller.workspace))
        found = await transactions.read(read)
    if found is None:
        raise NotFoundError("audience")
    people = await reader.summaries(
        caller.workspace, [person.profile_id for person, _ in found.people]
    )
    return Page(
        items=[
            AudiencePerson(
                profile_id=person.profile_id,
                person=people.get(person.profile_id),
                state=STATES.get(person.state or "", _MISSING),
                reason=why,
                member_since=person.member_since,
                confirmed_at=person.pushed_at,
            )
            for person, why in found.people
        ],
        next=None if found.next is None else encode_cursor(found.next, asked.mark),
    )
