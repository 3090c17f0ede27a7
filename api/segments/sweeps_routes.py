"""How far people have been brought up to date after definitions changed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.segments.definitions_schemas import SweepView
from api.web.deps import Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, RowId, after_id, encode_cursor
from api.web.reading import ReadsNow
from store.definitions import views

router = APIRouter(prefix="/cdp/sweeps", tags=["segments"], responses=DESCRIBED)


@router.get("", summary="List sweeps")
async def list_sweeps(
    caller: Reader,
    reads: ReadsNow,
    segment: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only those in which this segment changed.")
    ] = None,
    status: Annotated[Literal["running", "done"] | None, Query()] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[SweepView]:
    """Walks over everybody, newest first.

    One walk does the work of every sweep that was ordered before it began.
    """
    rows = await views.sweeps(
        reads.pool, caller.workspace, segment, status, after_id(cursor), limit
    )
    return Page(
        items=[SweepView.of(row) for row in rows],
        next=encode_cursor(rows[-1].id) if len(rows) == limit else None,
    )


@router.get("/{id}", summary="Read a sweep's progress")
async def get_sweep(caller: Reader, reads: ReadsNow, id: RowId) -> SweepView:
    """How far a sweep is.

    At the end with the proof that it left no membership of an old version.
    """
    row = await views.sweep(reads.pool, caller.workspace, id)
    if row is None:
        raise NotFoundError("sweep")
    return SweepView.of(row)
