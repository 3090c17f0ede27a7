"""Alerts to on-call: what is not as it should be, since when, and what was told to whom."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.alerts.schemas import AlertDetail, AlertView, NoticeView, Retried
from api.web.actors import named, named_page
from api.web.deps import Caller, Operator, PoolDep, Reader
from api.web.errors import ConflictError, NotFoundError
from api.web.paging import Page, PagingDep, RowId
from api.web.transaction import Transactions, TransactionsDep
from api.web.values import now
from store.alerts import commands, episodes, outbox
from store.fetch import Pool

router = APIRouter(prefix="/cdp/alerts", tags=["trust"])


@router.get("", summary="List alerts")
async def list_alerts(
    caller: Reader,
    pool: PoolDep,
    transactions: TransactionsDep,
    paging: PagingDep,
    lasting: Annotated[bool, Query(description="Only those that last.")] = False,
) -> Page[AlertView]:
    """Newest first. One alert is one episode, from when it opened until it was resolved."""
    after = paging.after_id
    rows = await transactions.run(
        lambda conn: episodes.page(
            conn, caller.workspace, lasting=lasting, after=after, limit=paging.limit
        )
    )
    return await named_page(pool, caller, paging.page(rows, AlertView.from_row))


@router.get("/dead", summary="List notices that were given up")
async def list_dead_notices(caller: Reader, transactions: TransactionsDep) -> list[NoticeView]:
    """The newest, with the reason. They are sent once more when somebody asks for it."""
    rows = await transactions.run(lambda conn: outbox.notices(conn, caller.workspace))
    return [NoticeView.from_row(row) for row in rows]


@router.post("/dead/retry", summary="Send notices once more that were given up", status_code=202)
async def retry_dead_notices(caller: Operator, transactions: TransactionsDep) -> Retried:
    """All of the workspace's; do it once the reason is gone."""
    count = await transactions.run(
        lambda conn: commands.retry_dead(conn, caller.workspace, caller.actor, now())
    )
    return Retried(notices=count)


@router.get("/{id}", summary="Read an alert")
async def get_alert(
    caller: Reader, pool: PoolDep, transactions: TransactionsDep, id: RowId
) -> AlertDetail:
    """The alert and every notice about it."""
    return await _detail(pool, transactions, caller, id)


@router.post("/{id}/acknowledge", summary="Acknowledge an alert")
async def acknowledge_alert(
    caller: Operator, pool: PoolDep, transactions: TransactionsDep, id: RowId
) -> AlertDetail:
    """Says that somebody cares: nobody is reminded of it any more. It is resolved by itself.

    Whoever said so first stays.
    """
    lasts = await transactions.run(
        lambda conn: commands.acknowledge(conn, caller.workspace, caller.actor, id, now())
    )
    detail = await _detail(pool, transactions, caller, id)
    if not lasts:
        raise ConflictError("The alert is resolved.")
    return detail


async def _detail(
    pool: Pool, transactions: Transactions, caller: Caller, alert: int
) -> AlertDetail:
    row, notices = await transactions.run(
        lambda conn: (
            episodes.by_id(conn, caller.workspace, alert),
            outbox.notices(conn, caller.workspace, alert),
        )
    )
    if row is None:
        raise NotFoundError("alert")
    (view,) = await named(pool, caller, [AlertView.from_row(row)])
    return AlertDetail(alert=view, notices=[NoticeView.from_row(one) for one in notices])
