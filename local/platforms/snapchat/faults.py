"""What can go wrong at the Snapchat sandbox besides the line, in Snapchat's words.

``expired_token`` makes the access tokens expire, ``revoked_grant`` (of the operation ``token``)
refuses the grant. Special faults: ``deleted`` deletes the segment just before the request that
names it; ``partial`` applies a write without its last identifier and answers 200 with a part that
failed.
"""

from collections.abc import Callable
from typing import Any, Final

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse

from domain.values import Json
from local.platforms.faults import Faults
from local.platforms.snapchat.contract import SnapError

SPECIAL: Final = frozenset({"deleted", "partial"})
REQUEST_ID: Final = "57ae54d8sandbox"


def answered(
    key: str, parts: list[dict[str, Any]], status: str = "SUCCESS", **more: Json
) -> Response:
    """Answer in Snapchat's envelope: a part's outcome beside its content."""
    return JSONResponse({"request_status": status, "request_id": REQUEST_ID, key: parts, **more})


def failed_part() -> Response:
    """Answer 200 with a part that failed."""
    part = {
        "sub_request_status": "ERROR",
        "sub_request_error_reason": "The request could not be processed.",
    }
    return answered("users", [part])


def refused(error: SnapError) -> Response:
    """Answer an error."""
    if not error.code:
        return PlainTextResponse(error.debug, error.status)
    return JSONResponse(
        {
            "request_status": "ERROR",
            "request_id": REQUEST_ID,
            "debug_message": error.debug,
            "display_message": "We're sorry, but the requested resource is not available"
            " at this time",
            "error_code": error.code,
        },
        error.status,
    )


def snapchat_faults(expire: Callable[[], None]) -> Faults:
    """Start with none queued; `expire` makes every access token expire."""

    def expired() -> Response:
        expire()
        return PlainTextResponse("unauthorized", 401)

    errors: dict[str, Callable[[], Response]] = {
        "error_500": lambda: refused(SnapError(500, "E1000", "Internal error")),
        "unavailable": lambda: PlainTextResponse("Service Unavailable", 503),
        "throttle": lambda: PlainTextResponse("Too Many Requests", 429),
        "expired_token": expired,
        "permission": lambda: refused(SnapError(403, "E3002", "Caller does not have permission")),
        "error_in_200": failed_part,
        "revoked_grant": lambda: JSONResponse(
            {"error": "invalid_grant", "error_description": "revoked"}, 400
        ),
    }
    return Faults(errors, SPECIAL, {"token", "clear"})
