"""Who may ask the Google sandbox, and how often: its token endpoint, tokens that expire, and quotas per minute and day.

Sources: RFC 6749 §5 and §6; Data Manager API, Limits and quotas (300 changes and 300 reads of
ingestion a minute and 100,000 a day, and 300 other requests a minute and 50,000 a day).
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.platforms.google.contract import ApiError

CLIENT_ID: Final = "sandbox-client"
CLIENT_SECRET: Final = "sandbox-secret"  # noqa: S105 - the sandbox's own documented secret, it opens nothing else
REFRESH_TOKEN: Final = "sandbox-refresh-token"  # noqa: S105 - likewise
LIFETIME_S: Final = 3_599
PER_MINUTE: Final = 300
MINUTE_S: Final = 60
DAY_S: Final = 86_400
_PER_DAY: Final = {"IngestionMutate": 100_000, "IngestionRead": 100_000, "Management": 50_000}


class GrantRefusedError(Exception):
    """An answer of the token endpoint in RFC 6749's words."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Tokens:
    """Issues access tokens and knows which of them still hold."""

    def __init__(self, lifetime_s: int, clock: Callable[[], float]) -> None:
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._issued = 0
        self._expires: dict[str, float] = {}

    def issue(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Answer a refresh-token grant.

        Raises:
            GrantRefusedError: the form is not one, or a secret is wrong.
        """
        if form.get("grant_type") != "refresh_token":
            raise GrantRefusedError("unsupported_grant_type")
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise GrantRefusedError("invalid_client")
        if form.get("refresh_token") != REFRESH_TOKEN:
            raise GrantRefusedError("invalid_grant")
        self._issued += 1
        token = f"sandbox-access-{self._issued}"
        self._expires[token] = self._clock() + self._lifetime_s
        scope = "https://www.googleapis.com/auth/datamanager"
        return {
            "access_token": token,
            "expires_in": self._lifetime_s,
            "scope": scope,
            "token_type": "Bearer",
        }

    def expire_all(self) -> None:
        """Forget every token."""
        self._expires.clear()

    def check(self, authorization: str) -> None:
        """Refuse a request without a token that holds.

        Raises:
            ApiError: 401.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or self._expires.get(token, 0.0) <= self._clock():
            raise ApiError(401, "Request had invalid authentication credentials.")


class Quotas:
    """Counts requests per service and kind in sliding windows of a minute and a day."""

    def __init__(
        self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.refused = 0
        self._per_minute = per_minute
        self._clock = clock
        self._times: dict[str, deque[float]] = {kind: deque() for kind in _PER_DAY}

    def take(self, kind: str) -> None:
        """Count one request.

        Args:
            kind: IngestionMutate, IngestionRead or Management.

        Raises:
            ApiError: 429, with the quota that is used up.
        """
        now, times = self._clock(), self._times[kind]
        while times and times[0] <= now - DAY_S:
            times.popleft()
        spelled = kind if kind.startswith("Ingestion") else f"{kind}Mutate"
        if len(times) >= _PER_DAY[kind]:
            self.refused += 1
            raise ApiError(429, "Quota exceeded", quota=f"{spelled}RequestsPerDayPerProject")
        if len(times) >= self._per_minute and times[-self._per_minute] > now - MINUTE_S:
            self.refused += 1
            raise ApiError(429, "Quota exceeded", quota=f"{spelled}RequestsPerMinutePerProject")
        times.append(now)
