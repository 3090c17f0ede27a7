"""Dead letters: look at them, drive them again."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.intake.dead_letters_schemas import (
    DeadLetter,
    DeadLetterSummary,
    RetryRequest,
    RetryResult,
    Status,
)
from api.web.deps import Operator, Reader
from api.web.errors import DESCRIBED, ConflictError, NotFoundError
from api.web.methods import only
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, RowId, after_id, encode_cursor
from api.web.reading import ReadsNow
from api.web.values import Count
from operators.intake import HOPELESS
from sinks.intake.redrive import Redriven, redrive_letters
from store.intake import dead_letters
from store.intake.dead_letters import DeadLetterFilter

router = APIRouter(prefix="/cdp/dead-letters", tags=["dead letters"], responses=DESCRIBED)
only(router, "/retry", "POST")


@router.get("", summary="List dead letters")
async def list_dead_letters(
    caller: Reader,
    reads: ReadsNow,
    reason: Annotated[
        str | None,
        Query(max_length=64, description="Only with this reason code.", examples=["missing_event"]),
    ] = None,
    status: Annotated[Status | None, Query(description="Only in this status.")] = None,
    source: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only from this source.")
    ] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[DeadLetterSummary]:
    """Inputs that could not be processed, newest first, without their payloads."""
    wanted = DeadLetterFilter(caller.workspace, reason, status, source)
    rows = await dead_letters.page(reads.pool, wanted, after_id(cursor), limit)
    total = (
        None
        if cursor
        else Count.of(await dead_letters.total(reads.pool, wanted, reads.bounds.paging.exact_limit))
    )
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[DeadLetterSummary.of(row) for row in rows], next=following, total=total)


@router.get("/{id}", summary="Read a dead letter")
async def get_dead_letter(caller: Reader, reads: ReadsNow, id: RowId) -> DeadLetter:
    """One dead letter with the record as it lay in the log. May hold personal data."""
    found = await dead_letters.by_id(reads.pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("dead letter")
    return DeadLetter.of(found)


@router.post("/retry", summary="Retry dead letters", status_code=202)
async def retry_dead_letters(caller: Operator, reads: ReadsNow, body: RetryRequest) -> RetryResult:
    """Appends the records of all letters that match to the log again, oldest first.

    Those that are understood now are resolved.
    """
    wanted = DeadLetterFilter(caller.workspace, body.reason, body.status, body.source)
    outcome = await redrive_letters(
        reads.pool, reads.append, wanted, None, body.after, body.limit, caller.actor
    )
    return _result(outcome, body.limit)


@router.post("/{id}/retry", summary="Retry a dead letter", status_code=202)
async def retry_dead_letter(caller: Operator, reads: ReadsNow, id: RowId) -> RetryResult:
    """Appends one record to the log again, open or still retrying."""
    found = await dead_letters.by_id(reads.pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("dead letter")
    if found.status == "resolved":
        raise ConflictError("The dead letter is resolved: its record has been understood.")
    outcome = await redrive_letters(
        reads.pool,
        reads.append,
        DeadLetterFilter(caller.workspace, status=found.status),
        [id],
        0,
        1,
        caller.actor,
    )
    if outcome.hopeless:
        raise ConflictError(HOPELESS)
    return _result(outcome, 2)


def _result(outcome: Redriven, limit: int) -> RetryResult:
    return RetryResult(
        retried=outcome.retried,
        hopeless=outcome.hopeless,
        more=len(outcome) == limit,
        last=outcome.last,
    )
