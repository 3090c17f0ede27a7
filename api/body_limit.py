"""Refuses requests of the query API that announce too large a body, in the form that its clients understand.

A body of unannounced length is cut off by FastAPI's own limit, with a plain 413. The collector limits its bodies itself.
"""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import QUERY_PREFIX, TooLargeError, answer


class BodyLimit:
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
        if scope["type"] == "http" and scope["path"].startswith(QUERY_PREFIX):
            request = Request(scope)
            announced = request.headers.get("content-length", "")
            if announced.isdigit() and int(announced) > self._limit_bytes:
                await answer(request, TooLargeError("The body is larger than the limit."))(scope, receive, send)
                return
        await self._app(scope, receive, send)
