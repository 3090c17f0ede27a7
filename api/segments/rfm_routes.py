"""How RFM is taken: from which events, over which look-back, how often. Saving publishes."""

from fastapi import APIRouter, Response

from api.segments.definitions_schemas import PublishedView, RfmRequest, RfmView, VersionView
from api.segments.rule_reading_schemas import rfm_rule_of
from api.web.deps import Held, Operator, Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, after_id, encode_cursor
from api.web.reading import ReadsNow
from api.web.transaction_definitions import Expected, define, etag
from store.definitions import publish_rfm as publishing_rfm
from store.definitions import views

router = APIRouter(prefix="/cdp/rfm", tags=["rfm"], responses=DESCRIBED)


@router.get("", summary="Read the RFM definition")
async def get_rfm(caller: Reader, reads: ReadsNow, response: Response) -> RfmView:
    """The definition that is live, with the quintile bounds that people are scored by."""
    row = await views.rfm(reads.pool, caller.workspace)
    if row is None:
        raise NotFoundError("RFM definition")
    response.headers.update(etag(row.version))
    return RfmView.of(row)


@router.put("", summary="Publish an RFM definition", status_code=202)
async def publish_rfm(
    caller: Operator, held: Held, body: RfmRequest, expected: Expected
) -> PublishedView:
    """Makes it live at once.

    People have scores as soon as the sweep is over and quintile bounds have been taken.
    """
    rule = rfm_rule_of(body.rule)
    seen = body.version if expected is None else expected
    return PublishedView.of(
        await define(
            held, caller, lambda conn, author: publishing_rfm.publish_rfm(conn, author, rule, seen)
        )
    )


@router.get("/versions", summary="List versions of the RFM definition")
async def list_rfm_versions(
    caller: Reader, reads: ReadsNow, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Page[VersionView]:
    """Every version, newest first, with who published it."""
    rows = await views.versions(
        reads.pool, caller.workspace, "rfm", caller.workspace, after_id(cursor), limit
    )
    following = encode_cursor(rows[-1].version) if len(rows) == limit else None
    return Page(items=[VersionView.of(row) for row in rows], next=following)


@router.delete("", summary="Delete the RFM definition", status_code=202)
async def delete_rfm(caller: Operator, held: Held) -> PublishedView:
    """Takes RFM away. Refused while a segment uses it."""
    return PublishedView.of(await define(held, caller, publishing_rfm.delete_rfm))
