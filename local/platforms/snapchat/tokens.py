"""The Snapchat sandbox's token endpoint: access tokens by refresh grant, which expire and can be revoked."""

import time
from typing import Final
from urllib.parse import parse_qs

from fastapi import Response
from fastapi.responses import JSONResponse

CLIENT_ID: Final = "sandbox-client"
CLIENT_SECRET: Final = "sandbox-secret"  # noqa: S105 - the sandbox's own documented credentials, they open nothing else
REFRESH_TOKEN: Final = "sandbox-refresh-token"  # noqa: S105
LIFETIME_S: Final = 3600.0


class Tokens:
    """Access tokens that are valid.

    Args:
        lifetime_s: seconds for which one holds.
    """

    def __init__(self, lifetime_s: float = LIFETIME_S) -> None:
        self._lifetime_s = lifetime_s
        self._until: dict[str, float] = {}
        self._issued = 0

    def grant(self, form: bytes) -> Response:
        """Answer a request for a token (RFC 6749 §6, §5.2)."""
        given = {
            name: values[-1] for name, values in parse_qs(form.decode(errors="replace")).items()
        }
        if given.get("grant_type") != "refresh_token":
            return _refused("unsupported_grant_type", 400)
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _refused("invalid_client", 401)
        if given.get("refresh_token") != REFRESH_TOKEN:
            return _refused("invalid_grant", 400)
        self._issued += 1
        token = f"sandbox-access-{self._issued}"
        self._until[token] = time.monotonic() + self._lifetime_s
        return JSONResponse(
            {
                "access_token": token,
                "refresh_token": REFRESH_TOKEN,
                "token_type": "Bearer",
                "expires_in": int(self._lifetime_s),
                "scope": "snapchat-marketing-api",
            }
        )

    def valid(self, token: str) -> bool:
        """Whether the token holds now."""
        return self._until.get(token, 0.0) > time.monotonic()

    def revoke(self) -> None:
        """Make every access token expire; the grant goes on."""
        self._until.clear()


def _refused(error: str, status: int) -> Response:
    return JSONResponse({"error": error, "error_description": "sandbox"}, status)
