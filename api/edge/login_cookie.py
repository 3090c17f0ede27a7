"""The cookie of a login: its name, its form, how it is read.

Where a request came by TLS, the name has the prefix ``__Host-``: a browser then takes it only from
this very host, by TLS, and for all paths (RFC 6265bis, section 4.1.3.2).

Browsers send cookies to every port of a host (RFC 6265, section 8.5). So the name has the port that
the browser asked, where that is not the scheme's own: logins at two installations on one host do
not end each other.
"""

import re
from datetime import timedelta
from typing import Final

from fastapi import Request

NAME: Final = "stratum_login"
_PORT: Final = re.compile(r":([1-9][0-9]{0,4})$")
_OWN_PORTS: Final = {"http": "80", "https": "443"}
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in Base64 without padding, as `secrets.token_urlsafe` makes them."""


def cookie_name(request: Request) -> str:
    """The cookie's name on the connection of a request."""
    named = _PORT.search(request.headers.get("host", ""))
    is_own = named is None or named[1] == _OWN_PORTS.get(request.url.scheme)
    name = NAME if named is None or is_own else f"{NAME}_{named[1]}"
    return f"__Host-{name}" if _by_tls(request) else name


def carries_login(request: Request) -> bool:
    """Whether a request has such a cookie, however odd."""
    return bool(_values(request))


def tokens(request: Request) -> list[str]:
    """The logins that a request presents: no more than one, unless somebody planted another."""
    return [value for value in _values(request) if _TOKEN.fullmatch(value)]


def token(request: Request) -> str | None:
    """The one login that a request presents; None where there is none, or more than one.

    Which of several is the person's own cannot be told: a page on another port or subdomain may
    have set the other.
    """
    values = _values(request)
    found = tokens(request)
    return found[0] if len(values) == 1 and found else None


def set_cookie(request: Request, value: str, age: timedelta) -> str:
    """The header ``Set-Cookie`` that begins a login, or ends it with an age of zero.

    Args:
        request: what is answered; it says whether there is TLS.
        value: the token; it is a bearer's, so it belongs nowhere else.
        age: how long the browser keeps it.
    """
    parts = [
        f"{cookie_name(request)}={value}",
        "Path=/",
        f"Max-Age={max(0, int(age.total_seconds()))}",
        "HttpOnly",
        "SameSite=Strict",
        *(["Secure"] if _by_tls(request) else []),
    ]
    return "; ".join(parts)


def _by_tls(request: Request) -> bool:
    return request.url.scheme == "https"


def _values(request: Request) -> list[str]:
    """Distinct values of the cookie, in the order in which they came."""
    wanted = cookie_name(request)
    pairs = (
        pair.partition("=")
        for header in request.headers.getlist("cookie")
        for pair in header.split(";")
    )
    return list(dict.fromkeys(value.strip() for name, _, value in pairs if name.strip() == wanted))
