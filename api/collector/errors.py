"""Why the collector refuses a request: one table of codes.

Clients retry 429 and 5xx, and drop the events of any other refusal.

Codes are public (answers and metrics show them): renaming one is a migration.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

import msgspec

from api.web.errors import whole_seconds
from domain.intake.log_refusal import LogRefusal


class _Rule(NamedTuple):
    status: HTTPStatus
    message: str


REFUSALS: Final[dict[str, _Rule]] = {
    "invalid_json": _Rule(HTTPStatus.BAD_REQUEST, "The body is not valid JSON."),
    "invalid_encoding": _Rule(
        HTTPStatus.BAD_REQUEST,
        "The body's compression is broken, or has more members than the limit.",
    ),
    "invalid_body": _Rule(
        HTTPStatus.BAD_REQUEST,
        'The body must be a JSON object; for batches one with a list "batch".',
    ),
    "too_deep": _Rule(HTTPStatus.BAD_REQUEST, "The body is nested too deeply."),
    "event_too_large": _Rule(HTTPStatus.BAD_REQUEST, "An event is larger than the limit."),
    "too_many_events": _Rule(HTTPStatus.BAD_REQUEST, "The batch has more events than the limit."),
    "missing_write_key": _Rule(
        HTTPStatus.UNAUTHORIZED,
        "A write key is needed: user of Basic authorization, writeKey in the body or in the query.",
    ),
    "unknown_write_key": _Rule(HTTPStatus.UNAUTHORIZED, "The write key is unknown."),
    "body_timeout": _Rule(HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time."),
    "body_too_large": _Rule(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is larger than the limit, as sent or after decompression.",
    ),
    "unsupported_encoding": _Rule(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body's compression is not gzip or deflate."
    ),
    "too_many_requests": _Rule(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests are under way; come again after Retry-After.",
    ),
    "log_full": _Rule(
        HTTPStatus.TOO_MANY_REQUESTS, "The event log has no room; come again after Retry-After."
    ),
    "log_unavailable": _Rule(
        HTTPStatus.SERVICE_UNAVAILABLE, "The event log takes nothing; come again after Retry-After."
    ),
    "not_ready": _Rule(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Write keys cannot be checked at the moment; come again after Retry-After.",
    ),
}
"""Code → status and message."""


class Refusal(Exception):  # noqa: N818 - an answer rather than a mistake
    """The request is refused as a whole; none of its events is acknowledged.

    Args:
        code: a key of `REFUSALS`.
        retry_after_s: when to come again, for 429 and 503.
        reason: why the event log refuses, where it does.
    """

    def __init__(
        self, code: str, retry_after_s: float | None = None, reason: LogRefusal | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = REFUSALS[code].status
        self.reason = reason
        self._retry_after_s = retry_after_s

    @property
    def body(self) -> bytes:
        """``{"code":…,"message":…}``, and ``"reason":…`` where the event log refuses."""
        if self.reason is None:
            return msgspec.json.encode({"code": self.code, "message": REFUSALS[self.code].message})
        message = f"{self.reason.meaning}; come again after Retry-After."
        return msgspec.json.encode({"code": self.code, "message": message, "reason": self.reason})

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of this answer beside those of all."""
        headers: list[tuple[bytes, bytes]] = []
        if self._retry_after_s is not None:
            headers.append((b"retry-after", whole_seconds(self._retry_after_s).encode()))
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers.append((b"www-authenticate", b'Basic realm="write key"'))
        if self.code in {"body_too_large", "body_timeout"}:  # the rest of the body is not read
            headers.append((b"connection", b"close"))
        return headers
