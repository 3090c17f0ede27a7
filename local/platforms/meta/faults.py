"""What can go wrong at the Meta sandbox besides the line: throttling, errors, an expired token and unaccepted terms, in Graph's words."""

from collections.abc import Callable
from typing import Final, Literal, get_args

from fastapi import Response
from fastapi.responses import JSONResponse

from local.platforms.faults import Fault, Faults
from local.platforms.meta.contract import GraphError

__all__ = ["Fault", "Kind", "Target", "meta_faults", "refused"]

Kind = Literal[
    "error_500",
    "throttle",
    "timeout",
    "reset_before",
    "reset_after",
    "html",
    "expired_token",
    "terms",
    "slow",
]
Target = Literal["any", "find", "create", "add", "remove", "read", "delete"]


def refused(error: GraphError) -> Response:
    """Answer in Graph's error envelope."""
    return JSONResponse({"error": error.body}, error.status)


_ERRORS: Final[dict[str, Callable[[], Response]]] = {
    "error_500": lambda: refused(
        GraphError(
            2, "An unexpected error has occurred. Please retry your request later.", 0, 500, True
        )
    ),
    "throttle": lambda: refused(
        GraphError(80003, "There have been too many calls to this ad-account.", status=429)
    ),
    "expired_token": lambda: refused(
        GraphError(190, "Error validating access token: Session has expired", 463)
    ),
    "terms": lambda: refused(GraphError(200, "Permissions error", 1870090, 403)),
}


def meta_faults() -> Faults:
    """Start with none queued."""
    return Faults(_ERRORS, frozenset(get_args(Target)))
