"""The process as it is started: real gate, real Postgres, real sandbox.

It ends in order at SIGTERM and resumes after kill -9.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from domain.instants import to_ms
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from local.platforms.meta.sandbox import TOKEN
from store.signals import observations
from store.signals.signals import write_readings
from tests.integration.activation.world import ACCOUNT, Server, World

Wait = Callable[[Callable[[], bool]], None]
_RUN = (
    "from config.load import load_settings; from dataflows.activation import run;"
    " run(load_settings())"
)


@contextmanager
def process(dsn: str, server: Server) -> Iterator[subprocess.Popen[bytes]]:
    env = os.environ | {
        "STRATUM_POSTGRES__DSN": dsn,
        "STRATUM_META__BASE_URL": server.url,
        "STRATUM_META__ACCOUNT_ID": ACCOUNT,
        "STRATUM_META__ACCESS_TOKEN": TOKEN,
        "STRATUM_META__MAX_ROWS": "3",
        "STRATUM_DELIVERY__HOLD_INTERVAL": "0.05",
        "STRATUM_GATE__COOL_DOWN": "0",
        "STRATUM_GATE__SWING": "100",
        "STRATUM_GATE__CONFIRM_FIRST": "false",
    }
    running = subprocess.Popen(
        [sys.executable, "-c", _RUN], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        print(running.stdout.read().decode())
        running.stdout.close()


def feed(world: World, score: float) -> None:
    """The workspace's source was heard, and reads like this four times in a row."""
    now = datetime.now(UTC)
    minute = int(now.timestamp()) // 60 * 60_000
    status = Status.HEALTHY if score >= 70 else Status.UNHEALTHY
    with world.conn.transaction():
        observations.add(
            world.conn, [(world.workspace, "source:1", minute, 0, metrics.ACCEPTED, 100.0)]
        )
        for age_ms in (3, 2, 1, 0):
            read_ms = to_ms(now) - age_ms
            write_readings(
                world.conn, [Reading(world.workspace, "source:1", read_ms, score, status, 1_000)]
            )


def test_unhealthy_source_blocks_pushes_but_not_withdrawals(
    world: World, server: Server, postgres_dsn: str, wait_until: Wait
) -> None:
    for number in range(5):
        world.join(number)
    feed(world, 95)

    with process(postgres_dsn, server) as running:
        wait_until(lambda: ("scheduled", "done") in world.pushes())
        assert server.only() == world.expected()
        feed(world, 10)
        world.join(8)
        world.conn.execute("UPDATE audiences SET requested_at = now()")
        wait_until(
            lambda: "block" in world.column("SELECT verdict FROM decisions WHERE action = 'push'")
        )
        withdrawn = world.people[1]
        world.withdraw(1)
        wait_until(lambda: ("urgent", "done") in world.pushes())
        assert withdrawn not in server.only()
        assert world.people[8] not in server.only()
        feed(world, 95)
        wait_until(lambda: ("manual", "done") in world.pushes())
        assert server.only() == world.expected()
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert running.stdout is not None
        printed = running.stdout.read().decode()

    assert TOKEN not in printed
    assert "@example.com" not in printed
    assert "flow_stopped" in printed


def test_every_push_rests_on_a_decision_that_came_before_it(
    world: World, server: Server, postgres_dsn: str, wait_until: Wait
) -> None:
    world.join(1)
    feed(world, 95)

    with process(postgres_dsn, server):
        wait_until(lambda: ("scheduled", "done") in world.pushes())

    assert world.column(
        "SELECT d.verdict FROM pushes p JOIN decisions d ON d.id = p.decision_id"
    ) == ["pass"]
    assert world.column("SELECT action FROM audit WHERE actor = 'engine' ORDER BY id") == [
        "decision",
        "request",
        "request",
    ]


@pytest.mark.parametrize("after", range(3))
def test_killed_process_is_resumed_by_the_next_one(
    after: int, world: World, server: Server, postgres_dsn: str, wait_until: Wait
) -> None:
    for number in range(30):
        world.join(number)
    feed(world, 95)

    with process(postgres_dsn, server) as running:
        wait_until(lambda: server.sandbox.requests.get("add", 0) >= after)
        running.send_signal(signal.SIGKILL)
        running.wait()
    with process(postgres_dsn, server):
        wait_until(lambda: "done" in {status for _, status in world.pushes()})

    assert server.only() == world.expected()
    assert server.sandbox.requests["create"] == 1
