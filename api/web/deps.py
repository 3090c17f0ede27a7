"""What requests depend on: what the process holds, and who asks.

Nothing below ``/cdp`` is answered without `require`.

An API key comes as ``Authorization: Bearer <key>`` or ``X-API-Key``. Where there is none, the
cookie of a login stands for the key that began it (`api.access.login_routes`). A key opens one
workspace; every query takes the workspace from the `Caller`, never from the request.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic, monotonic_ns
from typing import Annotated, Final, Literal

from fastapi import Depends, Request, params

from api.edge import login_cookie
from api.edge.crowd import prove
from api.web.cross_site import refuse_cross_site
from api.web.errors import ForbiddenError, RateLimitedError, UnauthorizedError
from api.web.key_cache import KeyCache
from config.collector import EdgeParams
from config.settings import Settings
from domain.ids import WorkspaceId
from sinks.http.token_bucket import Bucket, take
from sinks.intake.log import EventLog
from store.fetch import Pool
from store.workspaces import logins, registry
from store.workspaces.bootstrap import key_hash
from store.workspaces.registry import KnownKey, KnownSource

Scope = Literal["read", "write", "gate", "admin"]


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        key_id: of the API key.
        workspace: the only tenant whose data may be touched.
        salt: that tenant's key of digests (`domain.keys`).
        scopes: what the key may do.
    """

    key_id: int
    workspace: WorkspaceId
    salt: bytes = field(repr=False)
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """What the audit log calls the caller."""
        return f"key:{self.key_id}"


class Keys:
    """Write keys, API keys, logins, and how often API keys ask.

    Args:
        pool: connections to Postgres.
        edge: how long keys are cached, how many requests each may make, how long logins rest.
    """

    def __init__(self, pool: Pool, edge: EdgeParams) -> None:
        async def source(digest: bytes) -> KnownSource | None:
            return await registry.source_by_write_key(pool, digest)

        async def key(digest: bytes) -> KnownKey | None:
            return await registry.api_key(pool, digest)

        async def login(digest: bytes) -> KnownKey | None:
            return await logins.key_by_login(pool, digest, edge.login.idle)

        self._params = params = edge.keys
        self._sources = KeyCache(source, params, monotonic, outlives_store=True)
        self._api_keys = KeyCache(key, params, monotonic, outlives_store=False)
        # Never fresh: a logout holds in all processes at once. Who asks at once shares a look.
        unremembered = replace(params, fresh=timedelta())
        self._logins = KeyCache(login, unremembered, monotonic, outlives_store=False)
        self._buckets: dict[int, Bucket] = {}

    async def source(self, write_key: str) -> KnownSource | None:
        """The source that a write key belongs to, or None.

        Raises:
            psycopg.OperationalError: Postgres does not answer and the key was never seen.
        """
        return await self._sources.get(key_hash(write_key))

    async def caller(self, api_key: str) -> Caller | None:
        """Whose an API key is, or None.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        return _caller(await self._api_keys.get(key_hash(api_key)))

    async def login(self, token: str) -> Caller | None:
        """Whose login a token is, or None where it has ended.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        return _caller(await self._logins.get(key_hash(token)))

    def pace(self, caller: Caller) -> None:
        """Count a request.

        Raises:
            RateLimitedError: the key asks too often.
        """
        now_ms = monotonic_ns() // 1_000_000
        bucket, wait_ms = take(
            self._buckets.get(caller.key_id),
            now_ms,
            self._params.requests_per_s,
            self._params.burst,
        )
        self._buckets[caller.key_id] = bucket
        if wait_ms:
            raise RateLimitedError(wait_ms / 1000)


def _caller(known: KnownKey | None) -> Caller | None:
    return None if known is None else Caller(known.id, known.workspace, known.salt, known.scopes)


def state(name: str) -> params.Depends:
    """Depend on the entry of ``app.state`` with this name, set by ``api.app``.

    A coroutine finds it, because FastAPI runs plain functions in threads, which is slow.
    """

    async def find(request: Request) -> object:
        found: object = getattr(request.app.state, name)
        return found

    return params.Depends(find)


SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "x_api_key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "The same API key, for clients that cannot send a bearer token.",
    },
    "login": {
        "type": "apiKey",
        "in": "cookie",
        "name": login_cookie.NAME,
        "description": "The cookie of a login, for the dashboard; by TLS its name begins with"
        " `__Host-`, and on a port of its own it ends with that, `_8080`. What changes something"
        " must come from this server's own pages.",
    },
}
"""How an API key may be sent, as OpenAPI security schemes (`api.openapi`)."""


def api_key_of(request: Request) -> str:
    """The API key in a request's headers, empty where there is none."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    return request.headers.get("x-api-key", "")


async def authenticate(request: Request) -> Caller:
    """Find out who asks, and count the request.

    Raises:
        UnauthorizedError: no key, or one that is unknown or revoked.
        RateLimitedError: the key asks too often.
    """
    caller = await identify(request)
    keys: Keys = request.app.state.keys
    keys.pace(caller)
    return caller


async def identify(request: Request) -> Caller:
    """Find out who asks.

    Reads headers itself: a FastAPI dependency per scheme would cost every lookup more than its trip
    to Redis.

    Raises:
        UnauthorizedError: no key and no login, or one that is unknown, revoked or over.
        CrossSiteError: a login with a request that another site has made.
        psycopg.OperationalError: Postgres does not answer.
    """
    keys: Keys = request.app.state.keys
    if api_key := api_key_of(request):
        caller = await keys.caller(api_key)
        if caller is None:
            raise UnauthorizedError("The API key is unknown or revoked.")
    else:
        caller = await _logged_in(request, keys)
    prove(request.scope)
    return caller


async def _logged_in(request: Request, keys: Keys) -> Caller:
    if not login_cookie.carries_login(request):
        raise UnauthorizedError("An API key is needed: Authorization: Bearer <key>, or X-API-Key.")
    refuse_cross_site(request, by_cookie=True)
    token = login_cookie.token(request)
    caller = None if token is None else await keys.login(token)
    if caller is None:
        raise UnauthorizedError("The login has ended, or there are two: log in again.")
    return caller


def login_of(request: Request) -> str | None:
    """The token of the login that a request was let in by; None where an API key was."""
    return None if api_key_of(request) else login_cookie.token(request)


def require(*scopes: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency that lets callers with one of some scopes through.

    Use it as ``Annotated[Caller, Depends(require("read"))]``.

    The dependency raises `UnauthorizedError`, `ForbiddenError` and `RateLimitedError`.
    """

    async def check(request: Request) -> Caller:
        caller = await authenticate(request)
        demand(caller, *scopes)
        return caller

    return check


def demand(caller: Caller, *scopes: Scope) -> None:
    """Refuse a caller that has none of some scopes.

    Raises:
        ForbiddenError: the key has none of them.
    """
    if caller.scopes.isdisjoint(scopes):
        raise ForbiddenError(f"The API key lacks the scope {' or '.join(scopes)}.")


SettingsDep = Annotated[Settings, state("settings")]
"""Parameter of a route that depends on the configuration."""
PoolDep = Annotated[Pool, state("pool")]
"""Parameter of a route that queries Postgres."""
LogDep = Annotated[EventLog, state("log")]
"""Parameter of a route that appends to the event log."""
Reader = Annotated[Caller, Depends(require("read"))]
"""Parameter of a route that reads."""
Operator = Annotated[Caller, Depends(require("write"))]
"""Parameter of a route that operates: audiences, retries of dead letters; whatever stops pushes."""
Releaser = Annotated[Caller, Depends(require("gate"))]
"""Parameter of a route that lets a push pass which the trust gate would not.

No other scope includes it.
"""
Stopper = Annotated[Caller, Depends(require("write", "gate"))]
"""Parameter of a route that takes back what lets pushes pass."""
AnyKey = Annotated[Caller, Depends(authenticate)]
"""Parameter of a route where it depends on the body which scope is needed (`demand`)."""
Admin = Annotated[Caller, Depends(require("admin"))]
"""Parameter of a route that changes people or keys."""
