"""The collector's responses: JSON with CORS headers for allowed origins, and the preflight."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from starlette.types import Scope, Send

from api.collector.errors import Refusal
from api.collector.request import header
from api.edge import metrics
from config.collector import CollectorParams

Headers = list[tuple[bytes, bytes]]

_USUAL_FIELDS: Final = (
    b"authorization, content-type, content-encoding, anonymousid, sentat, x-retry-count"
)
"""What the SDKs of Segment and RudderStack send with their events."""
_FIELDS_LIMIT_BYTES: Final = 2_048
_FIELD_NAMES: Final = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*"
)
"""A list of field names (RFC 9110, section 5.6.2)."""
_ALLOWED_METHODS: Final = b"GET, HEAD, POST, OPTIONS"


async def reply(
    send: Send, status: HTTPStatus, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a response; a body is JSON."""
    fixed = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send(
        {"type": "http.response.start", "status": int(status), "headers": [*fixed, *headers]}
    )
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, refusal: Refusal, headers: Headers) -> None:
    """Send why not."""
    metrics.REFUSALS.labels(refusal.code).inc()
    await reply(send, refusal.status, refusal.body, [*headers, *refusal.headers])


async def preflight(scope: Scope, send: Send, params: CollectorParams) -> None:
    """Tell a browser what its page may send. SDKs set Authorization, so browsers always ask.

    Whatever fields it asks for are allowed: no field but the write key says anything here, and SDKs
    bring new ones with every version. The usual ones are always told, because browsers cache the
    response.
    """
    asked = header(scope, b"access-control-request-headers").strip().encode("latin-1")
    told = len(asked) <= _FIELDS_LIMIT_BYTES and _FIELD_NAMES.fullmatch(asked)
    headers = [
        (b"access-control-allow-methods", _ALLOWED_METHODS),
        (
            b"access-control-allow-headers",
            b"%b, %b" % (_USUAL_FIELDS, asked) if told else _USUAL_FIELDS,
        ),
        (b"vary", b"access-control-request-headers"),
        (b"access-control-max-age", b"%d" % params.preflight_age.total_seconds()),
    ]
    await send(
        {
            "type": "http.response.start",
            "status": int(HTTPStatus.NO_CONTENT),
            "headers": [*cross_origin(scope, params), *headers],
        }
    )
    await send({"type": "http.response.body"})


def cross_origin(scope: Scope, params: CollectorParams) -> Headers:
    """Headers that let a page on another origin read the response.

    None where its origin is not allowed.
    """
    origin = header(scope, b"origin")
    if not origin or not ("*" in params.allowed_origins or origin in params.allowed_origins):
        return []
    return [
        # Named rather than "*": beacons are sent with credentials.
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    ]
