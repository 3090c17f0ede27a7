"""The flow under a gate that opens and shuts: what waits, what goes at once, what is recorded
first."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from typing import Any

import psycopg
import pytest
from bytewax.testing import run_main

from config.settings import Settings
from dataflows.activation import Lane, build_on
from domain.instants import to_ms
from sinks.activation.destination import Destination
from sinks.activation.params import DeliveryParams
from sinks.ads.meta.codec import Meta
from sinks.http.client import HttpRunner
from sinks.http.rate_limit import LocalTokens, RateLimitedTransport
from tests.conftest import TestWorkspace
from tests.integration.activation.world import Server, World, new_world

Wait = Callable[[Callable[[], bool]], None]


@dataclass
class Verdict:
    conn: psycopg.Connection[Any]
    workspace_id: int
    audience_id: int
    action: str
    verdict: str
    most: int
    codes: tuple[str, ...] = ("shut",)

    def sized(self, adds: int, removes: int) -> "Verdict":
        return (
            self
            if adds + removes <= self.most
            else replace(self, verdict="hold", codes=("too many",))
        )

    def under_way(self, push_id: int) -> "Verdict":  # noqa: ARG002 - the gate's word
        return self

    @property
    def rehearsed(self) -> bool:
        return False

    def record(self) -> int:
        row = self.conn.execute(
            """
            INSERT INTO decisions (workspace_id, destination, audience_id, action, verdict,
                automation, reasons, reading_ids, decided_at)
            VALUES (%s, 'meta', %s, %s, %s, 'execute', '[]', '{}', now()) RETURNING id
            """,
            (self.workspace_id, self.audience_id, self.action, self.verdict),
        ).fetchone()
        assert row is not None
        return int(row[0])


@dataclass
class Door:
    """A gate that a test opens and shuts."""

    conn: psycopg.Connection[Any]
    verdict: str = "pass"
    most: int = 1_000
    asked: list[str] = field(default_factory=list)

    def judge(
        self, workspace_id: int, platform: str, audience_id: int, action: str, now: datetime
    ) -> Verdict:
        assert (platform, now.tzinfo) == ("meta", UTC)
        self.asked.append(action)
        verdict = self.verdict if action == "push" else "pass"
        return Verdict(self.conn, workspace_id, audience_id, action, verdict, self.most)


@dataclass
class Flow:
    """The flow as it runs, with the knobs that tests turn."""

    door: Door
    world: World

    def decisions(self) -> list[tuple[str, str]]:
        return [
            (row[0], row[1])
            for row in self.world.conn.execute("SELECT action, verdict FROM decisions ORDER BY id")
        ]


@contextmanager
def running(world: World, dsn: str, params: DeliveryParams, verdict: str) -> Iterator[Flow]:
    stop = Flag()

    def now() -> datetime:
        return datetime.now(UTC)

    limits = world.meta.params
    tokens = LocalTokens(limits.requests_per_s, limits.burst, lambda: to_ms(now()))
    threads = []
    with ExitStack() as opened:
        for urgent in (True, False):
            conn = opened.enter_context(psycopg.connect(dsn, autocommit=True))
            http = opened.enter_context(HttpRunner(params.http))
            door = Door(conn, verdict)
            paced = RateLimitedTransport(http, tokens, wait=stop.wait)
            destinations = {"meta": Destination(world.meta, paced, paced)}
            flow = build_on(
                conn, destinations, door, Settings(delivery=params), Lane(urgent, stop), now
            )
            threads.append(threading.Thread(target=run_main, args=(flow,)))
        for thread in threads:
            thread.start()
        try:
            yield Flow(door, world)
        finally:
            stop.set()
            for thread in threads:
                thread.join(20)
            assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def params() -> DeliveryParams:
    return DeliveryParams(
        timedelta(milliseconds=20),
        timedelta(milliseconds=50),
        hold_interval=timedelta(milliseconds=20),
    )


def test_due_audience_is_pushed_when_the_gate_passes(
    world: World, server: Server, postgres_dsn: str, params: DeliveryParams, wait_until: Wait
) -> None:
    for number in range(7):
        world.join(number)

    with running(world, postgres_dsn, params, "pass") as flow:
        wait_until(lambda: world.pushes() == [("scheduled", "done")])

    assert server.only() == world.expected()
    assert flow.decisions() == [("push", "pass")]


@pytest.mark.parametrize("verdict", ["hold", "block"])
def test_nothing_is_sent_while_the_gate_does_not_pass_and_it_is_said_once(
    verdict: str,
    world: World,
    server: Server,
    postgres_dsn: str,
    params: DeliveryParams,
    wait_until: Wait,
) -> None:
    world.join(1)

    with running(world, postgres_dsn, params, verdict) as flow:
        wait_until(lambda: len(flow.door.asked) >= 5)
        assert server.sandbox.requests == {}
        assert flow.decisions() == [("push", verdict)]
        flow.door.verdict = "pass"
        wait_until(lambda: world.pushes() == [("scheduled", "done")])

    assert server.only() == world.expected()


def test_withdrawal_goes_at_once_while_the_gate_blocks(
    world: World, server: Server, postgres_dsn: str, params: DeliveryParams, wait_until: Wait
) -> None:
    for number in range(4):
        world.join(number)
    with running(world, postgres_dsn, params, "pass") as flow:
        wait_until(lambda: world.pushes() == [("scheduled", "done")])
        flow.door.verdict = "block"
        listed, gone = set(world.people.values()), world.people[1]
        world.join(9)
        world.leave(2)
        world.conn.execute("UPDATE audiences SET requested_at = now()")
        world.withdraw(1)

        wait_until(lambda: ("urgent", "done") in world.pushes())
        removed = server.only()
        flow.door.verdict = "pass"
        wait_until(lambda: ("manual", "done") in world.pushes())

    assert removed == listed - {gone}
    assert server.only() == world.expected()
    assert ("urgent_removal", "pass") in flow.decisions()


def test_withdrawal_does_not_wait_for_a_push_that_takes_long_to_plan(
    world: World,
    server: Server,
    postgres_dsn: str,
    workspace: TestWorkspace,
    params: DeliveryParams,
    wait_until: Wait,
) -> None:
    for number in range(4):
        world.join(number)
    with running(world, postgres_dsn, params, "pass"):
        wait_until(lambda: world.pushes() == [("scheduled", "done")])
    other = new_world(world.conn, workspace, world.meta, "other-")
    other.join(1)
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('tuple', 'transactionid')"
    with psycopg.connect(postgres_dsn) as holding:
        holding.execute("SELECT 1 FROM audiences WHERE id = %s FOR UPDATE", (other.audience,))
        with running(world, postgres_dsn, params, "pass"):
            try:
                wait_until(lambda: world.column(waits) == [1])
                world.withdraw(1)
                wait_until(lambda: ("urgent", "done") in world.pushes())
                assert server.only() == world.expected()
                assert other.pushes() == []
            finally:
                holding.rollback()  # a thread that waits for this row cannot be stopped
            wait_until(lambda: other.pushes() == [("scheduled", "done")])


def test_push_under_way_stops_when_the_gate_shuts(
    world: World,
    server: Server,
    postgres_dsn: str,
    meta: Meta,
    params: DeliveryParams,
    wait_until: Wait,
) -> None:
    for number in range(9):
        world.join(number)
    world.meta = replace(meta, params=replace(meta.params, requests_per_s=0.001, burst=3))

    with running(world, postgres_dsn, params, "pass") as flow:
        wait_until(lambda: server.sandbox.requests.get("add") == 1)
        flow.door.verdict = "hold"
        wait_until(lambda: world.pushes() == [("scheduled", "held")])

    assert server.sandbox.requests["add"] == 1
    assert flow.decisions() == [("push", "pass"), ("push", "hold")]
    world.meta = meta
    with running(world, postgres_dsn, params, "pass"):
        wait_until(lambda: world.pushes()[-1] == ("scheduled", "done"))
    assert server.only() == world.expected()


def test_deleting_is_done_whatever_the_gate_says(
    world: World, server: Server, postgres_dsn: str, params: DeliveryParams, wait_until: Wait
) -> None:
    world.join(1)
    with running(world, postgres_dsn, params, "pass") as flow:
        wait_until(lambda: world.pushes() == [("scheduled", "done")])
        flow.door.verdict = "block"
        world.conn.execute("UPDATE audiences SET status = 'deleting'")
        wait_until(lambda: world.column("SELECT status FROM audiences") == ["deleted"])

    assert server.lists() == []
    assert ("delete", "pass") in flow.decisions()


def test_two_processes_share_the_work_and_send_nothing_twice(
    world: World, server: Server, postgres_dsn: str, params: DeliveryParams, wait_until: Wait
) -> None:
    for number in range(30):
        world.join(number)

    with running(world, postgres_dsn, params, "pass"), running(world, postgres_dsn, params, "pass"):
        wait_until(lambda: ("scheduled", "done") in world.pushes())

    assert server.only() == world.expected()
    assert server.sandbox.requests["create"] == 1
    assert server.sandbox.requests["add"] == 10
