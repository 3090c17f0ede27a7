"""Signals and their health."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.deps import Reader
from api.errors import DESCRIBED
from api.reading import ReadsNow
from api.schemas.paging import LIMIT_DEFAULT, CursorText, Limit, Page, decode_cursor, encode_cursor
from api.schemas.trust import Reading, Signal
from api.schemas.values import Instant
from store import readings

router = APIRouter(prefix="/cdp/signals", tags=["trust"], responses=DESCRIBED)


@router.get("", summary="List signals with their latest reading")
async def list_signals(caller: Reader, reads: ReadsNow) -> Page[Signal]:
    """Every source, heard of or not, and every platform that was read. No data is unknown, not healthy."""
    rows = await readings.latest(reads.pool, caller.workspace)
    return Page(items=[Signal.of(row) for row in rows], next=None)


@router.get("/{signal}/readings", summary="List a signal's readings")
async def list_readings(
    caller: Reader,
    reads: ReadsNow,
    signal: Annotated[str, Path(max_length=256, description="`source:<id>` or `platform:<name>`.", examples=["source:1"])],
    since: Annotated[Instant | None, Query(description="Read at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Read before.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[Reading]:
    """A signal's history, newest first; empty for a signal that was never read."""
    after = None
    if cursor is not None:
        at, row = decode_cursor(cursor, (datetime, int))
        after = (at, row)
    rows = await readings.history(reads.pool, caller.workspace, signal, since, until, after, limit)
    last = rows[-1] if len(rows) == limit else None
    following = encode_cursor(last.read_at, last.id) if last and last.read_at and last.id is not None else None
    return Page(items=[Reading.of(row) for row in rows], next=following)
