"""kill -9 in the middle of a run: the next process goes on, and everything is counted once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from config.settings import Settings
from local.servers.address import free_port
from local.servers.process import wait_until
from tests.conftest import TestWorkspace

LETTERS, LIMIT_S = 3_000, 60.0


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
        "STRATUM_RETENTION__BATCH": "20",
        "STRATUM_RETENTION__PAUSE": "0.005",
        "STRATUM_RETENTION__POLL_INTERVAL": "0.05",
    }

    def start() -> subprocess.Popen[bytes]:
        own = env | {"STRATUM_METRICS__PORT": str(free_port())}
        started.append(
            subprocess.Popen([sys.executable, "-m", "cli.main", "engine", "upkeep"], env=own)
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def left(conn: psycopg.Connection[Any]) -> int:
    found = conn.execute("SELECT count(*) FROM dead_letters").fetchone()
    return int(found[0]) if found else 0


def is_left(conn: psycopg.Connection[Any], most: int) -> bool:
    return left(conn) <= most


def test_whoever_is_next_goes_on(
    upkeep: Callable[[], subprocess.Popen[bytes]],
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
) -> None:
    conn.execute(
        "INSERT INTO dead_letters (workspace_id, log, partition, position, index, reason, detail,"
        " payload, recorded_at) SELECT %s, 'l', 0, n, 0, 'bad_json', '', '',"
        " now() - interval '100 days' FROM generate_series(1, %s) AS n",
        (workspace.id, LETTERS),
    )
    conn.execute(
        "INSERT INTO retention_policies VALUES (%s, 'dead_letters', 86400, '', 'key:1', now())",
        (workspace.id,),
    )
    processes = [upkeep(), upkeep()]
    for kill in (1, 2, 3):
        share = LETTERS - kill * LETTERS // 5
        assert wait_until(partial(is_left, conn, share), LIMIT_S)
        assert left(conn) > 0
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        processes = [upkeep(), upkeep()]

    assert wait_until(lambda: left(conn) == 0 and finished(conn), LIMIT_S)
    told = conn.execute(
        "SELECT detail->'removed' FROM audit WHERE action = 'retention.enforced'"
    ).fetchall()
    assert told == [({"dead_letters": LETTERS},)]


def finished(conn: psycopg.Connection[Any]) -> bool:
    found = conn.execute("SELECT finished_at IS NOT NULL FROM retention_runs").fetchone()
    return bool(found and found[0])
