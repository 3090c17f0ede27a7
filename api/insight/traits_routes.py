"""Computed traits: saved as drafts, published, deleted.

A live one is shown in profiles and may be used in rules.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.segments.definitions_schemas import (
    PublishedView,
    TraitRequest,
    TraitUpdate,
    TraitView,
)
from api.segments.rule_checks import checked_trait_rule
from api.segments.versions_schemas import TraitVersionView
from api.web.actors import named_page
from api.web.definitions import AuthorDep, Expected, ReasonedAuthorDep, SavingDep, etag
from api.web.deps import PoolDep, Reader
from api.web.errors import NotFoundError
from api.web.paging import Page, PagingDep
from api.web.transaction import TransactionsDep
from store.definitions import publish, views
from store.definitions.drafts import Draft
from store.definitions.versions import create
from store.definitions.views import TraitRow
from store.fetch import Pool

router = APIRouter(prefix="/cdp/traits", tags=["traits"])

TraitId = Annotated[int, Path(ge=0, lt=2**31)]


async def _find(pool: Pool, workspace: int, trait: int) -> TraitRow:
    row = await views.trait(pool, workspace, trait)
    if row is None:
        raise NotFoundError("computed trait")
    return row


@router.get("", summary="List computed traits")
async def list_traits(caller: Reader, pool: PoolDep, paging: PagingDep) -> Page[TraitView]:
    """The workspace's computed traits in the order they were created."""
    rows = await views.traits(pool, caller.workspace, paging.after_id, paging.limit)
    return paging.page(rows, TraitView.from_row)


@router.post("", summary="Create a computed trait", status_code=201)
async def create_trait(
    author: AuthorDep,
    pool: PoolDep,
    transactions: TransactionsDep,
    body: TraitRequest,
    response: Response,
) -> TraitView:
    """Saves a draft. Nobody has a value until it is published."""
    draft = Draft(checked_trait_rule(body.rule), name=body.name, description=body.description)
    made = await transactions.run(lambda conn: create(conn, author, "trait", draft))
    row = await _find(pool, author.workspace, made)
    response.headers.update(etag(row.newest))
    return TraitView.from_row(row)


@router.get("/{id}", summary="Read a computed trait")
async def get_trait(caller: Reader, pool: PoolDep, id: TraitId, response: Response) -> TraitView:
    """The computed trait as it is live."""
    row = await _find(pool, caller.workspace, id)
    response.headers.update(etag(row.newest))
    return TraitView.from_row(row)


@router.put("/{id}", summary="Save a new version of a computed trait")
async def update_trait(
    saving: SavingDep, pool: PoolDep, id: TraitId, body: TraitUpdate
) -> TraitView:
    """Saves a draft; what is live stays live until the draft is published.

    Saving what is saved already makes no new version.
    """
    draft = Draft(checked_trait_rule(body.rule), description=body.description)
    await saving.save("trait", id, draft, body.version)
    return TraitView.from_row(await _find(pool, saving.author.workspace, id))


@router.get("/{id}/versions", summary="List a computed trait's versions")
async def list_trait_versions(
    caller: Reader, pool: PoolDep, paging: PagingDep, id: TraitId
) -> Page[TraitVersionView]:
    """Every version that was saved, newest first, with who saved and who published it."""
    await _find(pool, caller.workspace, id)
    rows = await views.versions(pool, caller.workspace, "trait", id, paging.after_id, paging.limit)
    page = paging.page(rows, TraitVersionView.from_version, lambda row: (row.version,))
    return await named_page(pool, caller, page)


@router.post("/{id}/publish", summary="Publish a computed trait", status_code=202)
async def publish_trait(
    author: ReasonedAuthorDep, transactions: TransactionsDep, id: TraitId, expected: Expected
) -> PublishedView:
    """Makes the newest version live; the sweep computes it for everybody from the stored events."""
    return PublishedView.from_published(
        await transactions.run(lambda conn: publish.publish_trait(conn, author, id, expected))
    )


@router.delete("/{id}", summary="Delete a computed trait", status_code=202)
async def delete_trait(
    author: ReasonedAuthorDep, transactions: TransactionsDep, id: TraitId
) -> PublishedView:
    """Deletes it. Refused while a segment uses it."""
    return PublishedView.from_published(
        await transactions.run(lambda conn: publish.delete_trait(conn, author, id))
    )
