"""kill -9 of the collector in the middle of requests: whatever was acknowledged is in the log."""

import itertools
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from config.settings import Settings
from local.servers.address import free_port
from local.servers.process import Child, Command, wait_until
from tests.conftest import TestWorkspace
from tests.support.collecting import basic, streamed_events, track

pytestmark = pytest.mark.usefixtures("workspace")
KILLS = 3
SENDERS = 4


class Collector:
    """A collector process that is started again and again at one port."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        environment = {
            "STRATUM_DATA_DIR": str(settings.data_dir),
            "STRATUM_POSTGRES__DSN": settings.postgres.dsn.get_secret_value(),
            "STRATUM_REDIS__URL": settings.redis.url.get_secret_value(),
            "STRATUM_SERVER__PORT": str(self.port),
        }
        self.command = Command(
            "api", (sys.executable, "-m", "cli.main", "api"), env=environment, log=log
        )
        self.child = Child(self.command)

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            return httpx.get(self.address + "/cdp/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """End it without a warning and start it again."""
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait(10)
        self.child = Child(self.command)


@pytest.fixture
def collector(
    settings: Settings,
    tmp_path: Path,
) -> Iterator[Collector]:
    made = Collector(settings, tmp_path / "api.log")
    assert wait_until(made.answers, 60), (tmp_path / "api.log").read_text()
    yield made
    made.child.stop()


class Load:
    """Clients that send batches, as fast as they are answered, and note which ones were
    acknowledged."""

    def __init__(self, address: str, write_key: str) -> None:
        self.acknowledged: set[str] = set()
        self._stop = threading.Event()
        self._numbers = itertools.count()
        self._threads = [
            threading.Thread(target=self._send, args=(address, write_key)) for _ in range(SENDERS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self, address: str, write_key: str) -> None:
        with httpx.Client(base_url=address, headers=basic(write_key), timeout=10) as http:
            while not self._stop.is_set():
                events = [track(next(self._numbers)) for _ in range(20)]
                try:
                    done = http.post("/v1/batch", json={"batch": events}).status_code == 200
                except httpx.HTTPError:
                    done = False
                if done:
                    self.acknowledged |= {event["messageId"] for event in events}
                else:
                    self._stop.wait(0.02)  # the port is closed while the process starts


def test_whatever_was_acknowledged_is_in_the_log(
    collector: Collector, settings: Settings, workspace: TestWorkspace
) -> None:
    rng = random.Random(7)
    with Load(collector.address, workspace.write_key) as load:
        for _ in range(KILLS):
            goal = len(load.acknowledged) + rng.randrange(200, 600)
            assert wait_until(lambda goal=goal: len(load.acknowledged) >= goal, 60)  # type: ignore[misc]
            collector.kill()
        goal = len(load.acknowledged) + 200
        assert wait_until(lambda: len(load.acknowledged) >= goal, 60)
    found = [event["messageId"] for event in streamed_events(settings)]
    assert load.acknowledged <= set(found)
    assert len(found) == len(set(found))  # each batch was sent once; none was written twice
