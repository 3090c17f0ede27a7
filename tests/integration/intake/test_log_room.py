"""A small log that is filled while nobody processes: refusals say so, and what is processed makes
room at once, whatever its age."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import redis

from config.settings import Settings
from domain.intake.partitioning import stream_key
from local.stack.stack import Stack
from store.workspaces.bootstrap import FirstKeys

pytestmark = pytest.mark.servers

DEADLINE_S = 120.0
BATCH = 12
FILLER = "x" * 30_000


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    sections: dict[str, Any] = {"valkey": {"max_memory_mb": 64}, "sandbox_ports": {}}
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path / "data",
            "server": {"port": 0},
            "embedded": sections,
            "engine": {"workers": 1},
        }
    )
    with Stack(settings) as running:
        running.wait_until_running(DEADLINE_S)
        yield running


def wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Client:
    """Sends batches of large events and looks at the stack."""

    def __init__(self, stack: Stack) -> None:
        assert stack.addresses is not None
        assert isinstance(stack.first_keys, FirstKeys)
        self.stack = stack
        self.dsn = stack.addresses.postgres_dsn
        self.http = httpx.Client(
            base_url=stack.addresses.api, timeout=30, auth=(stack.first_keys.write_key, "")
        )
        self.valkey = redis.Redis.from_url(stack.addresses.valkey_url)
        self.sent = 0

    def post(self) -> httpx.Response:
        """The next batch; it counts as sent once it is acknowledged."""
        numbers = range(self.sent * BATCH, (self.sent + 1) * BATCH)
        events = [
            {
                "type": "track",
                "event": "Viewed",
                "userId": f"u{number}",
                "messageId": f"m{number}",
                "properties": {"filler": FILLER},
            }
            for number in numbers
        ]
        answer = self.http.post("/v1/batch", json={"batch": events})
        self.sent += answer.status_code == 200
        return answer

    def fill(self) -> httpx.Response:
        """Send until a batch is refused."""
        for _ in range(400):
            answer = self.post()
            if answer.status_code != 200:
                return answer
        raise AssertionError("the log takes everything")

    def stored(self) -> int:
        """Events in the database."""
        try:
            with psycopg.connect(self.dsn) as connection:
                row = connection.execute("SELECT count(*) FROM events").fetchone()
        except psycopg.OperationalError:
            return 0
        return int(row[0]) if row else 0

    def wait_until_stored(self) -> None:
        """Wait until everything acknowledged is stored; a failure says what stands still."""
        deadline = time.monotonic() + DEADLINE_S
        while (stored := self.stored()) != self.sent * BATCH:
            units = {unit.name: str(unit.state) for unit in self.stack.status().units}
            assert time.monotonic() < deadline, (stored, self.sent * BATCH, self.entries(), units)
            time.sleep(0.1)

    def entries(self) -> int:
        """Entries in the log."""
        return sum(
            int(self.valkey.xlen(stream_key("stratum.events", number))) for number in range(8)
        )

    def pid(self, name: str) -> int:
        """Process of a unit."""
        (unit,) = (unit for unit in self.stack.status().units if unit.name == name)
        assert unit.pid is not None
        return unit.pid


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    made = Client(stack)
    yield made
    made.http.close()
    made.valkey.close()


def test_what_is_processed_makes_room_and_the_death_of_postgres_takes_none_of_it_back(
    client: Client,
) -> None:
    worker = client.pid("profiles-1")
    os.kill(worker, signal.SIGSTOP)
    refused = client.fill()
    assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (
        429,
        "log_full",
        "log_behind",
    )
    assert int(refused.headers["retry-after"]) >= 1
    waiting = client.entries()
    health = client.http.get("/cdp/health").json()["components"]["log"]
    assert (health["status"], health["reason"]) == ("down", "log_behind")

    os.kill(worker, signal.SIGCONT)
    wait_until(
        lambda: client.post().status_code == 200,
        "the log takes events again once they are processed, however young they are",
    )
    wait_until(lambda: client.entries() < waiting, "processed entries have left")
    os.kill(client.pid("postgres"), signal.SIGKILL)  # right after a position was used to delete

    client.wait_until_stored()
    for _ in range(60):  # without a pause, with everybody at work
        wait_until(lambda: client.post().status_code == 200, "there is room for the next batch")
    wait_until(lambda: client.stored() >= client.sent * BATCH, "everything acknowledged is stored")
    assert client.stored() == client.sent * BATCH
