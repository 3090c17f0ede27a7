"""Keeps answers of the query API out of caches: a browser's outlives the login, on its disk.

Answers below ``/cdp/`` hold personal data, and so may their errors. A route may say something else
of its own.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.web.errors import QUERY_PREFIX

_NAME: Final = b"cache-control"
_NO_STORE: Final = (_NAME, b"no-store")


class Forget:
    """ASGI middleware; the outermost, so that it sees the answers of all others.

    Args:
        app: whose answers nobody stores.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or not scope["path"].startswith(QUERY_PREFIX):
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if all(name.lower() != _NAME for name, _ in headers):
                    message = {**message, "headers": [*headers, _NO_STORE]}
            await send(message)

        await self._app(scope, receive, sending)
