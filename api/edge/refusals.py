"""Responses to requests that are refused before the application sees them."""

from http import HTTPStatus
from typing import Final

REFUSALS: Final = {
    "head_too_large": (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's head is larger than the limit.",
    ),
    "too_many_fields": (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's head has more fields than the limit.",
    ),
    "framing_too_large": (
        HTTPStatus.BAD_REQUEST,
        "The body's chunks have more framing than content.",
    ),
    "malformed": (HTTPStatus.BAD_REQUEST, "This is no HTTP request."),
    "head_timeout": (HTTPStatus.REQUEST_TIMEOUT, "The request's head did not arrive in time."),
    "body_late": (HTTPStatus.REQUEST_TIMEOUT, "The request's body did not arrive in time."),
    "pipelined": (
        HTTPStatus.TOO_MANY_REQUESTS,
        "More requests are sent in advance than the limit.",
    ),
}
"""Reason → status and message.

Reasons are public, as labels of `stratum_http_connections_refused_total`.
"""
