"""Alerts to on-call: what is not as it should be, since when, and what was told to whom."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query

from api.alerts.schemas import AlertDetail, AlertView, NoticeView, Retried
from api.web.deps import Caller, Connections, Held, Operator, Reader
from api.web.errors import DESCRIBED, ConflictError, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, RowId, after_id, encode_cursor
from store.alerts import outbox
from store.audit.trail import append
from store.fetch import in_transaction

router = APIRouter(prefix="/cdp/alerts", tags=["trust"], responses=DESCRIBED)

T = TypeVar("T")


async def _in_thread(held: Connections, work: Callable[[Any], T]) -> T:
    settings = held.settings
    return await asyncio.to_thread(
        in_transaction,
        settings.postgres.dsn.get_secret_value(),
        work,
        settings.edge.statement_timeout,
    )


@router.get("", summary="List alerts")
async def list_alerts(
    caller: Reader,
    held: Held,
    lasting: Annotated[bool, Query(description="Only those that last.")] = False,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[AlertView]:
    """Newest first. One alert is one episode, from when it opened until it was resolved."""
    after = after_id(cursor)
    rows = await _in_thread(
        held,
        lambda conn: outbox.page(conn, caller.workspace, lasting=lasting, after=after, limit=limit),
    )
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[AlertView.of(row) for row in rows], next=following)


@router.get("/dead", summary="List notices that were given up")
async def list_dead_notices(caller: Reader, held: Held) -> list[NoticeView]:
    """The newest, with the reason. They are sent once more when somebody asks for it."""
    rows = await _in_thread(held, lambda conn: outbox.notices(conn, caller.workspace))
    return [NoticeView.of(row) for row in rows]


@router.post("/dead/retry", summary="Send notices once more that were given up", status_code=202)
async def retry_dead_notices(caller: Operator, held: Held) -> Retried:
    """All of the workspace's; do it once the reason is gone."""

    def work(conn: Any) -> int:  # noqa: ANN401 - a connection, which routes do not name
        count = outbox.retry_dead(conn, caller.workspace, datetime.now(UTC))
        append(conn, caller.workspace, caller.actor, "alert.retry", "alerts", {"notices": count})
        return count

    return Retried(notices=await _in_thread(held, work))


@router.get("/{id}", summary="Read an alert")
async def get_alert(caller: Reader, held: Held, id: RowId) -> AlertDetail:
    """The alert and every notice about it."""
    return await _detail(held, caller, id)


@router.post("/{id}/acknowledge", summary="Acknowledge an alert")
async def acknowledge_alert(caller: Operator, held: Held, id: RowId) -> AlertDetail:
    """Says that somebody cares: nobody is reminded of it any more. It is resolved by itself."""
    before = await _detail(held, caller, id)

    def work(conn: Any) -> bool:  # noqa: ANN401 - as above
        done = outbox.acknowledge(conn, caller.workspace, id, caller.actor, datetime.now(UTC))
        if done and before.alert.acknowledged_at is None:
            append(conn, caller.workspace, caller.actor, "alert.acknowledge", f"alert:{id}", {})
        return done

    if not await _in_thread(held, work):
        raise ConflictError("The alert is resolved.")
    return await _detail(held, caller, id)


async def _detail(held: Connections, caller: Caller, alert: int) -> AlertDetail:
    row, notices = await _in_thread(
        held,
        lambda conn: (
            outbox.by_id(conn, caller.workspace, alert),
            outbox.notices(conn, caller.workspace, alert),
        ),
    )
    if row is None:
        raise NotFoundError("alert")
    return AlertDetail(alert=AlertView.of(row), notices=[NoticeView.of(one) for one in notices])
