"""What can go wrong at the Meta sandbox besides the line, in Graph's words."""

from collections.abc import Callable
from typing import Final

from fastapi import Response
from fastapi.responses import JSONResponse

from local.platforms.faults import Faults
from local.platforms.meta.contract import GraphError


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
    return Faults(_ERRORS)
