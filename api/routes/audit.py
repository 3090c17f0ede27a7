"""The audit log."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import Reader
from api.errors import DESCRIBED
from api.reading import ReadsNow
from api.schemas.paging import LIMIT_DEFAULT, CursorText, Limit, Page, after_id, encode_cursor
from api.schemas.trust import AuditEntry
from api.schemas.values import Instant
from store import audit_read
from store.audit_read import AuditFilter

router = APIRouter(prefix="/cdp/audit", tags=["trust"], responses=DESCRIBED)


@router.get("", summary="List audit entries")
async def list_audit(  # noqa: PLR0913, PLR0917 - one per query parameter
    caller: Reader,
    reads: ReadsNow,
    actor: Annotated[str | None, Query(max_length=256, description="Only by this actor.", examples=["key:1"])] = None,
    action: Annotated[str | None, Query(max_length=256, description="Only this action.", examples=["unmerge"])] = None,
    subject: Annotated[str | None, Query(max_length=256, description="Only about this subject.")] = None,
    since: Annotated[Instant | None, Query(description="Recorded at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Recorded before.")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[AuditEntry]:
    """Every decision, request and operation, newest first. The log is append-only."""
    wanted = AuditFilter(actor, action, subject, since, until)
    rows = await audit_read.page(reads.pool, caller.workspace, wanted, after_id(cursor), limit)
    following = encode_cursor(rows[-1].id) if len(rows) == limit else None
    return Page(items=[AuditEntry.of(row) for row in rows], next=following)
