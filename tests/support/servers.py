"""Where a run's servers lie, and the one Kafka broker that its processes share."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local.servers.kafka import EmbeddedKafka

_MEMORY = Path("/dev/shm")
_PREFIX = "stratum-tests-"
_ROOM_BYTES = 4 << 30


@contextmanager
def servers_folder() -> Iterator[Path]:
    """A folder for the servers of this process, in memory where there is room; removed at the end.

    What killed runs left behind is removed first.
    """
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES
    parent = _MEMORY if in_memory else Path(tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        if not _lives(int(left.name.removeprefix(_PREFIX).partition("-")[0])):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_at_crash(dsn: str) -> None:
    """Let a server write without waiting for the disk: its data does not outlive the tests."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("ALTER SYSTEM SET full_page_writes = off")
        conn.execute("SELECT pg_reload_conf()")


@contextmanager
def shared_kafka(shared: Path, own: Path, cache: Path) -> Iterator[str]:
    """The broker of all processes of a run: the first that needs it starts it.

    It runs until the process that started it ends, which waits for the others that use it.

    Args:
        shared: a folder that the processes share.
        own: a folder of this process, for the broker's files.
        cache: folder of the broker's jars.

    Yields:
        Its address.

    Raises:
        KafkaMissingError: there is no way to start one.
    """
    address = shared / "kafka.address"
    with (shared / "kafka.users").open("w") as users, (shared / "kafka.start").open("w") as start:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(start, fcntl.LOCK_EX)
        if address.exists():
            bootstrap_servers = address.read_text()
            fcntl.flock(start, fcntl.LOCK_UN)
            yield bootstrap_servers
            return
        with EmbeddedKafka(own, cache) as server:
            address.write_text(server.bootstrap_servers)
            fcntl.flock(start, fcntl.LOCK_UN)
            yield server.bootstrap_servers
            fcntl.flock(start, fcntl.LOCK_EX)  # whoever comes now starts one of its own
            address.unlink()
            fcntl.flock(start, fcntl.LOCK_UN)
            fcntl.flock(users, fcntl.LOCK_EX)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
