"""Pushes of all audiences: what runs, what is held, what failed."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.activation.pushes_schemas import ListedPushView, PushStatus
from api.web.deps import PoolDep, Reader
from api.web.paging import Page, PagingDep
from api.web.values import Instant
from domain.activation.platforms import PlatformName
from store.pushes import push_list
from store.pushes.push_list import PushFilter

router = APIRouter(prefix="/cdp/pushes", tags=["audiences"])


@router.get("", summary="List pushes of all audiences")
async def list_all_pushes(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    status: Annotated[PushStatus | None, Query(description="Only of this status.")] = None,
    platform: Annotated[PlatformName | None, Query(description="Only to this platform.")] = None,
    audience: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only of this audience.")
    ] = None,
    since: Annotated[Instant | None, Query(description="Begun at or after.")] = None,
) -> Page[ListedPushView]:
    """Newest first, withdrawals and deletions included.

    A push that the gate holds before it is planned is none: it is a decision of verdict `hold`.
    """
    wanted = PushFilter(status, platform, audience, since)
    rows = await push_list.page(pool, caller.workspace, wanted, paging.after_id, paging.limit)
    return paging.page(rows, ListedPushView.from_row)
