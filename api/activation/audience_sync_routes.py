"""Routes of audiences on ad platforms: create, push, pause, reconcile, history, delete.

Nothing here talks to a platform: rows are written, and the activation flow picks them up – through
the trust gate.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.activation.audience_sync_schemas import AudienceRequest, AudienceView
from api.activation.audience_views import AudienceViewsDep
from api.activation.platforms_schemas import PlatformView
from api.activation.pushes_schemas import (
    PushRequestView,
    PushView,
    ReconcileRequest,
)
from api.web.deps import Operator, PoolDep, Reader, SettingsDep, require
from api.web.errors import ConflictError, NotFoundError, UnprocessableError
from api.web.paging import Page, PagingDep
from api.web.texts import ReasonDep
from api.web.transaction import TransactionsDep
from api.web.values import now
from config.platforms import PlatformSettings
from config.settings import Settings
from sinks.activation.params import DeliveryParams
from store.activation import audiences, commands
from store.activation.commands import NewAudience

router = APIRouter(prefix="/cdp", tags=["audiences"])

AudienceId = Annotated[int, Path(ge=0, lt=2**31)]


def _platform(settings: Settings, section: PlatformSettings) -> PlatformView:
    platform, delivery = section.codec, settings.delivery
    return PlatformView(
        platform=platform.name,
        connected=section.connected,
        account_id=section.account or None,
        purpose=platform.purpose,
        identifiers=list(platform.kinds),
        max_rows=platform.params.max_rows,
        shortest_interval_s=int(delivery.shortest_interval.total_seconds()),
        longest_interval_s=int(delivery.longest_interval.total_seconds()),
    )


def check_interval(params: DeliveryParams, interval_s: int) -> None:
    """Check an audience's interval.

    Raises:
        UnprocessableError: it is shorter or longer than it may be.
    """
    shortest = int(params.shortest_interval.total_seconds())
    longest = int(params.longest_interval.total_seconds())
    if interval_s and not shortest <= interval_s <= longest:
        raise UnprocessableError(
            f"interval_s lies between {shortest} and {longest}, or is 0 to follow it at once."
        )


@router.get(
    "/audience-sync/platforms",
    summary="List ad platforms",
    dependencies=[Depends(require("read"))],
)
async def list_audience_platforms(settings: SettingsDep) -> list[PlatformView]:
    """Platforms that audiences can be pushed to, and whether they are connected."""
    return [_platform(settings, account) for account in settings.platforms.values()]


@router.get("/audience-sync/audiences", summary="List audiences")
async def list_audiences(
    caller: Reader,
    views: AudienceViewsDep,
    pool: PoolDep,
    paging: PagingDep,
    segment: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only those that follow this segment.")
    ] = None,
) -> Page[AudienceView]:
    """The workspace's audiences in the order they were created, deleted ones too.

    Each with its newest push, when the next is due, and what the gate would say of it now.
    """
    rows = await audiences.page(pool, caller.workspace, paging.after_id, paging.limit, segment)
    shown = {view.id: view for view in await views.all(caller.workspace, rows)}
    return paging.page(rows, lambda row: shown[row.id])


@router.post("/audience-sync/audiences", summary="Create an audience", status_code=201)
async def create_audience(
    caller: Operator,
    settings: SettingsDep,
    views: AudienceViewsDep,
    transactions: TransactionsDep,
    body: AudienceRequest,
) -> AudienceView:
    """Links an audience to a segment.

    It is created at the platform, and its members are sent, once the trust gate lets a push pass.
    """
    platform = _platform(settings, settings.platforms[body.platform])
    if not platform.connected or platform.account_id is None:
        raise ConflictError(
            f"{body.platform} is not connected: docs/platforms/{body.platform}.md says"
            " how to configure it."
        )
    check_interval(settings.delivery, body.interval_s)
    new = NewAudience(
        body.segment_id,
        body.platform,
        body.name,
        platform.account_id,
        body.interval_s,
        body.ttl_s,
        body.holdout_percent,
    )
    created = await transactions.run(
        lambda conn: commands.create(conn, caller.workspace, caller.actor, new)
    )
    return await views.one(caller.workspace, created)


@router.get("/audience-sync/audiences/{id}", summary="Read an audience")
async def get_audience(
    caller: Reader, views: AudienceViewsDep, id: AudienceId, response: Response
) -> AudienceView:
    """One audience, and how many people are on its list, on their way and refused."""
    view = await views.one(caller.workspace, id)
    response.headers["ETag"] = view.etag
    return view


@router.post("/audience-sync/audiences/{id}/sync", summary="Push an audience now", status_code=202)
async def sync_audience(
    caller: Operator, views: AudienceViewsDep, transactions: TransactionsDep, id: AudienceId
) -> AudienceView:
    """Asks for a push before the interval is over.

    The trust gate still decides; while it holds, the request waits, and asking again changes
    nothing.
    """
    await transactions.run(
        lambda conn: commands.request_push(conn, caller.workspace, caller.actor, id, now())
    )
    return await views.one(caller.workspace, id)


@router.post("/audience-sync/audiences/{id}/pause", summary="Pause an audience")
async def pause_audience(
    caller: Operator, views: AudienceViewsDep, transactions: TransactionsDep, id: AudienceId
) -> AudienceView:
    """Stops pushes, one under way included. Who withdraws consent is taken off all the same."""
    await transactions.run(
        lambda conn: commands.pause(conn, caller.workspace, caller.actor, id, now())
    )
    return await views.one(caller.workspace, id)


@router.post("/audience-sync/audiences/{id}/resume", summary="Resume an audience")
async def resume_audience(
    caller: Operator, views: AudienceViewsDep, transactions: TransactionsDep, id: AudienceId
) -> AudienceView:
    """Lets pushes go again; the next one nets out everything that happened meanwhile."""
    await transactions.run(lambda conn: commands.resume(conn, caller.workspace, caller.actor, id))
    return await views.one(caller.workspace, id)


@router.post("/audience-sync/audiences/{id}/cancel", summary="Cancel the push under way")
async def cancel_push(
    caller: Operator, views: AudienceViewsDep, transactions: TransactionsDep, id: AudienceId
) -> AudienceView:
    """Stops the push under way, and one that was asked for.

    What it had not sent is planned again by the next push. Withdrawals continue.
    """
    await transactions.run(
        lambda conn: commands.cancel(conn, caller.workspace, caller.actor, id, now())
    )
    return await views.one(caller.workspace, id)


@router.post(
    "/audience-sync/audiences/{id}/reconcile", summary="Compare everything again", status_code=202
)
async def reconcile_audience(
    caller: Operator,
    views: AudienceViewsDep,
    transactions: TransactionsDep,
    id: AudienceId,
    body: ReconcileRequest,
) -> AudienceView:
    """Asks for a push that takes nothing for granted.

    It asks whether the audience is there, who should be on it, and who is on it. A lost audience is
    made and filled again. The push's history shows what differed, and the size that the platform
    tells. The trust gate still decides.
    """
    resend, reason = body.resend, body.reason or ""
    await transactions.run(
        lambda conn: commands.reconcile(
            conn, caller.workspace, caller.actor, id, resend, now(), reason
        )
    )
    return await views.one(caller.workspace, id)


@router.get("/audience-sync/audiences/{id}/history", summary="List an audience's pushes")
async def list_pushes(
    caller: Reader, views: AudienceViewsDep, pool: PoolDep, paging: PagingDep, id: AudienceId
) -> Page[PushView]:
    """Pushes, newest first: what was planned, sent and refused, and the decision behind each."""
    await views.find(caller.workspace, id)
    rows = await audiences.history(pool, caller.workspace, id, paging.after_id, paging.limit)
    return paging.page(rows, PushView.from_row)


@router.get("/audience-sync/audiences/{id}/history/{push}", summary="List a push's requests")
async def list_push_requests(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    id: AudienceId,
    push: Annotated[int, Path(ge=0, lt=2**63)],
) -> Page[PushRequestView]:
    """What was sent in which request, how often, and what the platform said, in its own codes.

    Empty for a push that had nothing to change.
    """
    rows = await audiences.requests(pool, caller.workspace, id, push, paging.after_id, paging.limit)
    if not rows and not await audiences.has_push(pool, caller.workspace, id, push):
        raise NotFoundError("push")
    return paging.page(rows, PushRequestView.from_row, lambda row: (row.seq,))


@router.delete("/audience-sync/audiences/{id}", summary="Delete an audience", status_code=202)
async def delete_audience(
    caller: Operator,
    views: AudienceViewsDep,
    transactions: TransactionsDep,
    id: AudienceId,
    reason: ReasonDep,
) -> AudienceView:
    """Deletes it at the platform, which takes everybody off it, and then here.

    Deleting is always allowed, whatever the gate says.
    """
    await transactions.run(
        lambda conn: commands.request_deletion(conn, caller.workspace, caller.actor, id, reason)
    )
    return await views.one(caller.workspace, id)
