"""How far people have been brought up to date after definitions changed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.segments.definitions_schemas import SweepView
from api.web.deps import PoolDep, Reader
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep, RowId
from store.definitions import views

router = APIRouter(prefix="/cdp/sweeps", tags=["segments"])


@router.get("", summary="List sweeps")
async def list_sweeps(
    caller: Reader,
    pool: PoolDep,
    paging: PagingDep,
    segment: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only those in which this segment changed.")
    ] = None,
    status: Annotated[Literal["running", "done"] | None, Query()] = None,
) -> Page[SweepView]:
    """Walks over everybody, newest first.

    One walk does the work of every sweep that was ordered before it began.
    """
    rows = await views.sweeps(
        pool, caller.workspace, segment, status, paging.after_id, paging.limit
    )
    return paging.page(rows, SweepView.from_row)


@router.get("/{id}", summary="Read a sweep's progress")
async def get_sweep(caller: Reader, pool: PoolDep, id: RowId) -> SweepView:
    """How far a sweep is.

    At the end it comes with the proof that the sweep left no membership of an old version.
    """
    row = await views.sweep(pool, caller.workspace, id)
    if row is None:
        raise NotFoundError("sweep")
    return SweepView.from_row(row)
