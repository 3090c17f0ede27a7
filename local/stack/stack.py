"""The embedded stack.

PostgreSQL, Valkey and the components on this machine, below one folder, under one supervisor.

`Stack` is the whole interface: start it, ask for its addresses and its status, stop it. One folder
has one stack at a time.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import psycopg

from config.settings import Settings
from local.servers import claim
from local.servers.address import free_port, port_is_free, private_file
from local.servers.postgres import EmbeddedPostgres
from local.servers.process import StartError, wait_until
from local.servers.valkey import EmbeddedValkey
from local.stack.component import Addresses, Component, ComponentProcess, stratum_components
from local.stack.running import ADDRESSES, LOCK
from local.stack.sandboxes import variables, wanted
from local.stack.supervisor import Report, Supervisor, UnitStatus
from store.databases import ensure_database
from store.migrate import migrate
from store.workspaces.bootstrap import FirstKeys, bootstrap

DATABASE: Final = "stratum"

Choose = Callable[[Settings, Addresses], Sequence[Component]]
"""Says which components a stack runs at these addresses."""


@dataclass(frozen=True)
class StackStatus:
    """How a stack is at one moment.

    Attributes:
        units: every server and component.
        free_bytes: disk left below the data folder.
    """

    units: Sequence[UnitStatus]
    free_bytes: int

    @property
    def running(self) -> bool:
        """Whether every server and component answers."""
        return all(unit.state == "running" for unit in self.units)


class Stack:
    """One embedded stack.

    Args:
        settings: `data_dir`, `server`, `engine.workers` and `embedded` are read.
        choose: which components run; default all of Stratum.
        environment: more settings for the components, as ``STRATUM_…`` variables.
        report: told in sentences what happens, also from the supervisor's thread.
    """

    def __init__(
        self,
        settings: Settings,
        choose: Choose = stratum_components,
        environment: Mapping[str, str] | None = None,
        report: Report = lambda _: None,
    ) -> None:
        self._settings = settings
        self._choose = choose
        self._extra = dict(environment or {})
        self._report = report
        self._supervisor: Supervisor | None = None
        self._lock: int | None = None
        self.data_dir = settings.data_dir.absolute()
        self.addresses: Addresses | None = None
        self.first_keys: FirstKeys | None = None

    def start(self) -> Self:
        """Start the servers, migrate the database, start the components without waiting for them.

        `first_keys` then holds the keys if this was the folder's first start, else None.

        Raises:
            StartError: a server does not start, or another stack runs in the folder.
            store.migrate.SchemaError: the folder was used by a newer version.
        """
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_folder()
        postgres = EmbeddedPostgres(self.data_dir, self._settings.embedded.postgres)
        valkey = EmbeddedValkey(self.data_dir, self._settings.embedded.valkey)
        try:
            valkey.launch()
            postgres.start()
            valkey.start()
            self.addresses = self._addresses(postgres, valkey)
            self.first_keys = self._prepare_database(postgres)
            environment = self.environment(self.addresses)
            processes = [
                self._process(component, environment)
                for component in self._choose(self._settings, self.addresses)
            ]
            private_file(self.data_dir / ADDRESSES, json.dumps(environment))
            self._supervisor = Supervisor(
                [[postgres, valkey], processes], self._settings.embedded.restarts, self._report
            )
            self._supervisor.start()
        except BaseException:
            valkey.stop()
            postgres.stop()
            self._release_folder()
            raise
        return self

    def stop(self) -> None:
        """Stop the components, then the servers, each within its bound."""
        if self._supervisor is not None:
            self._supervisor.stop()
            self._supervisor = None
        (self.data_dir / ADDRESSES).unlink(missing_ok=True)
        self._release_folder()

    def status(self) -> StackStatus:
        """How everything is now; any thread may ask."""
        units = self._supervisor.status() if self._supervisor is not None else []
        return StackStatus(units, shutil.disk_usage(self.data_dir).free)

    def wait_until_running(self, timeout_s: float) -> None:
        """Wait until every server and component answers.

        Raises:
            StartError: one does not within ``timeout_s`` seconds; the message names it and its log.
        """
        if not wait_until(lambda: self.status().running, timeout_s):
            late = ", ".join(unit.name for unit in self.status().units if unit.state != "running")
            raise StartError(
                f"{late}: not up after {timeout_s:g} s; the logs are in {self.data_dir / 'logs'}"
            )

    def environment(self, addresses: Addresses) -> dict[str, str]:
        """The variables that point a process at this stack.

        Values are YAML, of which JSON is a part.
        """
        return {
            "STRATUM_DATA_DIR": json.dumps(str(self.data_dir)),
            "STRATUM_POSTGRES__DSN": json.dumps(addresses.postgres_dsn),
            "STRATUM_REDIS__URL": json.dumps(addresses.valkey_url),
            "STRATUM_SERVER__HOST": json.dumps(self._settings.server.host),
            "STRATUM_SERVER__PORT": str(addresses.api_port),
            **{
                name: value
                for platform in wanted(self._settings)
                for name, value in variables(platform, addresses.sandbox(platform)).items()
            },
            **self._extra,
        }

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _process(self, component: Component, environment: Mapping[str, str]) -> ComponentProcess:
        embedded = self._settings.embedded
        stop_s = embedded.stop_timeout.total_seconds()
        steady_s = embedded.restarts.steady_after.total_seconds()
        return ComponentProcess(component, environment, self.data_dir / "logs", stop_s, steady_s)

    def _take_folder(self) -> None:
        self._lock = claim.take(self.data_dir / LOCK)
        if self._lock is None:
            other = claim.holder(self.data_dir / LOCK)
            raise StartError(
                f"another stack (process {other}) runs in {self.data_dir}: stop it, or choose"
                " another folder by STRATUM_DATA_DIR"
            )
        claim.sign(self._lock, os.getpid())

    def _release_folder(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _addresses(self, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Addresses:
        return Addresses(
            api_port=self._port("server.port", self._settings.server.port),
            sandbox_ports={
                platform: self._port(
                    f"embedded.sandbox_ports.{platform}",
                    self._settings.embedded.sandbox_ports.get(platform, 0),
                )
                for platform in wanted(self._settings)
            },
            postgres_dsn=postgres.dsn(DATABASE),
            postgres_tcp_dsn=postgres.tcp_dsn(DATABASE),
            valkey_url=valkey.url,
        )

    def _port(self, setting: str, port: int) -> int:
        if port and port_is_free(port):
            return port
        chosen = free_port()
        if port:
            self._report(f"port {port} ({setting}) is taken; using {chosen}")
        return chosen

    def _prepare_database(self, postgres: EmbeddedPostgres) -> FirstKeys | None:
        ensure_database(postgres.dsn("postgres"), DATABASE)
        migrate(
            postgres.dsn(DATABASE),
            lambda migration, _done, _of: self._report(f"migration {migration.name}"),
        )
        with psycopg.connect(postgres.dsn(DATABASE)) as conn:
            return bootstrap(conn)
