"""The gate's decisions."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from api.signals.trust_schemas import DecisionView
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep, RowId
from api.web.values import Instant
from domain.gate import Code
from store.gate import decisions
from store.gate.decisions import DecisionFilter

router = APIRouter(prefix="/cdp/decisions", tags=["trust"])


async def _wanted(
    verdict: Annotated[
        Literal["pass", "hold", "block"] | None, Query(description="Only this verdict.")
    ] = None,
    audience: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only about this audience.")
    ] = None,
    destination: Annotated[
        str | None,
        Query(
            max_length=256,
            description="Only of this destination: `<platform>:<audience id>`.",
            examples=["meta:1"],
        ),
    ] = None,
    code: Annotated[Code | None, Query(description="Only with this reason.")] = None,
    since: Annotated[Instant | None, Query(description="Decided at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Decided before.")] = None,
) -> DecisionFilter:
    return DecisionFilter(verdict, audience, destination, code, since, until)


@router.get("", summary="List the gate's decisions")
async def list_decisions(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    paging: PagingDep,
    wanted: Annotated[DecisionFilter, Depends(_wanted)],
) -> Page[DecisionView]:
    """Newest first, with reasons and the readings that each is based on."""
    told_within = settings.alerts.conditions.held_within
    after = paging.after(datetime, int)
    rows = await decisions.page(pool, caller.workspace, wanted, told_within, after, paging.limit)
    return paging.page(rows, DecisionView.from_row, lambda row: (row.decided_at, row.id))


@router.get("/{id}", summary="Read a decision")
async def get_decision(
    caller: Reader, settings: SettingsDep, pool: PoolDep, id: RowId
) -> DecisionView:
    """One decision."""
    told_within = settings.alerts.conditions.held_within
    found = await decisions.by_id(pool, caller.workspace, id, told_within)
    if found is None:
        raise NotFoundError("decision")
    return DecisionView.from_row(found)
