"""Checks the key and the announced size of a query API request before its body is read.

FastAPI reads and parses a body before any dependency runs, the check of the key included; here the
key comes first. A request to log in has its key in the body, which is small. A body of unannounced
length is cut off by FastAPI's own limit, with the same code.
The collector does all this for itself.
"""

from typing import Final

import psycopg
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.web.deps import identify
from api.web.errors import API_PREFIXES, QUERY_PREFIX, ApiError, TooLargeError, answer

LOGIN_PATH: Final = QUERY_PREFIX + "login"
LOGIN_LIMIT_BYTES: Final = 4096
"""A key has 43 characters."""
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Admission:
    """ASGI middleware.

    Args:
        app: what is guarded.
        limit_bytes: largest body.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if (
            scope["type"] == "http"
            and scope["path"].startswith(API_PREFIXES)
            and scope["method"] not in _BODILESS
        ):
            request = Request(scope)
            try:
                await self._check(request)
            except (ApiError, psycopg.OperationalError) as error:
                await answer(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _check(self, request: Request) -> None:
        announced = request.headers.get("content-length", "")
        login = request.url.path == LOGIN_PATH and request.method == "POST"
        limit_bytes = LOGIN_LIMIT_BYTES if login else self._limit_bytes
        if announced.isdigit() and int(announced) > limit_bytes:
            raise TooLargeError("The body is larger than the limit.")
        if not login and announced != "0" and (announced or "transfer-encoding" in request.headers):
            await identify(request)
