"""The audit log."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.signals.trust_schemas import AuditEntry
from api.web.deps import Reader
from api.web.errors import DESCRIBED
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, after_id, encode_cursor
from api.web.reading import ReadsNow
from api.web.values import Instant
from store.audit import read
from store.audit.read import AuditFilter

router = APIRouter(prefix="/cdp/audit", tags=["trust"], responses=DESCRIBED)


@router.get("", summary="List audit entries")
async def list_audit_entries(  # noqa: PLR0913, PLR0917 - one per query parameter
    caller: Reader,
    reads: ReadsNow,
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
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[AuditEntry]:
    """Every decision, request and operation, newest first. The log is append-only."""
    wanted = AuditFilter(actor, action, subject, since, until)
    rows = await read.page(reads.pool, caller.workspace, wanted, after_id(cursor), limit)
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[AuditEntry.of(row) for row in rows], next=following)
