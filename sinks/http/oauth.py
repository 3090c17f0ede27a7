"""Signs requests with an OAuth 2.0 access token and keeps it fresh, around another `Transport`.

    OAuthTransport(transport, grant, params, now)(request) ── Authorization: Bearer … ──▶ transport

The token comes from a refresh-token grant (RFC 6749 §6), is fetched before the first request, again
shortly before it expires, and once more where the platform answers 401. A 401 means that nothing
was applied, so the request is repeated even if it creates something. Tokens live in this process's
memory only, and in no log, error or repr.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from urllib.parse import urlencode

import msgspec

from sinks.http.messages import Request, Response, Transport

REAUTH: Final = "reauth"
"""The fault where the grant was refused: a person has to connect the platform again."""

_TEMPORARY: Final = frozenset(
    {"temporarily_unavailable", "server_error", "internal_failure", "rate_limit_exceeded"}
)
"""Error codes that say nothing against the grant (RFC 6749 §4.1.2.1, and Google's own)."""


@dataclass(frozen=True)
class Grant:
    """What an access token is asked for with. The secrets stay out of its repr.

    Attributes:
        token_url: the platform's token endpoint.
        client_id: of our application at the platform.
        client_secret: of our application at the platform.
        refresh_token: what the person who connected the platform gave us.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True)
class TokenParams:
    """When a token is renewed.

    Attributes:
        ahead: so long before its expiry.
        lifetime: how long it holds where the platform does not say.
    """

    ahead: timedelta = timedelta(minutes=2)
    lifetime: timedelta = timedelta(minutes=30)


class _TokenAnswer(msgspec.Struct):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int | float = 0
    error: str = ""


@dataclass(frozen=True)
class _Token:
    value: str = field(repr=False)
    renew_at: datetime


class OAuthTransport:
    """A `Transport` whose requests carry a valid access token. Safe to share between threads.

    Returns without calling the platform where there is no token: fault ``reauth`` with
    status 401 where the grant was refused, and ``throttled``, ``transient``, ``timeout`` or
    ``connection`` where the token endpoint is in trouble; then the platform has not seen the
    request. A platform decodes ``reauth`` as Rejected and the others as Retry.

    Args:
        transport: sends requests, those for tokens included.
        grant: what tokens are asked for with.
        params: when they are renewed.
        now: aware clock.
    """

    def __init__(
        self, transport: Transport, grant: Grant, params: TokenParams, now: Callable[[], datetime]
    ) -> None:
        self._transport = transport
        self._grant = grant
        self._params = params
        self._now = now
        self._token: _Token | None = None
        self._lock = Lock()

    def __call__(self, request: Request) -> Response:
        """Send one request with a token; on a 401 once more with a new one."""
        token = self._valid(refused=None)
        if isinstance(token, Response):
            return token
        answer = self._transport(_signed(request, token))
        if answer.status != 401 or answer.fault:
            return answer
        token = self._valid(refused=token)
        return token if isinstance(token, Response) else self._transport(_signed(request, token))

    def _valid(self, refused: _Token | None) -> _Token | Response:
        """Return the token, a new one where it is about to expire or is the one that was refused.

        A fault where there is none.
        """
        with self._lock:
            held = self._token
            if held is not None and held is not refused and self._now() < held.renew_at:
                return held
            fetched = self._fetch()
            self._token = fetched if isinstance(fetched, _Token) else None
            return fetched

    def _fetch(self) -> _Token | Response:
        grant, asked_at = self._grant, self._now()
        form = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            "client_id": grant.client_id,
            "client_secret": grant.client_secret,
        }
        headers = (
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
        )
        response = self._transport(
            Request("POST", grant.token_url, headers, urlencode(form).encode())
        )
        if response.fault:
            return Response(0, fault=response.fault)
        answer = _read(response.body)
        if response.status >= 400 or not answer.access_token:
            return _fault(response, answer)
        if answer.refresh_token:
            # RFC 6749 §6: a new one replaces the old one.
            self._grant = replace(grant, refresh_token=answer.refresh_token)
        lifetime = (
            timedelta(seconds=answer.expires_in) if answer.expires_in > 0 else self._params.lifetime
        )
        return _Token(
            answer.access_token, asked_at + max(lifetime - self._params.ahead, lifetime / 2)
        )


def _signed(request: Request, token: _Token) -> Request:
    return replace(request, headers=(("authorization", f"Bearer {token.value}"), *request.headers))


def _read(body: bytes) -> _TokenAnswer:
    """Read a token answer; one that makes no sense reads as empty."""
    try:
        return msgspec.json.decode(body, type=_TokenAnswer)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _TokenAnswer()


def _fault(response: Response, answer: _TokenAnswer) -> Response:
    """Tell a refused grant, which no repetition mends, from an endpoint in trouble."""
    if response.status == 429:
        return Response(0, response.headers, fault="throttled")
    if 400 <= response.status < 500 and answer.error and answer.error not in _TEMPORARY:
        return Response(401, fault=REAUTH)
    return Response(0, response.headers, fault="transient")
