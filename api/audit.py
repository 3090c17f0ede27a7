"""The audit log."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.signals.trust_schemas import AuditEntry
from api.web.deps import PoolDep, Reader
from api.web.paging import Page, PagingDep
from api.web.values import Instant
from store.audit import read
from store.audit.read import AuditFilter

router = APIRouter(prefix="/cdp/audit", tags=["trust"])


async def _filter(
    actor: Annotated[
        str | None, Query(max_length=256, description="Only by this actor.", examples=["key:1"])
    ] = None,
    action: Annotated[
        str | None, Query(max_length=256, description="Only this action.", examples=["unmerge"])
    ] = None,
    subject: Annotated[
        str | None, Query(max_length=256, description="Only about this subject.")
    ] = None,
    since: Annotated[Instant | None, Query(description="Recorded at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Recorded before.")] = None,
) -> AuditFilter:
    return AuditFilter(actor, action, subject, since, until)


@router.get("", summary="List audit entries")
async def list_audit_entries(
    caller: Reader,
    pool: PoolDep,
    wanted: Annotated[AuditFilter, Depends(_filter)],
    paging: PagingDep,
) -> Page[AuditEntry]:
    """Every decision, request and operation, newest first. The log is append-only."""
    rows = await read.page(pool, caller.workspace, wanted, paging.after_id, paging.limit)
    return paging.page(rows, AuditEntry.from_row)
