"""How RFM is taken: from which events, over which look-back, how often. Saving publishes."""

from dataclasses import replace

from fastapi import APIRouter, Response

from api.segments.definitions_schemas import PublishedView, RfmRequest, RfmView
from api.segments.rule_checks import checked_rfm_rule
from api.segments.versions_schemas import RfmVersionView
from api.web.actors import named_page
from api.web.definitions import AuthorDep, Expected, ReasonedAuthorDep, etag
from api.web.deps import PoolDep, Reader
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep
from api.web.transaction import TransactionsDep
from store.definitions import publish_rfm as publishing_rfm
from store.definitions import views

router = APIRouter(prefix="/cdp/rfm", tags=["rfm"])


@router.get("", summary="Read the RFM definition")
async def get_rfm(caller: Reader, pool: PoolDep, response: Response) -> RfmView:
    """The definition that is live, with the quintile bounds that people are scored by."""
    row = await views.rfm(pool, caller.workspace)
    if row is None:
        raise NotFoundError("RFM definition")
    response.headers.update(etag(row.version))
    return RfmView.from_row(row)


@router.put("", summary="Publish an RFM definition", status_code=202)
async def publish_rfm(
    author: AuthorDep, transactions: TransactionsDep, body: RfmRequest, expected: Expected
) -> PublishedView:
    """Makes it live at once.

    People have scores as soon as the sweep is over and quintile bounds have been taken.
    """
    rule = checked_rfm_rule(body.rule)
    seen = body.version if expected is None else expected
    author = replace(author, reason=body.reason or "")
    return PublishedView.from_published(
        await transactions.run(lambda conn: publishing_rfm.publish_rfm(conn, author, rule, seen))
    )


@router.get("/versions", summary="List versions of the RFM definition")
async def list_rfm_versions(
    caller: Reader, pool: PoolDep, paging: PagingDep
) -> Page[RfmVersionView]:
    """Every version, newest first, with who published it."""
    rows = await views.versions(
        pool, caller.workspace, "rfm", caller.workspace, paging.after_id, paging.limit
    )
    page = paging.page(rows, RfmVersionView.from_version, lambda row: (row.version,))
    return await named_page(pool, caller, page)


@router.delete("", summary="Delete the RFM definition", status_code=202)
async def delete_rfm(author: ReasonedAuthorDep, transactions: TransactionsDep) -> PublishedView:
    """Takes RFM away. Refused while a segment uses it."""
    return PublishedView.from_published(
        await transactions.run(lambda conn: publishing_rfm.delete_rfm(conn, author))
    )
