"""The open connections of one process: who gives way when there are too many.

Whoever has shown a valid key never does.
"""

from collections import OrderedDict
from ipaddress import IPv6Address
from typing import Final, Protocol

from starlette.types import Scope

PROVE: Final = "prove_connection"
"""Key of a request's ASGI state."""


class Connection(Protocol):
    """An open connection.

    Attributes:
        address: of the client, as `neighbourhood` has it.
    """

    address: str

    def displace(self) -> None:
        """Close, and leave the crowd."""
        ...


def neighbourhood(host: str) -> str:
    """Who counts as one client: an IPv4 address, or the network of an IPv6 address.

    One customer gets a network of /64 at least (RFC 6177).
    """
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or address.packed[:8].hex())


class Crowd:
    """The open connections of one process.

    Args:
        limit: most of them.
        address_limit: most of one address without a valid key.
    """

    def __init__(self, limit: int, address_limit: int) -> None:
        self._limit = limit
        self._address_limit = address_limit
        self._proven: set[Connection] = set()
        self._unproven: OrderedDict[Connection, None] = OrderedDict()
        self._addresses: dict[str, OrderedDict[Connection, None]] = {}

    def enter(self, connection: Connection) -> None:
        """Admit a connection.

        Where there are too many, the one that has been open longest without proof is closed.
        """
        self._unproven[connection] = None
        neighbours = self._addresses.setdefault(connection.address, OrderedDict())
        neighbours[connection] = None
        if len(neighbours) > self._address_limit:
            next(iter(neighbours)).displace()
        elif len(self._unproven) + len(self._proven) > self._limit:
            next(iter(self._unproven)).displace()

    def prove(self, connection: Connection) -> None:
        """Let one stay: it has shown a valid key."""
        if connection in self._unproven:
            self.leave(connection)
            self._proven.add(connection)

    def leave(self, connection: Connection) -> None:
        """Forget one that is closed."""
        self._proven.discard(connection)
        self._unproven.pop(connection, None)
        neighbours = self._addresses.get(connection.address)
        if neighbours is not None:
            neighbours.pop(connection, None)
            if not neighbours:
                del self._addresses[connection.address]


def prove(scope: Scope) -> None:
    """Tell a request's connection that it carries a valid key.

    It has no effect under another server.
    """
    told = scope.get("state", {}).get(PROVE)
    if told is not None:
        told()
