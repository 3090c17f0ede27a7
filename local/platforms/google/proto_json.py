"""Proto JSON as the Data Manager API reads it, and its refusals in google.rpc.Status's envelope.

A field that the message does not have, an enum value that does not exist, a number where text
belongs or two members of a oneof refuse the whole request. Messages repeat no value of the request.
Source: Data Manager API, Understand API errors.
"""

from collections.abc import Mapping
from typing import Any, Final

_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
} | {
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


class ApiError(Exception):
    """An answer in google.rpc.Status's envelope.

    `field` and `reason` name what a 400 is about; `quota` the quota of a 429.
    """

    def __init__(
        self, code: int, message: str, reason: str = "", field: str = "", quota: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.field = field
        self.quota = quota

    def body(self, request_id: str) -> dict[str, Any]:
        """Spell the answer."""
        status = _STATUS[self.code]
        info: dict[str, Any] = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED" if self.quota else status,
            "domain": "googleapis.com" if self.quota else "datamanager.googleapis.com",
            "metadata": {"quota_limit": self.quota} if self.quota else {"requestId": request_id},
        }
        details = [
            info,
            {"@type": "type.googleapis.com/google.rpc.RequestInfo", "requestId": request_id},
        ]
        message = str(self)
        if self.code == 400:
            violation = {"field": self.field, "description": message} | (
                {"reason": self.reason} if self.reason else {}
            )
            details.append(
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [violation],
                }
            )
            message = "There was a problem with the request."
        return {
            "error": {"code": self.code, "message": message, "status": status, "details": details}
        }


def invalid(message: str, reason: str = "", field: str = "") -> ApiError:
    """Refuse a request as it is."""
    return ApiError(400, message, reason, field)


def message_of(value: object, known: set[str], where: str) -> Mapping[str, Any]:
    """Read one message and refuse fields that it does not have."""
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received: an object is expected", field=where)
    for name in value.keys() - known:
        raise invalid(
            f'Invalid JSON payload received. Unknown name "{name[:50]}": Cannot find field.',
            field=where,
        )
    return value


def enum_of(value: object, names: tuple[str, ...], where: str) -> str:
    """Read an enum, by name or by number as Google's own clients send it.

    Absent is its zero value.
    """
    if value is None:
        return names[0]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    if isinstance(value, str) and value in names:
        return value
    raise invalid("Invalid value for an enum", "INVALID_ENUM_VALUE", where)
