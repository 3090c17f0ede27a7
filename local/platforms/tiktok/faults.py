"""What can go wrong at the TikTok sandbox besides the line: mostly HTTP 200 with a code.

Special faults: ``deleted`` deletes the audience just before the request that names it; ``partial``
applies a write without its last row and answers 20001.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from fastapi import Response
from fastapi.responses import JSONResponse

from local.platforms.faults import Faults
from local.platforms.tiktok.contract import PARAMETER, ApiError

SPECIAL: Final = frozenset({"deleted", "partial"})
_ERRORS: Final = {
    "error_500": ApiError(50000, "System error", 500),
    "error_in_200": ApiError(50000, "System error"),
    "gateway": ApiError(51063, "Segment gateway service error."),
    "maintenance": ApiError(60001, "The service is under maintenance."),
    "throttle": ApiError(40100, "Too many requests. Please retry in some time."),
    "throttle_advertiser": ApiError(
        40133,
        "Advertiser (ID)'s QPS (11) reaches QPS limit 10 for current path,"
        " request is temporarily restricted.",
    ),
    "expired_token": ApiError(40105, "Access token is incorrect or has been revoked."),
    "permission": ApiError(40001, "No permission to operate the advertiser."),
    "scope": ApiError(40130, "The app has no permission for this scope."),
    "updating": ApiError(PARAMETER, "The audience is currently being updated or under processing."),
    "conflict": ApiError(40202, "Write conflict."),
    "duplicate": ApiError(40050, "Duplicated requests have been sent."),
}


def answered(
    code: int, message: str, data: dict[str, Any] | None = None, status: int = 200
) -> Response:
    """Answer in TikTok's envelope."""
    body = {"code": code, "message": message, "request_id": "2026sandbox", "data": data or {}}
    return JSONResponse(body, status, {"x-tt-logid": "2026sandbox"})


def refused(error: ApiError) -> Response:
    """Answer an error."""
    return answered(error.code, error.message, status=error.status)


def tiktok_faults() -> Faults:
    """Start with none queued."""
    answers: dict[str, Callable[[], Response]] = {
        kind: partial(refused, error) for kind, error in _ERRORS.items()
    }
    return Faults(answers, SPECIAL)
