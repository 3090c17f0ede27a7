"""kill -9 in the middle of an archive costs nothing but the time to begin anew."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks.support.eventful import ask_access, store_person
from config.exports import archive_files
from config.settings import Settings
from local.servers.address import free_port
from local.servers.process import wait_until
from tests.conftest import TestWorkspace
from tests.support.archives import Archive, archives_in

EVENTS, LIMIT_S = 60_000, 60.0


@pytest.fixture
def conn(postgres_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def upkeep(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts upkeep processes."""
    started: list[subprocess.Popen[bytes]] = []
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STRATUM_")},
        "STRATUM_DATA_DIR": json.dumps(str(settings.data_dir)),
        "STRATUM_POSTGRES__DSN": json.dumps(settings.postgres.dsn.get_secret_value()),
        "STRATUM_REDIS__URL": json.dumps(settings.redis.url.get_secret_value()),
        "STRATUM_METRICS__PORT": str(free_port()),
        "STRATUM_EXPORTS__BEAT_INTERVAL": "0.01",
        "STRATUM_EXPORTS__POLL_INTERVAL": "0.1",
    }

    def start() -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen([sys.executable, "-m", "cli.main", "engine", "upkeep"], env=env)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def row(conn: psycopg.Connection[Any]) -> tuple[str, int, int]:
    """Status, events written so far, attempt."""
    found = conn.execute(
        "SELECT status, coalesce((sections->>'events')::int, 0), attempt FROM access_archives"
    ).fetchone()
    assert found is not None
    return found[0], found[1], found[2]


def names(settings: Settings) -> list[str]:
    return [path.name for path in archives_in(settings)]


def open_files(process: subprocess.Popen[bytes]) -> int:
    """Files without a name that a process has open."""
    links = Path(f"/proc/{process.pid}/fd").iterdir()
    return sum("(deleted)" in str(link.readlink()) for link in links if link.is_symlink())


def test_a_killed_writer_is_followed_by_one_that_begins_anew(
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
    settings: Settings,
    upkeep: Callable[[], subprocess.Popen[bytes]],
) -> None:
    key = store_person(conn, workspace.id, workspace.source_id, workspace.salt, "mary-4711", EVENTS)
    ask_access(conn, workspace.id, key)
    first = upkeep()
    assert wait_until(lambda: row(conn)[1] > 0, LIMIT_S)
    assert open_files(first) > 0
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert row(conn)[0] == "processing"
    assert names(settings) == ["access-1-1.zip.part"]

    second = upkeep()

    assert wait_until(lambda: row(conn)[2] == 2 and row(conn)[1] > 0, LIMIT_S)
    assert names(settings) == ["access-1-2.zip.part"]
    assert wait_until(lambda: row(conn)[0] == "ready", LIMIT_S)
    assert row(conn) == ("ready", EVENTS, 2)
    assert names(settings) == ["access-1-2.zip"]
    archive = Archive(archive_files(settings).path(1, 2).read_bytes())
    events = {event["event"] for event in archive.rows("events")}
    assert len(events) == len(archive.rows("events")) == EVENTS
    second.terminate()
    assert second.wait(LIMIT_S) == 0


def test_sigterm_gives_the_archive_back(
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
    settings: Settings,
    upkeep: Callable[[], subprocess.Popen[bytes]],
) -> None:
    key = store_person(conn, workspace.id, workspace.source_id, workspace.salt, "mary-4711", EVENTS)
    ask_access(conn, workspace.id, key)
    process = upkeep()
    assert wait_until(lambda: row(conn)[1] > 0, LIMIT_S)
    process.terminate()

    assert process.wait(LIMIT_S) == 0
    assert row(conn)[0] == "requested"
    assert names(settings) == []
