"""Anomalies of signals: what was unusual, from when to when, and what was expected."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.signals.anomalies_schemas import AnomalyDetail, AnomalyView
from api.web.deps import Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, decode_cursor, encode_cursor
from api.web.reading import ReadsNow
from store.signals import anomalies

router = APIRouter(prefix="/cdp/anomalies", tags=["trust"], responses=DESCRIBED)


@router.get("", summary="List anomalies")
async def list_anomalies(
    caller: Reader,
    reads: ReadsNow,
    signal: Annotated[
        str | None, Query(max_length=256, description="Only this signal's.", examples=["source:1"])
    ] = None,
    lasting: Annotated[bool, Query(description="Only those that last.")] = False,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[AnomalyView]:
    """Newest first. One anomaly is one episode, however many points were surprising."""
    after = None if cursor is None else decode_cursor(cursor, (int,))[0]
    rows = await anomalies.page(
        reads.pool, caller.workspace, signal, lasting=lasting, after=after, limit=limit
    )
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[AnomalyView.of(row) for row in rows], next=following)


@router.get("/{anomaly}", summary="Show an anomaly with its picture")
async def get_anomaly(caller: Reader, reads: ReadsNow, anomaly: int) -> AnomalyDetail:
    """The points around it, with what was expected of each."""
    row = await anomalies.by_id(reads.pool, caller.workspace, anomaly)
    if row is None:
        raise NotFoundError("anomaly")
    return AnomalyDetail.of(row)
