"""Dead letters: look at them, drive them again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.intake.dead_letters_schemas import (
    DeadLetter,
    DeadLetterSummary,
    RetryRequest,
    RetryResult,
    Status,
)
from api.web.deps import LogDep, Operator, PoolDep, Reader, SettingsDep
from api.web.errors import ConflictError, NotFoundError
from api.web.methods import only
from api.web.paging import Page, PagingDep, RowId
from api.web.values import Count
from domain.intake.dead_letter import DeadLetterStatus
from operators.intake import HOPELESS
from sinks.intake.log import EventLog, keyed
from sinks.intake.redrive import Append, Redriven, Selection, redrive_dead_letters
from store.intake import dead_letters
from store.intake.dead_letters import DeadLetterFilter

router = APIRouter(prefix="/cdp/dead-letters", tags=["dead letters"])
only(router, "/retry", "POST")


async def _filter(
    caller: Reader,
    reason: Annotated[
        str | None,
        Query(max_length=64, description="Only with this reason code.", examples=["missing_event"]),
    ] = None,
    status: Annotated[Status | None, Query(description="Only in this status.")] = None,
    source: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only from this source.")
    ] = None,
) -> DeadLetterFilter:
    return DeadLetterFilter(caller.workspace, reason, status, source)


@router.get("", summary="List dead letters")
async def list_dead_letters(
    settings: SettingsDep,
    pool: PoolDep,
    wanted: Annotated[DeadLetterFilter, Depends(_filter)],
    paging: PagingDep,
) -> Page[DeadLetterSummary]:
    """Inputs that could not be processed, newest first, without their payloads."""
    rows = await dead_letters.page(pool, wanted, paging.after_id, paging.limit)
    total = None
    if not paging.cursor:
        found = await dead_letters.total(pool, wanted, settings.query.paging.exact_limit)
        total = Count.from_stored(found)
    return paging.page(rows, DeadLetterSummary.from_row, total=total)


@router.get("/{id}", summary="Read a dead letter")
async def get_dead_letter(caller: Reader, pool: PoolDep, id: RowId) -> DeadLetter:
    """One dead letter with the record as it lay in the log. May hold personal data."""
    found = await dead_letters.by_id(pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("dead letter")
    return DeadLetter.from_row(found)


@router.post("/retry", summary="Retry dead letters", status_code=202)
async def retry_dead_letters(
    caller: Operator, pool: PoolDep, log: LogDep, body: RetryRequest
) -> RetryResult:
    """Appends the records of all letters that match to the log again, oldest first.

    Those that are understood now are resolved.
    """
    wanted = DeadLetterFilter(caller.workspace, body.reason, body.status, body.source)
    selection = Selection(wanted, None, body.after, body.limit)
    outcome = await redrive_dead_letters(pool, _append(log), selection, caller.actor)
    return _result(outcome, body.limit)


@router.post("/{id}/retry", summary="Retry a dead letter", status_code=202)
async def retry_dead_letter(caller: Operator, pool: PoolDep, log: LogDep, id: RowId) -> RetryResult:
    """Appends one record to the log again, open or still retrying."""
    found = await dead_letters.by_id(pool, caller.workspace, id)
    if found is None:
        raise NotFoundError("dead letter")
    if found.status == DeadLetterStatus.RESOLVED:
        raise ConflictError("The dead letter is resolved: its record has been understood.")
    wanted = DeadLetterFilter(caller.workspace, status=found.status)
    selection = Selection(wanted, [id], 0, 1)
    outcome = await redrive_dead_letters(pool, _append(log), selection, caller.actor)
    if outcome.hopeless:
        raise ConflictError(HOPELESS)
    return _result(outcome, 2)


def _append(log: EventLog) -> Append:
    return lambda records: log.append(keyed(records))


def _result(outcome: Redriven, limit: int) -> RetryResult:
    return RetryResult(
        retried=outcome.retried,
        hopeless=outcome.hopeless,
        more=len(outcome) == limit,
        last=outcome.last,
    )
