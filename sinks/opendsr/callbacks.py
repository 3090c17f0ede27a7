"""Callbacks: tells whoever sent a request how far it is, without becoming their tool.

A callback goes to an address that a client wrote. So it is sent by https only, to public addresses
only, without redirects: the name is resolved once, every address that it has is checked, and the
connection goes to the one that was checked, while certificate and `Host` stay those of the name.
Hosts that the settings allow may be private, and without TLS.

Guarantee: sent at least once or given up with its reason; those of one request and address in
order.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from re import compile as expression
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from sinks.alerts.channel import Again, Outcome, Refused
from sinks.alerts.webhook import classify
from sinks.http.client import HttpParams
from sinks.http.messages import Request, Transport
from sinks.http.retry import RetryParams
from sinks.opendsr.signing import Signer

URL_LIMIT: Final = 2048
_HOST: Final = expression(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_TEXT: Final = expression(rf"[!-~]{{1,{URL_LIMIT}}}")
_UNICAST: Final = IPv6Network("2000::/3")
"""The only part of IPv6 that is given to hosts of the internet. Source: IANA, RFC 4291."""
_DOCUMENTATION: Final = IPv6Network("3fff::/20")
"""Source: RFC 9637."""
Resolve = Callable[[str, int], Sequence[str]]
"""(host, port) → its addresses; raises `OSError` where it has none."""


@dataclass(frozen=True)
class CallbackParams:
    """How callbacks are sent.

    Attributes:
        allowed_hosts: hosts that may have private addresses, and be called without TLS.
        poll_interval: how often requests are looked at.
        lease: a callback that a process took in hand and never noted is taken by another one after
            this.
        at_once: callbacks taken in hand at once.
        http: limits of one exchange; nothing of an answer is needed but its status.
        retry: back-off, and the attempts after which a callback is given up.

    Raises:
        ValueError: nothing would ever be sent.
    """

    allowed_hosts: frozenset[str] = frozenset()
    poll_interval: timedelta = timedelta(seconds=5)
    lease: timedelta = timedelta(minutes=5)
    at_once: int = 10
    http: HttpParams = field(
        default_factory=lambda: HttpParams(timeout=timedelta(seconds=10), answer_limit_bytes=1024)
    )
    retry: RetryParams = field(
        default_factory=lambda: RetryParams(
            base=timedelta(seconds=10), cap=timedelta(hours=1), attempts=14
        )
    )

    def __post_init__(self) -> None:
        if min(self.poll_interval, self.lease) <= timedelta() or self.at_once < 1:
            raise ValueError("poll_interval and lease are above 0, at_once is at least 1")


class Address(NamedTuple):
    """Where a callback goes.

    Attributes:
        host: name, in lower case, or literal address without brackets.
        target: path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """As the `Host` header has it."""
        standard = {"https": 443, "http": 80}[self.scheme]
        return _bracketed(self.host) + ("" if self.port == standard else f":{self.port}")


def read_address(url: str, allowed_hosts: frozenset[str]) -> Address:
    """Read the address of a callback.

    Args:
        url: as a client wrote it.
        allowed_hosts: see `CallbackParams`.

    Raises:
        ValueError: nothing is ever sent there; the message says why, without the address.

    >>> read_address("https://example.com/hook?a=1", frozenset())
    Address(scheme='https', host='example.com', port=443, target='/hook?a=1')
    """
    if not _TEXT.fullmatch(url):
        raise ValueError(f"it is ASCII without blanks, {URL_LIMIT} characters at most")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:  # it would repeat what the client wrote
        raise ValueError("it is no address") from None
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("it has no user, no password and no fragment")
    allowed = host in allowed_hosts
    if parts.scheme != "https" and not (parts.scheme == "http" and allowed):
        raise ValueError("it begins with https://")
    literal = _literal(host)
    if literal is None and not _HOST.fullmatch(host):
        raise ValueError("it names no host")
    if literal is not None and not allowed and not is_public(literal):
        raise ValueError("it leads into a private network")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme, host, port or {"https": 443, "http": 80}[parts.scheme], target)


def host_of(url: str) -> str:
    """The host of an address that was accepted, for people to read.

    >>> host_of("https://example.com/hook?token=secret")
    'example.com'
    """
    return urlsplit(url).hostname or ""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the internet, and so is whatever it stands for.

    >>> [is_public(ip_address(one)) for one in ("1.1.1.1", "10.0.0.1", "::ffff:127.0.0.1", "::1")]
    [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address in _DOCUMENTATION or address.teredo is not None or address.scope_id:
            return False
        if address not in _UNICAST:  # NAT64, SIIT and what else stands for IPv4 addresses
            return False
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


def post(
    url: str,
    body: bytes,
    signer: Signer,
    params: CallbackParams,
    transport: Transport,
    resolved: Resolve = resolve,
) -> Outcome:
    """Send one callback.

    Args:
        url: where to.
        body: what, JSON.
        signer: signs it.
        params: which hosts are allowed.
        transport: sends requests.
        resolved: finds addresses.

    Returns:
        Whether it arrived, may arrive later, or is not wanted; the reason names no address.
    """
    try:
        address = read_address(url, params.allowed_hosts)
    except ValueError as error:
        return Refused(f"not sent: {error}")
    try:
        found = [ip_address(each) for each in resolved(address.host, address.port)]
    except (OSError, ValueError):  # a name too long for DNS is a `UnicodeError`
        return Again("its host has no address")
    if not found:
        return Again("its host has no address")
    if address.host not in params.allowed_hosts and not all(is_public(each) for each in found):
        return Refused("not sent: its host leads into a private network")
    headers = (
        ("host", address.authority),
        ("content-type", "application/json"),
        *signer.headers(body).items(),
    )
    place = f"{address.scheme}://{_bracketed(str(found[0]))}:{address.port}{address.target}"
    return classify(transport(Request("POST", place, headers, body, server_name=address.host)))


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
