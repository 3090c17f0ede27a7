"""kill -9 of every server of the embedded stack while traffic flows: all that was acknowledged is
there, once, and the oracle agrees."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from cli.profiles.verify import verify_all
from config.settings import Settings
from domain.ids import SourceId
from local.stack.stack import Stack
from local.traffic.sender import Item, Sender
from store.workspaces.bootstrap import FirstKeys
from tests.integration.unify.traffic import messages

pytestmark = pytest.mark.servers

DEADLINE_S = 150.0
COUNT = 3_000
VICTIMS = ("postgres", "valkey", "api", "profiles-1", "postgres", "valkey")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    settings = Settings.model_validate(
        {"data_dir": tmp_path / "data", "server": {"port": 0}, "embedded": {"sandbox_ports": {}}}
    )
    with Stack(settings) as running:
        running.wait_until_running(DEADLINE_S)
        yield running


def wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def stored(stack: Stack) -> int:
    assert stack.addresses is not None
    try:
        with psycopg.connect(stack.addresses.postgres_dsn) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM dead_letters)"
            ).fetchone()
    except psycopg.OperationalError:
        return 0
    return int(row[0]) if row else 0


def kill(stack: Stack, name: str) -> None:
    """Kill a server or component, and wait until it is back."""
    (unit,) = (unit for unit in stack.status().units if unit.name == name)
    assert unit.pid is not None
    os.kill(unit.pid, signal.SIGKILL)
    restarted = unit.restarts + 1
    wait_until(
        lambda: any(now.name == name and now.restarts >= restarted for now in stack.status().units),
        f"{name} is started again",
    )
    wait_until(lambda: stack.status().running, f"everything answers after {name} died")


def test_everything_acknowledged_survives_the_death_of_every_server(stack: Stack) -> None:
    assert stack.addresses is not None
    keys = stack.first_keys
    assert isinstance(keys, FirstKeys)
    found = [
        message
        for message in messages(COUNT, seed=9)
        if message["type"] != "track" or "event" in message
    ]
    distinct = len({message["messageId"] for message in found})
    items = [Item(number, msgspec.json.encode(message)) for number, message in enumerate(found)]
    sender = Sender(stack.addresses.api, keys.write_key)
    acknowledged: list[int] = []

    def send() -> None:
        for delivered in sender.deliver(
            [items[start : start + 50] for start in range(0, len(items), 50)]
        ):
            acknowledged.append(delivered.accepted)
            time.sleep(0.02)

    sending = threading.Thread(target=send)
    sending.start()
    share = distinct // (len(VICTIMS) + 1)
    for number, victim in enumerate(VICTIMS, 1):
        wait_until(
            lambda number=number: stored(stack) > min(number * share, distinct - 100),  # type: ignore[misc]
            f"traffic flows before {victim} dies",
        )
        kill(stack, victim)
    sending.join(DEADLINE_S)
    sender.close()
    assert sum(acknowledged) == len(found)
    wait_until(lambda: stored(stack) == distinct, "everything is stored")
    dsn = stack.addresses.postgres_dsn
    (report,) = verify_all(Settings.model_validate({"postgres": {"dsn": dsn}}))
    assert report.differences == []
    assert keys.source_id == SourceId(1)
