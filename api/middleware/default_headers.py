"""Headers that answers have unless a route says something else of its own.

Whatever a browser may show has the security headers, refusals included. Answers below ``/cdp/``
hold personal data, and so may their errors: no cache keeps them, which on a browser's disk would
outlive the login. What the server refuses before a request is known has headers of its own
(`api.edge.connections`).
"""

from collections.abc import Collection, Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.web.errors import API_PREFIXES

_NOSNIFF: Final = {"x-content-type-options": "nosniff"}
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
_FEATURES: Final = (
    "accelerometer", "autoplay", "camera", "display-capture", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb",
)  # fmt: skip
PAGES: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    **_NOSNIFF,
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
}
"""Of pages, their files, and whatever else is no program's."""
QUERIES: Final = {"cache-control": "no-store", **_NOSNIFF}
"""Of the query API and of OpenDSR."""


class DefaultHeaders:
    """ASGI middleware; the outermost, so that it sees the answers of all others.

    Args:
        app: what answers.
        bare: first parts of the paths that get none: those that events are sent to.
    """

    def __init__(self, app: ASGIApp, bare: Collection[str]) -> None:
        self._app = app
        self._bare = frozenset(bare)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        headers = self._headers_of(scope["path"]) if scope["type"] == "http" else {}
        if not headers:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = MutableHeaders(scope=message)
                for name, value in headers.items():
                    own.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)

    def _headers_of(self, path: str) -> Mapping[str, str]:
        if path.startswith(API_PREFIXES):
            return QUERIES
        return {} if first_part(path) in self._bare else PAGES


def first_part(path: str) -> str:
    """The first part of a path.

    >>> first_part("/docs/docs.js")
    'docs'
    """
    return path.removeprefix("/").partition("/")[0]
