"""Anomalies of signals: what was unusual, from when to when, and what was expected."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.signals.anomalies_schemas import AnomalyDetail, AnomalyView
from api.web.deps import PoolDep, Reader
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep
from store.signals import anomalies

router = APIRouter(prefix="/cdp/anomalies", tags=["trust"])


@router.get("", summary="List anomalies")
async def list_anomalies(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    signal: Annotated[
        str | None, Query(max_length=256, description="Only this signal's.", examples=["source:1"])
    ] = None,
    lasting: Annotated[bool, Query(description="Only those that last.")] = False,
) -> Page[AnomalyView]:
    """Newest first. One anomaly is one episode, however many points were surprising."""
    rows = await anomalies.page(
        pool, caller.workspace, signal, lasting=lasting, after=paging.after_id, limit=paging.limit
    )
    return paging.page(rows, AnomalyView.from_row)


@router.get("/{anomaly}", summary="Show an anomaly with its picture")
async def get_anomaly(caller: Reader, pool: PoolDep, anomaly: int) -> AnomalyDetail:
    """The points around it, with what was expected of each."""
    row = await anomalies.by_id(pool, caller.workspace, anomaly)
    if row is None:
        raise NotFoundError("anomaly")
    return AnomalyDetail.from_row(row)
