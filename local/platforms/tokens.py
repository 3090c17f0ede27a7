"""A token endpoint: access tokens by refresh-token grant (RFC 6749 §5, §6) that expire."""

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Response
from fastapi.responses import JSONResponse

CLIENT_ID: Final = "sandbox-client"
CLIENT_SECRET: Final = "sandbox-secret"  # noqa: S105 - documented, it opens nothing else
REFRESH_TOKEN: Final = "sandbox-refresh-token"  # noqa: S105 - likewise
ACCESS: Final = {
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "refresh_token": REFRESH_TOKEN,
}
"""The settings that connect with them."""
_UNAUTHORISED: Final = "invalid_client"


class Tokens:
    """Issues access tokens and knows which of them still hold.

    Args:
        lifetime_s: seconds for which one holds.
        more: what an answer has besides the token and its lifetime.
        clock: monotonic, seconds.
    """

    def __init__(
        self,
        lifetime_s: float,
        more: dict[str, str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime_s = lifetime_s
        self._more = more
        self._clock = clock
        self._issued = 0
        self._expires: dict[str, float] = {}

    def grant(self, form: bytes, revoked: bool = False) -> Response:
        """Answer a request for a token; a revoked grant is refused."""
        given = dict(parse_qsl(form.decode(errors="replace")))
        if given.get("grant_type") != "refresh_token":
            return _refused("unsupported_grant_type")
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _refused(_UNAUTHORISED)
        if revoked or given.get("refresh_token") != REFRESH_TOKEN:
            return _refused("invalid_grant")
        self._issued += 1
        token = f"sandbox-access-{self._issued}"
        self._expires[token] = self._clock() + self._lifetime_s
        answer = {"access_token": token, "expires_in": int(self._lifetime_s)}
        return JSONResponse(answer | {"token_type": "Bearer"} | self._more)

    def holder(self, authorization: str) -> str | None:
        """Give the token of an ``Authorization`` header; None where none holds."""
        scheme, _, token = authorization.partition(" ")
        holds = self._expires.get(token, 0.0) > self._clock()
        return token if scheme.lower() == "bearer" and holds else None

    def revoke(self) -> None:
        """Make every access token expire; the grant continues."""
        self._expires.clear()


def _refused(error: str) -> Response:
    body = {"error": error, "error_description": "The grant is refused."}
    return JSONResponse(body, 401 if error == _UNAUTHORISED else 400)
