"""The parts of Stratum itself as child processes: which ones the embedded stack runs, as data."""

import http.client
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from config.settings import Settings
from local.servers.process import Command
from local.servers.server import Server
from local.stack.sandboxes import module, wanted

_LOOPBACK: Final = "127.0.0.1"
_ANSWER_TIMEOUT_S: Final = 0.5


@dataclass(frozen=True)
class Addresses:
    """Where a stack is.

    Attributes:
        api_port: of the collector and the query API.
        sandbox_ports: of the local ad platforms, by name.
        postgres_dsn: the database, over the Unix socket.
        postgres_tcp_dsn: the same over TCP, with its password.
        valkey_url: event log and projections, over the Unix socket, with its password.
    """

    api_port: int
    sandbox_ports: Mapping[str, int]
    postgres_dsn: str
    postgres_tcp_dsn: str
    valkey_url: str

    @property
    def api(self) -> str:
        """Base URL of the collector and the query API."""
        return f"http://{_LOOPBACK}:{self.api_port}"

    @property
    def docs(self) -> str:
        """The API's documentation."""
        return f"{self.api}/docs"

    def sandbox(self, platform: str) -> str:
        """Base URL of a local ad platform."""
        return f"http://{_LOOPBACK}:{self.sandbox_ports[platform]}"


@dataclass(frozen=True)
class Component:
    """One component.

    Attributes:
        name: unique in the stack; also names its log.
        arguments: what follows ``python``.
        env: settings of its own.
        port: where it answers HTTP once it is ready, if it does.
        path: what it is asked for then.
        pass_fds: open file descriptors it inherits.
    """

    name: str
    arguments: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    path: str = "/"
    pass_fds: tuple[int, ...] = ()


class ComponentProcess(Server):
    """Runs a component.

    It dies at once when the supervisor is killed: everything in it may be killed at any time.

    Args:
        component: what to run.
        env: settings of the whole stack.
        log_dir: folder of its log; None: it writes where this process does.
        stop_timeout_s: bound of its orderly end.
        steady_after_s: age at which it counts as ready if it listens nowhere.
    """

    def __init__(
        self,
        component: Component,
        env: Mapping[str, str],
        log_dir: Path | None,
        stop_timeout_s: float,
        steady_after_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.name = component.name
        self.stop_timeout_s = stop_timeout_s
        self._component = component
        self._steady_after_s = steady_after_s
        self._launched_s = 0.0
        self._env = {**env, **component.env}
        self._log = None if log_dir is None else log_dir / f"{component.name}.log"

    def prepare(self) -> None:
        """Note the time of this start."""
        self._launched_s = time.monotonic()

    def command(self) -> Command:
        """This Python with the component's arguments."""
        argv = (sys.executable, *self._component.arguments)
        return Command(
            self.name, argv, self._env, self._log, signal.SIGKILL, pass_fds=self._component.pass_fds
        )

    def ready(self) -> bool:
        """Whether it answers HTTP, whatever it answers.

        Without a port, whether it has lived for a while.
        """
        if self._component.port is None:
            return self.alive() and time.monotonic() - self._launched_s >= self._steady_after_s
        connection = http.client.HTTPConnection(
            _LOOPBACK, self._component.port, timeout=_ANSWER_TIMEOUT_S
        )
        try:
            connection.request("GET", self._component.path)
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


def stratum_components(settings: Settings, addresses: Addresses) -> Sequence[Component]:
    """List the whole engine's components, and the local ad platforms."""
    return (
        *(
            _sandbox(platform, settings, addresses.sandbox_ports[platform])
            for platform in wanted(settings)
        ),
        Component("api", ("-m", "cli.main", "api"), port=addresses.api_port, path="/cdp/health"),
        *(
            Component(
                f"profiles-{n}", ("-m", "cli.main", "engine", "profiles", "--name", f"profiles-{n}")
            )
            for n in range(1, settings.engine.workers + 1)
        ),
        Component("signals", ("-m", "cli.main", "engine", "signals")),
        Component("activation", ("-m", "cli.main", "engine", "activation")),
        Component("alerts", ("-m", "cli.main", "engine", "alerts")),
        Component("upkeep", ("-m", "cli.main", "engine", "upkeep")),
    )


def _sandbox(platform: str, settings: Settings, port: int) -> Component:
    state = settings.data_dir.absolute() / f"{platform}_sandbox.state"
    arguments = ("-m", module(platform), "--port", str(port), "--state-file", str(state))
    return Component(f"{platform}-sandbox", arguments, port=port)
