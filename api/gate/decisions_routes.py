"""The gate's decisions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.signals.trust_schemas import DecisionView
from api.web.deps import PoolDep, Reader
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep, RowId
from store.gate import decisions

router = APIRouter(prefix="/cdp/decisions", tags=["trust"])


@router.get("", summary="List the gate's decisions")
async def list_decisions(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    verdict: Annotated[
        Literal["pass", "hold", "block"] | None, Query(description="Only this verdict.")
    ] = None,
    audience: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only about this audience.")
    ] = None,
) -> Page[DecisionView]:
    """Newest first, with reasons and the readings that each is based on."""
    rows = await decisions.page(
        pool, caller.workspace, verdict, audience, paging.after_id, paging.limit
    )
    return paging.page(rows, DecisionView.from_row)


@router.get("/{id}", summary="Read a decision")
async def get_decision(caller: Reader, pool: PoolDep, id: RowId) -> DecisionView:
    """One decision."""
    found = await decisions.by_id(pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("decision")
    return DecisionView.from_row(found)
