"""The gate's decisions."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.signals.trust_schemas import DecisionView
from api.web.deps import Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, RowId, after_id, encode_cursor
from api.web.reading import ReadsNow
from store.gate import decisions

router = APIRouter(prefix="/cdp/decisions", tags=["trust"], responses=DESCRIBED)


@router.get("", summary="List the gate's decisions")
async def list_decisions(
    caller: Reader,
    reads: ReadsNow,
    verdict: Annotated[
        Literal["pass", "hold", "block"] | None, Query(description="Only this verdict.")
    ] = None,
    audience: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only about this audience.")
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[DecisionView]:
    """Newest first, with reasons and the readings that each rests on."""
    rows = await decisions.page(
        reads.pool, caller.workspace, verdict, audience, after_id(cursor), limit
    )
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[DecisionView.of(row) for row in rows], next=following)


@router.get("/{id}", summary="Read a decision")
async def get_decision(caller: Reader, reads: ReadsNow, id: RowId) -> DecisionView:
    """One decision."""
    found = await decisions.by_id(reads.pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("decision")
    return DecisionView.of(found)
