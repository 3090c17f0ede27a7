"""The audit log: read it, prove that it is whole, take it along."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from api.audit.desk import AuditDesk
from api.audit.schemas import AuditLine, AuditVerification
from api.signals.trust_schemas import AuditEntry
from api.web.actors import named_page
from api.web.deps import PoolDep, Reader, state
from api.web.errors import UnprocessableError
from api.web.paging import Page, PagingDep
from api.web.values import Instant, now
from operators.audit import Anchor, Linked, exported, parse_anchor
from store.audit import export, read
from store.audit.export import Last
from store.audit.read import AuditFilter
from store.fetch import Pool

_NDJSON: Final = "application/x-ndjson"
_ROWS_AT_A_TIME: Final = 1_000
_LINES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "One line per entry.",
        "content": {_NDJSON: {"schema": AuditLine.model_json_schema()}},
    }
}

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
    return await named_page(pool, caller, paging.page(rows, AuditEntry.from_row))


async def _anchor(
    anchor: Annotated[
        str,
        Query(
            max_length=100,
            description="A link written down earlier, `seq:hash`: the chain must still hold it.",
        ),
    ] = "",
) -> Anchor | None:
    try:
        return parse_anchor(anchor) if anchor else None
    except ValueError:
        raise UnprocessableError(
            "An anchor is a link's number and hash, as `newest` gives them: 12:9f86d0…"
        ) from None


@router.get("/verify", summary="Verify the audit log")
async def verify_audit(
    caller: Reader,
    desk: Annotated[AuditDesk, state("audit")],
    anchor: Annotated[Anchor | None, Depends(_anchor)],
) -> AuditVerification:
    """Recomputes every link of the chain and names what was edited, removed or inserted.

    About ten seconds per million entries; nobody waits for it. A second request meanwhile gets 429.
    """
    verdict = await desk.verify(caller.workspace, anchor)
    return AuditVerification.from_verdict(verdict, now())


@router.get(
    "/export",
    summary="Export the audit log",
    response_class=StreamingResponse,
    responses=_LINES,
)
async def export_audit(
    caller: Reader, pool: PoolDep, wanted: Annotated[AuditFilter, Depends(_filter)]
) -> StreamingResponse:
    """Every entry with its link as one line of JSON, oldest first, as of the beginning.

    The lines of a whole log are enough to recompute its chain. A last line without its end is an
    export that broke off: ask again.
    """
    last = await export.last(pool, caller.workspace)
    name = await export.workspace_name(pool, caller.workspace)
    first = await export.entries(pool, caller.workspace, wanted, (0, last), _ROWS_AT_A_TIME)
    lines = _lines(pool, (caller.workspace, name), wanted, (first, last))
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": 'attachment; filename="audit.ndjson"',
    }
    return StreamingResponse(lines, media_type=_NDJSON, headers=headers)


async def _lines(
    pool: Pool, workspace: tuple[int, str], wanted: AuditFilter, begun: tuple[list[Linked], Last]
) -> AsyncIterator[bytes]:
    """The export page by page: a slow client holds no connection.

    The first page is read before the answer begins, so that what cannot be read is still refused.
    """
    number, name = workspace
    encode, (rows, last) = msgspec.json.Encoder().encode, begun
    while rows:
        yield b"".join(encode(exported(row, name)) + b"\n" for row in rows)
        entry = rows[-1].entry if len(rows) == _ROWS_AT_A_TIME else None
        if entry is None:
            return
        rows = await export.entries(pool, number, wanted, (entry.id, last), _ROWS_AT_A_TIME)
