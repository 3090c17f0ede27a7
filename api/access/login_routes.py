"""Routes of logins: a browser exchanges an API key for a cookie that no script can read."""

import secrets
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from api.access.attempts import Attempts, address_of
from api.access.login_schemas import LoginRequest, LoginView
from api.access.streams import StreamsDep
from api.edge import login_cookie
from api.edge.crowd import prove
from api.web.cross_site import refuse_cross_site
from api.web.deps import AnyKey, Caller, Keys, PoolDep, SettingsDep, login_of, state
from api.web.errors import ConflictError, UnauthorizedError
from config.collector import LoginParams
from store.fetch import Pool
from store.workspaces.bootstrap import KEY_BYTES, key_hash
from store.workspaces.logins import Terms, begin_login, end_login, identity

router = APIRouter(prefix="/cdp/login", tags=["access"])

_NO_KEY: Final[dict[str, Any]] = {"security": [{}]}


async def _from_here(request: Request) -> None:
    refuse_cross_site(request, by_cookie=login_cookie.carries_login(request))


@router.post(
    "",
    summary="Log in",
    status_code=201,
    openapi_extra=_NO_KEY,
    dependencies=[Depends(_from_here)],
)
async def log_in(
    request: Request,
    response: Response,
    settings: SettingsDep,
    pool: PoolDep,
    keys: Annotated[Keys, state("keys")],
    attempts: Annotated[Attempts, state("attempts")],
    streams: StreamsDep,
    body: LoginRequest,
) -> LoginView:
    """Exchanges an API key for a cookie, which stands for the key in all requests of this browser.

    The cookie is new each time; a login that the browser had before ends. It may do what the key
    may, until it has asked nothing for `edge.login.idle`, for `edge.login.lifetime` in any case,
    until it logs out, or until the key is revoked. With the cookie, a request that changes
    something must come from this server's own pages and have a JSON body, or it is 403
    `cross_site`.

    Addresses that fail too often are told to wait.
    """
    token = secrets.token_urlsafe(KEY_BYTES)
    replaced = [key_hash(each) for each in login_cookie.tokens(request)]
    terms = _terms(settings.edge.login)
    with attempts.counted(address_of(request)):
        caller = await keys.caller(body.api_key.strip())
        if caller is None:
            raise UnauthorizedError("The API key is unknown or revoked.")
        keys.pace(caller)
        if not await begin_login(pool, caller.key_id, key_hash(token), replaced, terms):
            raise UnauthorizedError("The API key is unknown or revoked.")
    for digest in replaced:
        streams.end_login(digest)
    prove(request.scope)
    _send(request, response, token, terms.lifetime)
    return await _who(pool, caller, token)


@router.get("", summary="Ask who is logged in")
async def get_login(request: Request, caller: AnyKey, pool: PoolDep) -> LoginView:
    """The name of the key that asks, its workspace and its scopes; with a login also its end."""
    return await _who(pool, caller, login_of(request))


@router.delete("", summary="Log out")
async def log_out(
    request: Request, response: Response, caller: AnyKey, pool: PoolDep, streams: StreamsDep
) -> LoginView:
    """Ends the login in all processes at once, and tells the browser to forget the cookie.

    Its live feeds end with it, those of other processes a moment later.

    An API key in a header is no login: it ends nothing.
    """
    token = login_of(request)
    if token is None:
        raise ConflictError("An API key is no login: there is nothing to end.")
    ended = await _who(pool, caller, token)
    digest = key_hash(token)
    await end_login(pool, digest)
    streams.end_login(digest)
    _send(request, response, "", timedelta())
    return ended


def _terms(params: LoginParams) -> Terms:
    return Terms(params.idle, params.lifetime, params.logins_limit)


def _send(request: Request, response: Response, token: str, age: timedelta) -> None:
    response.headers["set-cookie"] = login_cookie.set_cookie(request, token, age)


async def _who(pool: Pool, caller: Caller, token: str | None) -> LoginView:
    found = await identity(pool, caller.key_id, None if token is None else key_hash(token))
    if found is None:
        raise UnauthorizedError("The API key is unknown or revoked.")
    return LoginView.from_identity(found)
