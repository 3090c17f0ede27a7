"""Workers as processes: they share the log, die, stop, crash and idle as they should."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sources.conftest import KafkaUnderTest, LogUnderTest, ValkeyUnderTest
from tests.sources.log.stand_in import CRASH, HANG, StandIn
from tests.sources.log.test_contract import numbered

ROOT = Path(__file__).parents[3]
DEADLINE_S = 60.0
KILLS = 4


class Workers:
    """Worker processes on one log."""

    def __init__(self, log: LogUnderTest, redis_url: str) -> None:
        self.log = log
        self.running: list[subprocess.Popen[bytes]] = []
        self.stored = StandIn(log.dsn, lambda _log, _partition: None)
        self._number = 0
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "STRATUM_POSTGRES__DSN": log.dsn,
            "STRATUM_REDIS__URL": redis_url,
            "STRATUM_ENGINE__BATCH_RECORDS": "200",
            "STRATUM_LOG__NAME": log.name,
            "STRATUM_LOG__PARTITIONS": str(log.partitions),
            "STRATUM_LOG__LEASES__LIFETIME": "PT1S",
            "STRATUM_LOG__LEASES__BEAT": "PT0.2S",
        }
        if isinstance(log, KafkaUnderTest):
            self._environment |= {
                "STRATUM_LOG__KIND": "kafka",
                "STRATUM_LOG__KAFKA__BOOTSTRAP_SERVERS": log.bootstrap_servers,
                "STRATUM_LOG__KAFKA__GROUP": f"group-{log.name}",
                "STRATUM_LOG__KAFKA__TOPICS": f"[{log.name}]",
                "STRATUM_LOG__KAFKA__OPTIONS": '{"session.timeout.ms": "6000"}',
            }

    def start(self) -> subprocess.Popen[bytes]:
        self._number += 1
        script = Path(__file__).with_name("stand_in.py")
        worker = subprocess.Popen(
            [sys.executable, str(script), f"worker-{self._number}"], env=self._environment, cwd=ROOT
        )
        self.running.append(worker)
        return worker

    def until_stored(self, count: int) -> None:
        self.until(lambda: len(self.stored.values()) >= count)

    @staticmethod
    def until(reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not reached():
            assert time.monotonic() < deadline, "not in time"
            time.sleep(0.02)

    def end(self) -> None:
        for worker in self.running:
            worker.kill()
            worker.wait()
        self.stored.close()


@pytest.fixture
def workers(log: LogUnderTest, valkey_url: str) -> Iterator[Workers]:
    made = Workers(log, valkey_url)
    yield made
    made.end()


@pytest.fixture
def valkey_workers(valkey_log: ValkeyUnderTest, valkey_url: str) -> Iterator[Workers]:
    made = Workers(valkey_log, valkey_url)
    yield made
    made.end()


def test_workers_that_are_killed_lose_nothing_and_store_nothing_twice(workers: Workers) -> None:
    rng = random.Random(7)
    alive = [workers.start(), workers.start()]
    written = 0
    for _ in range(KILLS):
        workers.log.append(numbered(500, written))
        written += 500
        workers.until_stored(written - 400)
        victim = alive.pop(rng.randrange(2))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        alive.append(workers.start())
        workers.log.append(numbered(200, written))
        written += 200
    workers.until_stored(written)
    assert sorted(workers.stored.values()) == sorted(numbered(written))


def test_a_worker_that_is_asked_to_stop_leaves_and_the_other_goes_on(workers: Workers) -> None:
    one = workers.start()
    workers.log.append(numbered(50))
    workers.until_stored(50)
    workers.start()
    one.send_signal(signal.SIGTERM)
    assert one.wait(DEADLINE_S) == 0
    workers.log.append(numbered(50, 50))
    workers.until_stored(100)
    assert sorted(workers.stored.values()) == sorted(numbered(100))


def test_a_worker_whose_step_does_not_end_stops_all_the_same(valkey_workers: Workers) -> None:
    worker = valkey_workers.start()
    valkey_workers.log.append(numbered(1), partition=0)
    valkey_workers.until_stored(1)
    valkey_workers.log.append([HANG], partition=0)
    valkey_workers.until(lambda: HANG in valkey_workers.stored.values())
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(DEADLINE_S) == 0


def test_a_worker_whose_step_raises_ends_with_an_error(valkey_workers: Workers) -> None:
    worker = valkey_workers.start()
    valkey_workers.log.append([CRASH], partition=0)
    assert worker.wait(DEADLINE_S) not in (0, None)
    assert valkey_workers.stored.values() == []


def test_an_idle_worker_does_not_spin(workers: Workers) -> None:
    worker = workers.start()
    workers.log.append(numbered(10))
    workers.until_stored(10)

    def cpu_s() -> float:
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    time.sleep(1)
    before = cpu_s()
    time.sleep(3)
    assert cpu_s() - before < 1  # what spins takes all of the three seconds
