"""Notices that a client has closed its connection, and ends the work that it asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.web.errors import ClientDisconnectedError

_receive: Final[ContextVar[Receive]] = ContextVar("receive")


class Connected:
    """ASGI middleware: `while_connected` knows the client of each request within.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            _receive.set(receive)
        await self._app(scope, receive, send)


@asynccontextmanager
async def while_connected() -> AsyncIterator[None]:
    """Cancel what is within as soon as the client is gone. The request's body has been read.

    Raises:
        ClientDisconnectedError: it is gone.
    """
    receive = _receive.get(None)
    if receive is None:  # nobody asked over a connection
        yield
        return
    try:
        async with asyncio.timeout(None) as presence:
            watching = asyncio.create_task(_watch(receive, presence))
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError:
        if presence.expired():
            raise ClientDisconnectedError from None
        raise


async def _watch(receive: Receive, presence: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    presence.reschedule(asyncio.get_running_loop().time())
