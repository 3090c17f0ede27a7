"""Counts and times every request, and turns unexpected errors into a response and a log line.

The log line names the place and the class of an unexpected exception, never its message: messages
may hold personal data.
"""

from time import perf_counter
from traceback import extract_tb
from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge import metrics
from api.web.errors import unexpected

logger = structlog.get_logger(__name__)

_FRAMES: Final = 8


class Observe:
    """ASGI middleware.

    Args:
        app: what is observed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 0
        started = perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # the outermost place: the caller gets a response in any case
            _note(error, scope)
            if status == 0:
                await unexpected(Request(scope))(scope, receive, sending)
        route = _template(scope)
        metrics.REQUESTS.labels(route, status).inc()
        metrics.REQUEST_SECONDS.labels(route).observe(perf_counter() - started)


def _template(scope: Scope) -> str:
    """The path's template: paths themselves may hold personal data and are without number."""
    return getattr(scope.get("route") or scope.get("endpoint"), "path", "unknown")


def _note(error: Exception, scope: Scope) -> None:
    kind = type(error).__name__
    places = [
        f"{frame.filename}:{frame.lineno}:{frame.name}"
        for frame in extract_tb(error.__traceback__)[-_FRAMES:]
    ]
    metrics.ERRORS.labels(kind).inc()
    logger.error(
        "unexpected_error", kind=kind, method=scope["method"], route=_template(scope), places=places
    )
