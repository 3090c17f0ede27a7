"""Segments and their members: saved as drafts, published, paused, resumed, deleted.

Publishing brings everybody up to date in a sweep.
"""

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Path, Response

from api.segments.definitions_schemas import PublishedView, VersionView
from api.segments.rule_reading_schemas import rule_of
from api.segments.schemas import (
    CheckedView,
    Member,
    RuleRequest,
    SegmentRequest,
    SegmentUpdate,
    SegmentView,
)
from api.web.deps import Held, Operator, Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.methods import only
from api.web.paging import (
    LIMIT_DEFAULT,
    CursorText,
    Limit,
    Page,
    after_id,
    decode_cursor,
    encode_cursor,
)
from api.web.reading import Reads, ReadsNow
from api.web.transaction_definitions import Expected, define, etag
from api.web.values import Count
from store.definitions import publish, views
from store.definitions.versions import Draft, create, save
from store.segments import segments
from store.segments.segments import SegmentRow

router = APIRouter(prefix="/cdp/segments", tags=["segments"], responses=DESCRIBED)
only(router, "/validate", "POST")

SegmentId = Annotated[int, Path(ge=0, lt=2**31)]


async def _show(reads: Reads, workspace: int, row: SegmentRow) -> SegmentView:
    members = await segments.size(
        reads.pool, workspace, row.id, reads.bounds.statistics.exact_limit
    )
    return SegmentView.of(row, Count.of(members))


async def _find(reads: Reads, workspace: int, segment: int) -> SegmentRow:
    row = await segments.by_id(reads.pool, workspace, segment)
    if row is None:
        raise NotFoundError("segment")
    return row


@router.get("", summary="List segments")
async def list_segments(
    caller: Reader, reads: ReadsNow, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Page[SegmentView]:
    """The workspace's segments with their sizes."""
    rows = await segments.of_workspace(reads.pool, caller.workspace, after_id(cursor), limit)
    items = [await _show(reads, caller.workspace, row) for row in rows]
    return Page(items=items, next=encode_cursor(rows[-1].id) if len(rows) == limit else None)


@router.post("", summary="Create a segment", status_code=201)
async def create_segment(
    caller: Operator, held: Held, reads: ReadsNow, body: SegmentRequest, response: Response
) -> SegmentView:
    """Saves a draft. Nobody is a member until it is published."""
    rule = msgspec.to_builtins(rule_of(body.rule, held.settings.definitions))
    draft = Draft(rule, body.purpose, body.name, body.description)
    made = await define(held, caller, lambda conn, author: create(conn, author, "segment", draft))
    row = await _find(reads, caller.workspace, made)
    response.headers.update(etag(row.newest))
    return await _show(reads, caller.workspace, row)


@router.post("/validate", summary="Check a rule")
async def validate_rule(caller: Reader, held: Held, body: RuleRequest) -> CheckedView:
    """Says whether a rule could be published now: its shape, its bounds, and whether what it refers to is live. Nothing is saved."""
    rule = rule_of(body.rule, held.settings.definitions)
    await define(
        held, caller, lambda conn, author: publish.check_segment(conn, author, body.segment, rule)
    )
    return CheckedView(rule=msgspec.to_builtins(rule))


@router.get("/{id}", summary="Read a segment")
async def get_segment(
    caller: Reader, reads: ReadsNow, id: SegmentId, response: Response
) -> SegmentView:
    """The segment as it is live, and its size."""
    row = await _find(reads, caller.workspace, id)
    response.headers.update(etag(row.newest))
    return await _show(reads, caller.workspace, row)


@router.put("/{id}", summary="Save a new version of a segment")
async def update_segment(
    caller: Operator,
    held: Held,
    reads: ReadsNow,
    id: SegmentId,
    body: SegmentUpdate,
    expected: Expected,
    response: Response,
) -> SegmentView:
    """Saves a draft; what is live stays live until the draft is published.

    Saving what is saved already makes no new version.
    """
    rule = msgspec.to_builtins(rule_of(body.rule, held.settings.definitions))
    draft = Draft(rule, body.purpose, body.name, body.description)
    seen = body.version if expected is None else expected
    version = await define(
        held, caller, lambda conn, author: save(conn, author, "segment", id, draft, seen)
    )
    response.headers.update(etag(version))
    return await _show(reads, caller.workspace, await _find(reads, caller.workspace, id))


@router.get("/{id}/versions", summary="List a segment's versions")
async def list_segment_versions(
    caller: Reader,
    reads: ReadsNow,
    id: SegmentId,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[VersionView]:
    """Every version that was saved, newest first, with who saved and who published it."""
    await _find(reads, caller.workspace, id)
    rows = await views.versions(
        reads.pool, caller.workspace, "segment", id, after_id(cursor), limit
    )
    following = encode_cursor(rows[-1].version) if len(rows) == limit else None
    return Page(items=[VersionView.of(row) for row in rows], next=following)


@router.post("/{id}/publish", summary="Publish a segment", status_code=202)
async def publish_segment(
    caller: Operator, held: Held, id: SegmentId, expected: Expected
) -> PublishedView:
    """Makes the newest version live: events are judged by it from now on, and the sweep brings everybody else up to date."""
    return PublishedView.of(
        await define(held, caller, lambda conn, author: publish.publish_segment(conn, author, id, expected))
    )  # fmt: skip


@router.post("/{id}/pause", summary="Pause a segment", status_code=202)
async def pause_segment(caller: Operator, held: Held, id: SegmentId) -> PublishedView:
    """Keeps its members as they are until it is resumed."""
    return PublishedView.of(
        await define(held, caller, lambda conn, author: publish.pause_segment(conn, author, id))
    )


@router.post("/{id}/resume", summary="Resume a segment", status_code=202)
async def resume_segment(caller: Operator, held: Held, id: SegmentId) -> PublishedView:
    """Lets a paused segment follow its rule again; the sweep brings everybody up to date."""
    return PublishedView.of(
        await define(held, caller, lambda conn, author: publish.resume_segment(conn, author, id))
    )


@router.delete("/{id}", summary="Delete a segment", status_code=202)
async def delete_segment(caller: Operator, held: Held, id: SegmentId) -> PublishedView:
    """Deletes it; the sweep takes its members out.

    Refused while another segment refers to it or an audience follows it.
    """
    return PublishedView.of(
        await define(held, caller, lambda conn, author: publish.delete_segment(conn, author, id))
    )


@router.get("/{id}/members", summary="List a segment's members")
async def list_segment_members(
    caller: Reader,
    reads: ReadsNow,
    id: SegmentId,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[Member]:
    """The people in a segment, by profile id."""
    await _find(reads, caller.workspace, id)
    after: UUID | None = None
    if cursor is not None:
        (after,) = decode_cursor(cursor, (UUID,))
    rows = await segments.members(reads.pool, caller.workspace, id, after, limit)
    items = [
        Member(profile_id=row.profile_id, since=row.since_at, version=row.version) for row in rows
    ]
    return Page(
        items=items, next=encode_cursor(rows[-1].profile_id) if len(rows) == limit else None
    )
