"""Routes of API keys."""

from fastapi import APIRouter

from api.access.keys_schemas import KeyRequest, KeyView, NewKeyView
from api.access.streams import StreamsDep
from api.web.deps import Admin, Caller
from api.web.errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError
from api.web.paging import Page, PagingDep, RowId
from api.web.texts import ReasonDep
from api.web.transaction import Conn, TransactionsDep
from store.workspaces import keys
from store.workspaces.keys import (
    ApiKey,
    ApiKeyError,
    LastAdminKeyError,
    Owner,
    RevokedOwnerError,
)

router = APIRouter(prefix="/cdp/keys", tags=["access"])


class _LastAdminError(ConflictError):
    """Nobody could make keys any more."""

    code = "last_admin_key"


def owner_of(caller: Caller) -> Owner:
    """Who acts on keys and sources."""
    return Owner(caller.workspace, caller.actor)


@router.get("", summary="List API keys")
async def list_keys(
    caller: Admin, transactions: TransactionsDep, paging: PagingDep
) -> Page[KeyView]:
    """Every key of the workspace, revoked ones too, oldest first."""
    rows = await transactions.run(
        lambda conn: keys.list_api_keys(conn, caller.workspace, paging.after_id, paging.limit)
    )
    return paging.page(rows, KeyView.from_row)


@router.post("", summary="Make an API key", status_code=201)
async def create_key(caller: Admin, transactions: TransactionsDep, body: KeyRequest) -> NewKeyView:
    """The answer shows the key, once.

    It may do no more than the key that asks. It works in every process within
    `edge.keys.unknown_fresh`.
    """
    if beyond := sorted(set(body.scopes) - caller.scopes):
        raise ForbiddenError(f"A key grants only scopes of its own: not {', '.join(beyond)}.")

    def make(conn: Conn) -> tuple[ApiKey | None, str]:
        key_id, key = keys.add_api_key(conn, owner_of(caller), body.name, body.scopes)
        return keys.find_api_key(conn, caller.workspace, key_id), key

    try:
        row, key = await transactions.run(make)
    except RevokedOwnerError as error:
        raise UnauthorizedError(str(error)) from error
    except ApiKeyError as error:
        raise ConflictError(str(error)) from error
    return NewKeyView(**KeyView.from_row(_found(row)).model_dump(), key=key)


@router.delete("/{id}", summary="Revoke an API key")
async def revoke_key(
    caller: Admin, transactions: TransactionsDep, streams: StreamsDep, id: RowId, reason: ReasonDep
) -> KeyView:
    """Ends its logins at once, and the key itself in every process within `edge.keys.fresh`.

    A key may revoke itself, but not the workspace's last one with the scope `admin`. One that is
    revoked already stays as it is.
    """

    def revoke(conn: Conn) -> ApiKey | None:
        keys.revoke_api_key(conn, owner_of(caller), id, reason)
        return keys.find_api_key(conn, caller.workspace, id)

    try:
        row = _found(await transactions.run(revoke))
    except LastAdminKeyError as error:
        raise _LastAdminError(str(error)) from error
    streams.end_key(row.id)
    return KeyView.from_row(row)


def _found(row: ApiKey | None) -> ApiKey:
    if row is None:
        raise NotFoundError("key")
    return row
