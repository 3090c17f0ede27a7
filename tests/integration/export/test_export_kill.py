"""The upkeep process writes exports, and kill -9 in the middle of one costs nothing but the time to
begin anew."""

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

from config.settings import Settings
from domain.export import ExportSpec
from domain.ids import IdentifierKey, ProfileId, WorkspaceId
from domain.profiles.leaf import Leaf
from domain.profiles.profile import Person, encode_person
from domain.segments.rule import All
from local.servers.address import free_port
from local.servers.process import wait_until
from store.connection import adapt
from store.export import exports
from store.export.exports import Order
from store.unify import copy_format
from tests.conftest import TestWorkspace

PEOPLE, PAGE, LIMIT_S = 4_000, 10, 60.0


@pytest.fixture
def conn(postgres_dsn: str, workspace: TestWorkspace) -> Iterator[psycopg.Connection[Any]]:
    """A workspace with people."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        adapt(connection)
        keys = [number.to_bytes(16, "big") for number in range(1, PEOPLE + 1)]
        people = [
            Person(
                ProfileId(key), WorkspaceId(workspace.id), 1, Leaf(), {}, sole=IdentifierKey(key)
            )
            for key in keys
        ]
        copy_format.copy_people(
            connection.cursor(), "profiles", [(person, encode_person(person)) for person in people]
        )
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
        "STRATUM_EXPORTS__PAGE": str(PAGE),
        "STRATUM_EXPORTS__BEAT_INTERVAL": "0.01",
        "STRATUM_EXPORTS__LEASE": "0.5",
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


def ordered(conn: psycopg.Connection[Any], workspace: int) -> int:
    with conn.transaction():
        wanted = Order(ExportSpec("ndjson", "none", "a test", rule=All(())), "file", PEOPLE, ())
        return exports.order(conn, workspace, "key:1", wanted, 10)


def row(conn: psycopg.Connection[Any], export: int) -> tuple[str, int, int]:
    found = conn.execute(
        "SELECT status, evaluated, attempt FROM exports WHERE id = %s", (export,)
    ).fetchone()
    assert found is not None
    return found[0], found[1], found[2]


def files(settings: Settings) -> list[Path]:
    return sorted((settings.data_dir / "exports").iterdir())


def test_killed_writer_is_replaced_and_its_file_removed(
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
    settings: Settings,
    upkeep: Callable[[], subprocess.Popen[bytes]],
) -> None:
    export = ordered(conn, workspace.id)
    first = upkeep()
    assert wait_until(lambda: row(conn, export)[1] > 0, LIMIT_S)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert row(conn, export)[0] == "running"
    assert [path.name for path in files(settings)] == [f"export-{export}-1.ndjson.part"]

    second = upkeep()

    assert wait_until(lambda: row(conn, export)[0] == "done", LIMIT_S)
    assert row(conn, export) == ("done", PEOPLE, 2)
    assert wait_until(
        lambda: [path.name for path in files(settings)] == [f"export-{export}-2.ndjson"], LIMIT_S
    )
    ids = [json.loads(line)["id"] for line in files(settings)[0].read_bytes().splitlines()]
    assert len(ids) == len(set(ids)) == PEOPLE
    second.terminate()
    assert second.wait(LIMIT_S) == 0


def test_sigterm_gives_the_export_back(
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
    settings: Settings,
    upkeep: Callable[[], subprocess.Popen[bytes]],
) -> None:
    export = ordered(conn, workspace.id)
    process = upkeep()
    assert wait_until(lambda: row(conn, export)[1] > 0, LIMIT_S)
    process.terminate()

    assert process.wait(LIMIT_S) == 0
    assert row(conn, export)[0] == "queued"
    assert files(settings) == []
