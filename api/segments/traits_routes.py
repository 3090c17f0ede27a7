"""Computed traits: saved as drafts, published, deleted.

A live one is shown in profiles and may be used in rules.
"""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Response

from api.segments.definitions_schemas import (
    PublishedView,
    TraitRequest,
    TraitUpdate,
    TraitView,
    VersionView,
)
from api.segments.rule_reading_schemas import trait_rule_of
from api.web.deps import Held, Operator, Reader
from api.web.errors import DESCRIBED, NotFoundError
from api.web.paging import LIMIT_DEFAULT, CursorText, Limit, Page, after_id, encode_cursor
from api.web.reading import Reads, ReadsNow
from api.web.transaction_definitions import Expected, define, etag
from store.definitions import publish, views
from store.definitions.versions import Draft, create, save
from store.definitions.views import TraitRow

router = APIRouter(prefix="/cdp/traits", tags=["traits"], responses=DESCRIBED)

TraitId = Annotated[int, Path(ge=0, lt=2**31)]


async def _find(reads: Reads, workspace: int, trait: int) -> TraitRow:
    row = await views.trait(reads.pool, workspace, trait)
    if row is None:
        raise NotFoundError("computed trait")
    return row


@router.get("", summary="List computed traits")
async def list_traits(
    caller: Reader, reads: ReadsNow, limit: Limit = LIMIT_DEFAULT, cursor: CursorText = None
) -> Page[TraitView]:
    """The workspace's computed traits in the order they were created."""
    rows = await views.traits(reads.pool, caller.workspace, after_id(cursor), limit)
    return Page(
        items=[TraitView.of(row) for row in rows],
        next=encode_cursor(rows[-1].id) if len(rows) == limit else None,
    )


@router.post("", summary="Create a computed trait", status_code=201)
async def create_trait(
    caller: Operator, held: Held, reads: ReadsNow, body: TraitRequest, response: Response
) -> TraitView:
    """Saves a draft. Nobody has a value until it is published."""
    draft = Draft(
        msgspec.to_builtins(trait_rule_of(body.rule)), name=body.name, description=body.description
    )
    made = await define(held, caller, lambda conn, author: create(conn, author, "trait", draft))
    row = await _find(reads, caller.workspace, made)
    response.headers.update(etag(row.newest))
    return TraitView.of(row)


@router.get("/{id}", summary="Read a computed trait")
async def get_trait(caller: Reader, reads: ReadsNow, id: TraitId, response: Response) -> TraitView:
    """The computed trait as it is live."""
    row = await _find(reads, caller.workspace, id)
    response.headers.update(etag(row.newest))
    return TraitView.of(row)


@router.put("/{id}", summary="Save a new version of a computed trait")
async def update_trait(
    caller: Operator,
    held: Held,
    reads: ReadsNow,
    id: TraitId,
    body: TraitUpdate,
    expected: Expected,
    response: Response,
) -> TraitView:
    """Saves a draft; what is live stays live until the draft is published.

    Saving what is saved already makes no new version.
    """
    draft = Draft(msgspec.to_builtins(trait_rule_of(body.rule)), description=body.description)
    seen = body.version if expected is None else expected
    version = await define(
        held, caller, lambda conn, author: save(conn, author, "trait", id, draft, seen)
    )
    response.headers.update(etag(version))
    return TraitView.of(await _find(reads, caller.workspace, id))


@router.get("/{id}/versions", summary="List a computed trait's versions")
async def list_trait_versions(
    caller: Reader,
    reads: ReadsNow,
    id: TraitId,
    limit: Limit = LIMIT_DEFAULT,
    cursor: CursorText = None,
) -> Page[VersionView]:
    """Every version that was saved, newest first, with who saved and who published it."""
    await _find(reads, caller.workspace, id)
    rows = await views.versions(reads.pool, caller.workspace, "trait", id, after_id(cursor), limit)
    following = encode_cursor(rows[-1].version) if len(rows) == limit else None
    return Page(items=[VersionView.of(row) for row in rows], next=following)


@router.post("/{id}/publish", summary="Publish a computed trait", status_code=202)
async def publish_trait(
    caller: Operator, held: Held, id: TraitId, expected: Expected
) -> PublishedView:
    """Makes the newest version live; the sweep computes it for everybody from the stored events."""
    published = await define(
        held, caller, lambda conn, author: publish.publish_trait(conn, author, id, expected)
    )
    return PublishedView.of(published)


@router.delete("/{id}", summary="Delete a computed trait", status_code=202)
async def delete_trait(caller: Operator, held: Held, id: TraitId) -> PublishedView:
    """Deletes it. Refused while a segment uses it."""
    return PublishedView.of(
        await define(held, caller, lambda conn, author: publish.delete_trait(conn, author, id))
    )
