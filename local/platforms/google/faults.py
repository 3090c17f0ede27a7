"""What can go wrong at the Google sandbox besides the line, in Google's words.

Answers in place of the real one: ``error_500``, ``unavailable``, ``aborted``, ``throttle``,
``throttle_day``, ``permission``, ``terms``. Where they happen: ``expired_token`` (all access tokens
end), ``revoked_grant`` (the token endpoint refuses), ``deleted`` (the list is gone), ``bad_row``
(Google objects to the first member), ``partial`` (the first member is refused later), ``failed``
(all are).
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from fastapi import Response
from fastapi.responses import JSONResponse

from local.platforms.faults import Faults
from local.platforms.google.proto_json import ApiError

SPECIAL: Final = frozenset(
    {"expired_token", "revoked_grant", "deleted", "bad_row", "partial", "failed"}
)


def refused(error: ApiError) -> Response:
    """Answer in google.rpc.Status's envelope."""
    return JSONResponse(error.body("t-refused"), error.code)


def _answer(
    code: int, message: str, reason: str = "", field: str = "", quota: str = ""
) -> Callable[[], Response]:
    return partial(refused, ApiError(code, message, reason, field, quota))


_ERRORS: Final[dict[str, Callable[[], Response]]] = {
    "error_500": _answer(500, "Internal error encountered."),
    "unavailable": _answer(503, "The service is currently unavailable."),
    "aborted": _answer(409, "The operation was aborted."),
    "throttle": _answer(429, "Quota exceeded", quota="IngestionMutateRequestsPerMinutePerProject"),
    "throttle_day": _answer(429, "Quota exceeded", quota="IngestionMutateRequestsPerDayPerProject"),
    "permission": _answer(403, "The caller does not have permission"),
    "terms": _answer(
        400,
        "Required terms and conditions are not accepted",
        "TERMS_AND_CONDITIONS_NOT_SIGNED",
        "terms_of_service",
    ),
}


def google_faults() -> Faults:
    """Start with none queued."""
    return Faults(_ERRORS, SPECIAL, {"token", "status"})
