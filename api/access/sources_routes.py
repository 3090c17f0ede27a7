"""Routes of sources and their write keys."""

import psycopg
from fastapi import APIRouter

from api.access.keys_routes import owner_of
from api.access.sources_schemas import (
    NewSourceView,
    NewWriteKeyView,
    SourceRequest,
    SourceView,
    WriteKeyView,
)
from api.web.deps import Admin, Reader
from api.web.errors import ConflictError, NotFoundError
from api.web.paging import Page, PagingDep, RowId
from api.web.texts import ReasonDep
from api.web.transaction import Conn, TransactionsDep
from store.workspaces import sources
from store.workspaces.sources import SourceError, SourceRow, WriteKey

router = APIRouter(prefix="/cdp/sources", tags=["access"])


@router.get("", summary="List sources")
async def list_sources(
    caller: Reader, transactions: TransactionsDep, paging: PagingDep
) -> Page[SourceView]:
    """Every source with its write keys, oldest first, and whether events come."""
    rows = await transactions.run(
        lambda conn: sources.list_sources(conn, caller.workspace, paging.after_id, paging.limit)
    )
    return paging.page(rows, SourceView.from_row)


@router.post("", summary="Make a source", status_code=201)
async def create_source(
    caller: Admin, transactions: TransactionsDep, body: SourceRequest
) -> NewSourceView:
    """The answer shows its first write key, once.

    The key works in every process within `edge.keys.unknown_fresh`.
    """

    def make(conn: Conn) -> tuple[SourceRow | None, str]:
        owner, region = owner_of(caller), body.default_region.upper()
        source_id, key = sources.add_source(conn, owner, body.name, region)
        return sources.find_source(conn, caller.workspace, source_id), key

    try:
        row, key = await transactions.run(make)
    except psycopg.errors.UniqueViolation as error:
        raise ConflictError("There is a source of this name already.") from error
    except SourceError as error:
        raise ConflictError(str(error)) from error
    if row is None:
        raise NotFoundError("source")
    return NewSourceView(**SourceView.from_row(row).model_dump(), write_key=key)


@router.post("/{id}/keys", summary="Make a write key", status_code=201)
async def create_write_key(
    caller: Admin, transactions: TransactionsDep, id: RowId
) -> NewWriteKeyView:
    """One more, so that senders can change to it before the other is revoked. It is shown once."""

    def make(conn: Conn) -> tuple[WriteKey, str]:
        made = sources.add_write_key(conn, owner_of(caller), id)
        row = made and sources.find_write_key(conn, id, made[0])
        if not made or row is None:
            raise NotFoundError("source")
        return row, made[1]

    try:
        row, key = await transactions.run(make)
    except SourceError as error:
        raise ConflictError(str(error)) from error
    return NewWriteKeyView(**WriteKeyView.from_row(row).model_dump(), write_key=key)


@router.delete("/{id}/keys/{key}", summary="Revoke a write key")
async def revoke_write_key(
    caller: Admin, transactions: TransactionsDep, id: RowId, key: RowId, reason: ReasonDep
) -> WriteKeyView:
    """Senders that use it are refused in every process within `edge.keys.fresh`.

    A source may be left without a key. One that is revoked already stays as it is.
    """
    row = await transactions.run(
        lambda conn: sources.revoke_write_key(conn, owner_of(caller), id, key, reason)
    )
    if row is None:
        raise NotFoundError("write key")
    return WriteKeyView.from_row(row)
