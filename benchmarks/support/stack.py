"""Servers and workers for benchmarks: the embedded stack, workers started one by one."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
import redis

from benchmarks.support.workload import partition_of
from config.load import load_settings
from local.stack.stack import Stack
from store.workspaces.bootstrap import FirstKeys

PACKED: Final = 50
"""Records per stream entry, as a collector under load packs them."""


@dataclass
class Bench:
    """One embedded stack without components.

    Attributes:
        environment: variables that point a process at it.
        dsn: libpq connection string.
        valkey_url: the log's server.
        keys: write key and API key.
    """

    environment: dict[str, str]
    dsn: str
    valkey_url: str
    keys: FirstKeys

    def connect(self) -> psycopg.Connection:
        """An autocommit connection."""
        return psycopg.connect(self.dsn, autocommit=True)

    def accepted(self) -> int:
        """Events committed so far."""
        with self.connect() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(value), 0)::bigint FROM observations WHERE metric IN"
                " ('accepted', 'duplicate')"
            ).fetchone()
        return int(row[0]) if row else 0

    def fill(
        self,
        records: Sequence[bytes],
        log: str,
        partitions: int,
        choose: Callable[[int, bytes], int] | None = None,
    ) -> None:
        """Put records into the log, packed as the collector packs them.

        The partition follows from a record's key, or is chosen by `choose`.
        """
        by_partition: list[list[bytes]] = [[] for _ in range(partitions)]
        for number, record in enumerate(records):
            by_partition[
                choose(number, record) if choose else partition_of(record, partitions)
            ].append(record)
        client = redis.Redis.from_url(self.valkey_url)
        for partition, own in enumerate(by_partition):
            pipe = client.pipeline(transaction=False)
            for start in range(0, len(own), PACKED):
                entry = {
                    str(place): value for place, value in enumerate(own[start : start + PACKED])
                }
                pipe.xadd(f"{log}:{partition}", entry)  # type: ignore[arg-type]
            pipe.execute()
        client.close()

    @contextmanager
    def workers(self, count: int, **settings: str) -> Iterator[list[subprocess.Popen[bytes]]]:
        """Run profiles workers."""
        processes = [self.start("engine", "profiles", **settings) for _ in range(count)]
        try:
            yield processes
        finally:
            stop(processes)

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start one ``stratum`` process with further settings."""
        environment = {
            **os.environ,
            **self.environment,
            **{f"STRATUM_{name}": value for name, value in settings.items()},
        }
        return subprocess.Popen(
            [sys.executable, "-m", "cli.main", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes in order, and by force after ten seconds."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def bench_stack() -> Iterator[Bench]:
    """An embedded stack in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="stratum-bench-") as folder:
        settings = load_settings(
            environ={"STRATUM_DATA_DIR": str(Path(folder) / "data"), "STRATUM_SERVER__PORT": "0"}
        )
        with Stack(settings, choose=lambda *_: ()) as stack:
            yield bench_of(stack)


def bench_of(stack: Stack) -> Bench:
    """A stack that was just started for the first time.

    Raises:
        RuntimeError: it was not.
    """
    if stack.addresses is None or stack.first_keys is None:
        raise RuntimeError("the stack has no addresses")
    return Bench(
        stack.environment(stack.addresses),
        stack.addresses.postgres_dsn,
        stack.addresses.valkey_url,
        stack.first_keys,
    )


def wait_for(reached: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.002)


def resident_mb(pid: int) -> float:
    """Resident memory of a process, MB (/proc/<pid>/status)."""
    return _memory_mb(pid, "VmRSS:")


def peak_mb(pid: int) -> float:
    """The most resident memory that a process ever had, MB (/proc/<pid>/status)."""
    return _memory_mb(pid, "VmHWM:")


def _memory_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0
