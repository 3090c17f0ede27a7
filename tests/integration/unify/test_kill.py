"""Exactly once, proved on real processes: kill -9 while traffic flows, and the tables are those of
an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
import pytest
import redis

from cli.profiles.verify import verify_all
from config.settings import Engine, Settings
from dataflows.unify.unifier import build_unifier
from domain.event import Batch, Record
from domain.policies import IdentityRules, ProfileRules
from tests.conftest import TestWorkspace
from tests.integration.tables import canonical
from tests.integration.unify.traffic import messages, records
from tests.support.databases import copy_database, drop_database

PARTITIONS = 4
KILLS = 24
DEADLINE_S = 120.0


def wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def start_worker(settings: Settings, batch_records: int = 40) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "STRATUM_POSTGRES__DSN": settings.postgres.dsn.get_secret_value(),
        "STRATUM_REDIS__URL": settings.redis.url.get_secret_value(),
        "STRATUM_LOG__PARTITIONS": str(PARTITIONS),
        "STRATUM_ENGINE__BATCH_RECORDS": str(batch_records),
        "STRATUM_LOG__LEASES__LIFETIME": "PT1S",
        "STRATUM_LOG__LEASES__BEAT": "PT0.2S",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "engine", "profiles"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def workers(
    settings: Settings, count: int, batch_records: int = 40
) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [start_worker(settings, batch_records) for _ in range(count)]
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
        for worker in running:
            worker.wait()


def append(valkey_url: str, found: Sequence[bytes]) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        for record in found:
            client.xadd(f"stratum.events:{zlib.crc32(record[-40:]) % PARTITIONS}", {"0": record})


def seen(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT coalesce(sum(value), 0) FROM observations WHERE metric IN ('accepted',"
            " 'duplicate')) + (SELECT count(*) FROM dead_letters)"
        ).fetchone()
    return int(row[0]) if row else 0


def undisturbed(dsn: str, found: Sequence[bytes]) -> None:
    unify = build_unifier(
        dsn,
        IdentityRules(),
        ProfileRules(),
        Engine(),
        lambda _log, _partition: pytest.fail("fenced"),
    )
    unify(
        Batch(
            "log",
            0,
            0,
            len(found),
            tuple(Record(number, 0, value) for number, value in enumerate(found)),
        )
    )
    unify.close()


def test_workers_killed_at_random_leave_the_tables_of_an_undisturbed_run(
    settings: Settings, workspace: TestWorkspace, valkey_url: str
) -> None:
    dsn = settings.postgres.dsn.get_secret_value()
    found = records(workspace.source_id, messages(2_400, seed=5))
    chunk = len(found) // KILLS
    twin = f"{psycopg.conninfo.conninfo_to_dict(dsn)['dbname']}_twin"
    admin = psycopg.conninfo.make_conninfo(dsn, dbname="postgres")
    copy_database(admin, str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]), twin)
    rng = random.Random(5)
    kills = 0
    with workers(settings, 2) as running:
        for number in range(KILLS):
            last = number == KILLS - 1
            append(
                valkey_url,
                found[number * chunk :] if last else found[number * chunk : (number + 1) * chunk],
            )
            wait_until(lambda number=number: seen(dsn) > number * chunk, "traffic flows")  # type: ignore[misc]
            victim = rng.randrange(2)
            os.kill(running[victim].pid, signal.SIGKILL)
            running[victim].wait()
            kills += 1
            running[victim] = start_worker(settings)
        wait_until(lambda: seen(dsn) == len(found), "everything processed")
    assert kills >= 20
    undisturbed(psycopg.conninfo.make_conninfo(dsn, dbname=twin), found)
    disturbed, calm = canonical(dsn), canonical(psycopg.conninfo.make_conninfo(dsn, dbname=twin))
    drop_database(admin, twin)
    for table, rows in calm.items():
        assert disturbed[table] == rows, table
    (report,) = verify_all(settings)
    assert report.differences == []
