"""Segments and their members: saved as drafts, published, paused, resumed, deleted.

Publishing brings everybody up to date in a sweep.
"""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Path, Query, Response

from api.segments.definitions_schemas import PublishedView
from api.segments.rule_checks import checked_rule
from api.segments.schemas import (
    CheckedView,
    RuleRequest,
    SegmentRequest,
    SegmentUpdate,
    SegmentView,
)
from api.segments.versions_schemas import SegmentVersionView
from api.web.actors import named_page
from api.web.definitions import AuthorDep, Expected, ReasonedAuthorDep, SavingDep, author_of, etag
from api.web.deps import PoolDep, Reader, SettingsDep
from api.web.errors import NotFoundError
from api.web.methods import only
from api.web.paging import Page, PagingDep
from api.web.transaction import TransactionsDep
from api.web.values import Count
from config.settings import Settings
from store.definitions import checks, publish, views
from store.definitions.drafts import Draft
from store.definitions.versions import create
from store.fetch import Pool
from store.segments import segments
from store.segments.segments import SegmentRow

router = APIRouter(prefix="/cdp/segments", tags=["segments"])
only(router, "/validate", "POST")

SegmentId = Annotated[int, Path(ge=0, lt=2**31)]


async def _show(pool: Pool, settings: Settings, workspace: int, row: SegmentRow) -> SegmentView:
    members = await segments.size(pool, workspace, row.id, settings.query.statistics.exact_limit)
    return SegmentView.from_row(row, Count.from_stored(members))


async def _find(pool: Pool, workspace: int, segment: int) -> SegmentRow:
    row = await segments.by_id(pool, workspace, segment)
    if row is None:
        raise NotFoundError("segment")
    return row


@router.get("", summary="List segments")
async def list_segments(
    caller: Reader,
    settings: SettingsDep,
    pool: PoolDep,
    paging: PagingDep,
    search: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=256,
            description="Part of the name, in upper or lower case.",
            examples=["customers"],
        ),
    ] = None,
    status: Annotated[
        Literal["draft", "live", "paused"] | None, Query(description="Only segments in this state.")
    ] = None,
) -> Page[SegmentView]:
    """The workspace's segments with their sizes."""
    rows = await segments.of_workspace(
        pool, caller.workspace, search, status, paging.after_id, paging.limit
    )
    shown = {row.id: await _show(pool, settings, caller.workspace, row) for row in rows}
    return paging.page(rows, lambda row: shown[row.id])


@router.post("", summary="Create a segment", status_code=201)
async def create_segment(
    author: AuthorDep,
    settings: SettingsDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    body: SegmentRequest,
    response: Response,
) -> SegmentView:
    """Saves a draft. Nobody is a member until it is published."""
    rule = checked_rule(body.rule, settings.definitions)
    draft = Draft(rule, body.purpose, body.name, body.description)
    made = await transactions.run(lambda conn: create(conn, author, "segment", draft))
    row = await _find(pool, author.workspace, made)
    response.headers.update(etag(row.newest))
    return await _show(pool, settings, author.workspace, row)


@router.post("/validate", summary="Check a rule")
async def validate_rule(
    caller: Reader, settings: SettingsDep, transactions: TransactionsDep, body: RuleRequest
) -> CheckedView:
    """Says whether a rule could be published now.

    Checks its shape, its bounds, and whether what it refers to is live. Nothing is saved.
    """
    rule = checked_rule(body.rule, settings.definitions)
    author = author_of(settings, caller.workspace, caller.actor)
    await transactions.run(lambda conn: checks.check_segment(conn, author, body.segment, rule))
    return CheckedView(rule=msgspec.to_builtins(rule))


@router.get("/{id}", summary="Read a segment")
async def get_segment(
    caller: Reader, settings: SettingsDep, pool: PoolDep, id: SegmentId, response: Response
) -> SegmentView:
    """The segment as it is live, and its size."""
    row = await _find(pool, caller.workspace, id)
    response.headers.update(etag(row.newest))
    return await _show(pool, settings, caller.workspace, row)


@router.put("/{id}", summary="Save a new version of a segment")
async def update_segment(
    saving: SavingDep, settings: SettingsDep, pool: PoolDep, id: SegmentId, body: SegmentUpdate
) -> SegmentView:
    """Saves a draft; what is live stays live until the draft is published.

    Saving what is saved already makes no new version.
    """
    rule = checked_rule(body.rule, settings.definitions)
    draft = Draft(rule, body.purpose, body.name, body.description)
    await saving.save("segment", id, draft, body.version)
    row = await _find(pool, saving.author.workspace, id)
    return await _show(pool, settings, saving.author.workspace, row)


@router.get("/{id}/versions", summary="List a segment's versions")
async def list_segment_versions(
    caller: Reader, pool: PoolDep, paging: PagingDep, id: SegmentId
) -> Page[SegmentVersionView]:
    """Every version that was saved, newest first, with who saved and who published it."""
    await _find(pool, caller.workspace, id)
    rows = await views.versions(
        pool, caller.workspace, "segment", id, paging.after_id, paging.limit
    )
    page = paging.page(rows, SegmentVersionView.from_version, lambda row: (row.version,))
    return await named_page(pool, caller, page)


@router.post("/{id}/publish", summary="Publish a segment", status_code=202)
async def publish_segment(
    author: ReasonedAuthorDep, transactions: TransactionsDep, id: SegmentId, expected: Expected
) -> PublishedView:
    """Makes the newest version live: events are judged by it from now on.

    The sweep brings everybody else up to date.
    """
    return PublishedView.from_published(
        await transactions.run(lambda conn: publish.publish_segment(conn, author, id, expected))
    )


@router.post("/{id}/pause", summary="Pause a segment", status_code=202)
async def pause_segment(
    author: AuthorDep, transactions: TransactionsDep, id: SegmentId
) -> PublishedView:
    """Keeps its members as they are until it is resumed."""
    return PublishedView.from_published(
        await transactions.run(lambda conn: publish.pause_segment(conn, author, id))
    )


@router.post("/{id}/resume", summary="Resume a segment", status_code=202)
async def resume_segment(
    author: AuthorDep, transactions: TransactionsDep, id: SegmentId
) -> PublishedView:
    """Lets a paused segment follow its rule again; the sweep brings everybody up to date."""
    return PublishedView.from_published(
        await transactions.run(lambda conn: publish.resume_segment(conn, author, id))
    )


@router.delete("/{id}", summary="Delete a segment", status_code=202)
async def delete_segment(
    author: ReasonedAuthorDep, transactions: TransactionsDep, id: SegmentId
) -> PublishedView:
    """Deletes it; the sweep takes its members out.

    Refused while another segment refers to it or an audience follows it.
    """
    return PublishedView.from_published(
        await transactions.run(lambda conn: publish.delete_segment(conn, author, id))
    )
