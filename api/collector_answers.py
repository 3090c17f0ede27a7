"""What the collector answers: JSON, readable by pages of allowed origins, and a preflight that lets their browsers send at all."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from starlette.types import Scope, Send

from api import metrics
from api.collector_errors import Refusal
from api.collector_request import header
from config.collector import CollectorParams

Headers = list[tuple[bytes, bytes]]

_ALLOWED_HEADERS: Final = b"authorization, content-type, content-encoding, anonymousid, x-retry-count"
_ALLOWED_METHODS: Final = b"GET, HEAD, POST, OPTIONS"


async def reply(send: Send, status: HTTPStatus, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send an answer; a body is JSON."""
    fixed = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": int(status), "headers": [*fixed, *headers]})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, refusal: Refusal, headers: Headers) -> None:
    """Send why not."""
    metrics.REFUSALS.labels(refusal.code).inc()
    await reply(send, refusal.status, refusal.body, [*headers, *refusal.headers])


async def preflight(scope: Scope, send: Send, params: CollectorParams) -> None:
    """Tell a browser what its page may send. SDKs set Authorization, so browsers always ask."""
    headers = [
        (b"access-control-allow-methods", _ALLOWED_METHODS),
        (b"access-control-allow-headers", _ALLOWED_HEADERS),
        (b"access-control-max-age", b"%d" % params.preflight_age.total_seconds()),
    ]
    await send({"type": "http.response.start", "status": int(HTTPStatus.NO_CONTENT), "headers": [*cross_origin(scope, params), *headers]})
    await send({"type": "http.response.body"})


def cross_origin(scope: Scope, params: CollectorParams) -> Headers:
    """Headers that let a page on another origin read the answer; none where its origin is not allowed."""
    origin = header(scope, b"origin")
    if not origin or not ("*" in params.allowed_origins or origin in params.allowed_origins):
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),  # named rather than "*": beacons are sent with credentials
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    ]
