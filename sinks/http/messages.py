"""HTTP requests and responses as values; they hold tokens and personal data and never show it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    Its repr shows no more than its method: headers and body hold the token and the rows, some
    addresses are secrets.

    Attributes:
        adds: it adds people to an audience, so that it leaves only where the gate lets it
            (`sinks.http.rate_limit`).
        server_name: whose certificate the server must have, where the address has no name; empty:
            that of the address.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    adds: bool = False
    server_name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Response:
    """What came back.

    Attributes:
        status: HTTP status, 0 when no answer arrived.
        headers: lower-case name → value.
        body: as received; may repeat personal data and is never logged.
        fault: why no answer arrived. ``timeout`` or ``connection``: the request may have been
            applied all the same. ``reauth``, ``throttled`` or ``transient``: there was no access
            token to send it with (`sinks.http.oauth`).
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    fault: str = ""


Transport: TypeAlias = Callable[[Request], Response]
"""Sends one request and never raises for anything that the network does."""
