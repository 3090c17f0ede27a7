"""Audiences on ad platforms: link one to a segment, trigger a push, look at its history, delete it, export its people.

Nothing here talks to a platform: rows are written, and the activation flow picks them up – through the trust gate.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from api.deps import Held, Operator, Reader
from api.errors import DESCRIBED, ConflictError, NotFoundError, UnprocessableError
from api.export import stream_csv, stream_json
from api.schemas.audience_sync import AudienceRequest, AudienceView, ExportRequest, PlatformView, PushView
from api.schemas.paging import LIMIT_DEFAULT, CursorText, Limit, Page, after_id, encode_cursor
from config.settings import Settings
from sinks.ads.meta import Meta
from store import audiences, export, segments
from store.audiences import NameTakenError
from store.audit import append_async
from store.fetch import Pool, transaction

router = APIRouter(prefix="/cdp", tags=["audiences"], responses=DESCRIBED)

AudienceId = Annotated[int, Path(ge=0, lt=2**31)]


def _platform(settings: Settings) -> PlatformView:
    meta, delivery = settings.meta, settings.delivery
    connector = Meta(meta, "")
    return PlatformView(
        platform="meta",
        connected=meta.connected,
        account_id=meta.account_id or None,
        purpose=connector.purpose,
        identifiers=list(connector.kinds),
        max_rows=connector.limits.max_rows,
        shortest_interval_s=int(delivery.shortest_interval.total_seconds()),
        longest_interval_s=int(delivery.longest_interval.total_seconds()),
    )


@router.get("/audience-sync/platforms", summary="List ad platforms")
async def list_platforms(caller: Reader, held: Held) -> list[PlatformView]:  # noqa: ARG001 - callers need the scope
    """Platforms that audiences can be pushed to, and whether they are connected."""
    return [_platform(held.settings)]


@router.get("/audience-sync/audiences", summary="List audiences")
async def list_audiences(caller: Reader, held: Held, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None) -> Page[AudienceView]:
    """The workspace's audiences in the order they were created, deleted ones too."""
    rows = await audiences.page(held.pool, caller.workspace, after_id(cursor), limit)
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[AudienceView.of(row) for row in rows], next=following)


@router.post("/audience-sync/audiences", summary="Create an audience", status_code=201)
async def create_audience(caller: Operator, held: Held, body: AudienceRequest) -> AudienceView:
    """Links an audience to a segment. It is created at the platform, and its members are sent, once the trust gate lets a push pass."""
    platform = _platform(held.settings)
    if not platform.connected or platform.account_id is None:
        raise ConflictError(f"{body.platform} is not connected: configure its account and access token.")
    if not platform.shortest_interval_s <= body.interval_s <= platform.longest_interval_s:
        raise UnprocessableError(f"interval_s lies between {platform.shortest_interval_s} and {platform.longest_interval_s}.")
    try:
        async with transaction(held.pool) as conn:
            created = await audiences.create(
                conn, caller.workspace, body.segment_id, body.platform, body.name, platform.account_id, body.interval_s
            )
            if created is None:
                raise NotFoundError("segment")
            detail = {"segment": body.segment_id, "platform": body.platform, "interval_s": body.interval_s}
            await append_async(conn, caller.workspace, caller.actor, "audience.create", f"audience:{created}", detail)
    except NameTakenError:
        raise ConflictError("An audience of this name exists on this platform.") from None
    return await _view(held.pool, caller.workspace, created)


@router.post("/audience-sync/audiences/{id}/sync", summary="Push an audience now", status_code=202)
async def sync_audience(caller: Operator, held: Held, id: AudienceId) -> AudienceView:  # noqa: A002 - the path's name
    """Asks for a push before the interval is over. The trust gate still decides; while it holds, the request waits."""
    audience = await _view(held.pool, caller.workspace, id)
    async with transaction(held.pool) as conn:
        if not await audiences.request_push(conn, caller.workspace, id, caller.actor):
            raise ConflictError(f"The audience is {audience.status}.")
        await append_async(conn, caller.workspace, caller.actor, "audience.sync", f"audience:{id}", {})
    return await _view(held.pool, caller.workspace, id)


@router.get("/audience-sync/audiences/{id}/history", summary="List an audience's pushes")
async def list_pushes(
    caller: Reader,
    held: Held,
    id: AudienceId,  # noqa: A002 - the path's name
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[PushView]:
    """Pushes, newest first: what was planned, sent and refused, and the decision behind each."""
    await _view(held.pool, caller.workspace, id)
    rows = await audiences.history(held.pool, caller.workspace, id, after_id(cursor), limit)
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[PushView.of(row) for row in rows], next=following)


@router.delete("/audience-sync/audiences/{id}", summary="Delete an audience", status_code=202)
async def delete_audience(caller: Operator, held: Held, id: AudienceId) -> AudienceView:  # noqa: A002 - the path's name
    """Deletes it at the platform, which takes everybody off it, and then here. Deleting is always allowed, whatever the gate says."""
    await _view(held.pool, caller.workspace, id)
    async with transaction(held.pool) as conn:
        if await audiences.request_deletion(conn, caller.workspace, id):
            await append_async(conn, caller.workspace, caller.actor, "audience.delete", f"audience:{id}", {})
    return await _view(held.pool, caller.workspace, id)


@router.post(
    "/audiences/export",
    summary="Export a segment's people",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}, "text/csv": {}}, "description": "The people, streamed."}},
)
async def export_audience(caller: Operator, held: Held, body: ExportRequest) -> StreamingResponse:
    """Streams the members of a segment who consent to the purpose. The export is in the audit log before the first person leaves."""
    segment = await segments.by_id(held.pool, caller.workspace, body.segment_id)
    if segment is None:
        raise NotFoundError("segment")
    async with transaction(held.pool) as conn:
        detail = body.model_dump(exclude={"segment_id"})
        await append_async(conn, caller.workspace, caller.actor, "export", f"segment:{segment.id}", detail)
    people = export.consenting_members(held.pool, caller.workspace, segment.id, body.purpose)
    disposition = {"content-disposition": f'attachment; filename="segment-{segment.id}.{body.format}"'}
    if body.format == "csv":
        return StreamingResponse(stream_csv(people, body), media_type="text/csv; charset=utf-8", headers=disposition)
    return StreamingResponse(stream_json(people, body), media_type="application/json", headers=disposition)


async def _view(pool: Pool, workspace: int, audience: int) -> AudienceView:
    found = await audiences.by_id(pool, workspace, audience)
    if found is None:
        raise NotFoundError("audience")
    return AudienceView.of(found)
