"""The register of requests: list, read, count, send again, prove."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.privacy.archives import order_again
from api.privacy.entering import request_of
from api.privacy.receipts_schemas import ReceiptView
from api.privacy.requests_schemas import (
    ExtendRequest,
    OpenDsrView,
    RequestDetailView,
    RequestStatisticsView,
    RequestView,
)
from api.privacy.sending import send
from api.web.actors import named, named_page
from api.web.deps import Admin, Caller, LogDep, PoolDep, Reader, SettingsDep
from api.web.errors import ConflictError
from api.web.paging import Page, PagingDep, RowId
from api.web.transaction import TransactionsDep
from api.web.values import now
from domain.privacy.erasure import ERASING, RequestKind, RequestStatus
from domain.privacy.receipt import subject_of
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.privacy import archives, months, opendsr, register
from store.privacy.evidence import receipt_of
from store.privacy.register import PrivacyRequest, RequestFilter

_MONTHS = 120

router = APIRouter(prefix="/cdp/privacy/requests", tags=["privacy"])


@router.get("", summary="List privacy requests")
async def list_privacy_requests(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    kind: Annotated[
        RequestKind | None,
        Query(description="Only these. Without it those of people: not what retention asks for."),
    ] = None,
    status: Annotated[RequestStatus | None, Query(description="Only these.")] = None,
    overdue: Annotated[
        bool | None, Query(description="Only those not completed and past their time, or others.")
    ] = None,
) -> Page[RequestView]:
    """The register of the workspace, newest first."""
    wanted = RequestFilter(kind, status, overdue)
    rows = await register.page(pool, caller.workspace, wanted, paging.after_id, paging.limit)
    found = await archives.of_requests(pool, caller.workspace, [row.id for row in rows])
    at = now()
    page = paging.page(rows, lambda row: RequestView.from_row(row, at, found.get(row.id)))
    return await named_page(pool, caller, page)


@router.get("/statistics", summary="Count privacy requests by month")
async def get_privacy_statistics(caller: Reader, pool: PoolDep) -> RequestStatisticsView:
    """How many came, were completed and were late, by month of the workspace's calendar."""
    found = await months.months(pool, caller.workspace, _MONTHS)
    return RequestStatisticsView.from_counts(await months.now_open(pool, caller.workspace), found)


@router.get("/{id}", summary="Read a privacy request")
async def get_privacy_request(caller: Reader, pool: PoolDep, id: RowId) -> RequestDetailView:
    """How far it is: what was removed, which steps are left, which platforms have confirmed."""
    return await _detail(pool, caller, id)


@router.post("/{id}/retry", summary="Send a request again", status_code=202)
async def retry_privacy_request(
    caller: Admin, pool: PoolDep, log: LogDep, id: RowId
) -> RequestDetailView:
    """Appends the same command to the event log once more, as long as it is not processed.

    The engine processes a command once, however often it is in the log. Refused once it has. An
    archive that failed is written again; refused where it has not, and where the person was erased.
    """
    request = await request_of(pool, caller, id)
    if request.kind == RequestKind.ACCESS:
        await order_again(pool, caller, request)
        return await _detail(pool, caller, id)
    if request.processed_at is not None:
        raise ConflictError(f"Request {id} is {request.status}: there is nothing to send.")
    async with transaction(pool) as conn:
        await append_async(
            conn,
            caller.workspace,
            caller.actor,
            "erase.retry" if request.kind in ERASING else f"{request.kind}.retry",
            _subject(request),
            {"request": id},
        )
    await send(pool, log, caller, request)
    return await _detail(pool, caller, id)


@router.post("/{id}/extend", summary="Extend the time of a request")
async def extend_privacy_request(
    caller: Admin, settings: SettingsDep, pool: PoolDep, id: RowId, body: ExtendRequest
) -> RequestDetailView:
    """Lets an answer take longer, once, by as much as its law allows (`privacy.regulations`).

    GDPR Art. 12(3) and the CCPA allow it where it is necessary, and want the person to be told the
    reason in time: that is up to you. Refused where the request is answered, or was extended
    before.
    """
    request = await request_of(pool, caller, id)
    law = settings.privacy.regulations.get(request.regulation)
    if law is None:
        raise ConflictError("The settings have no longer the law that this request is under.")
    async with transaction(pool) as conn:
        held = await register.extend(
            conn, caller.workspace, id, law.extension, caller.actor, body.reason
        )
        if held is None:
            raise ConflictError(f"Request {id} is answered, or its time was extended before.")
        about = _subject(request)
        detail = {
            "request": id,
            "first_due_at": held.first_due_at.astimezone(UTC).isoformat(),
            "due_at": held.due_at.astimezone(UTC).isoformat(),
            "reason": body.reason,
        }
        await append_async(conn, caller.workspace, caller.actor, "privacy.extend", about, detail)
    return await _detail(pool, caller, id)


@router.get(
    "/{id}/receipt",
    summary="Get the receipt of an erasure",
    response_model=ReceiptView,
)
async def get_erasure_receipt(
    caller: Reader, pool: PoolDep, transactions: TransactionsDep, id: RowId
) -> Response:
    """What was asked for, what was removed, who has confirmed, and the audit entries that prove it.

    Each entry comes with its place in the audit log's chain and its hash; `stratum privacy verify`
    checks all of it against the database. Refused until the person is removed on record; a receipt
    of a request that is still being processed says so.
    """
    request = await request_of(pool, caller, id)
    if request.kind not in ERASING:
        raise ConflictError(f"Only an erasure has a receipt; this is a request of {request.kind}.")
    at = now().astimezone(UTC)
    receipt = await transactions.read(lambda conn: receipt_of(conn, caller.workspace, id, at))
    if receipt is None or not receipt.recorded:
        raise ConflictError("It is not processed on record yet: there is no receipt.")
    name = f"erasure-{id}.json"
    return Response(
        ReceiptView.from_receipt(receipt).model_dump_json(indent=1) + "\n",
        media_type="application/json",
        headers={
            "cache-control": "private, no-store",
            "content-disposition": f'attachment; filename="{name}"',
        },
    )


def _subject(request: PrivacyRequest) -> str:
    """What the audit log calls a request."""
    if request.kind in ERASING:
        return subject_of(request.command)
    return f"{request.kind}:{request.command}"


async def _detail(pool: Pool, caller: Caller, number: int) -> RequestDetailView:
    row = await request_of(pool, caller, number)
    recipients = await register.recipients(pool, caller.workspace, row.command)
    found = await archives.of_requests(pool, caller.workspace, [number])
    recorded = row.processed_at is not None and await register.recorded(
        pool, caller.workspace, subject_of(row.command)
    )
    sent = await opendsr.of_request(pool, caller.workspace, number)
    told = None
    if sent is not None:
        calls = await opendsr.callbacks(pool, caller.workspace, sent.id)
        told = OpenDsrView.from_rows(sent, calls)
    view = RequestDetailView.from_rows(
        row, recipients, now(), found.get(number), told, recorded=recorded
    )
    return (await named(pool, caller, [view]))[0]
