"""What a person stated about consent: every statement, or every change."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from api.profiles.consent_history import spoken, standing
from api.profiles.consent_schemas import ConsentHistory, PurposeInForce, entries
from api.profiles.routes import ProfileIdPath, find
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.paging import PagingDep, encode_cursor
from domain.profiles.consent import purpose_of
from operators.profiles.consent_history import Run, runs
from sources.intake.statements import StatementReader
from store.profiles.events import Cursor

CHANGES_LIMIT: Final = 2_000
"""Events with statements that one page of changes is made of."""

router = APIRouter(prefix="/cdp/profiles", tags=["profiles"])


@router.get("/{id}/consent/history", summary="List a profile's consent statements")
async def list_consent_history(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    id: ProfileIdPath,
    paging: PagingDep,
    purpose: Annotated[
        str | None,
        Query(max_length=1024, description="Only this purpose.", examples=["advertising"]),
    ] = None,
    every: Annotated[
        bool,
        Query(alias="all", description="Every statement, and not only changes of a state."),
    ] = False,
) -> ConsentHistory:
    """What the person stated about consent: when, by which event, in which form.

    Changes of each purpose's state or text version, the newest first, with the number of repeated
    statements; with `all`, every statement of at most `limit` events. A page looks at 10,000
    events of each identifier and ends early where they are large; `next` leads to older ones, so a
    page may be empty and yet have a next one.

    The statements are read from the stored events by the rules by which profiles are made of them.
    """
    found = await find(pool, caller.workspace, id)
    place = paging.after(datetime, UUID)
    read = StatementReader(settings.identity, settings.profile)
    wanted = None if purpose is None else purpose_of(purpose)
    said = await spoken(
        pool,
        read,
        found,
        Cursor(*place) if place else None,
        paging.limit if every else CHANGES_LIMIT,
        wanted,
    )
    gathered = (
        [Run(one, one, 1, is_whole=True) for one in said.told]
        if every
        else runs(said.told, is_end=said.next is None)
    )
    now = None
    if place is None:
        counts, events = await standing(pool, read, found)
        now = [
            PurposeInForce.from_standing(name, one, events)
            for name, one in counts.items()
            if wanted in {None, name}
        ]
    following = said.next
    return ConsentHistory(
        items=entries(gathered, said.events, found.person.view.consent),
        next=following and encode_cursor(following.occurred_at, following.message_key),
        profile_id=UUID(bytes=found.person.id),
        in_force=now,
    )
