"""The real gate on real pushes: sizes, confirmed first pushes, releases, overrides, frozen – and
withdrawals that go through all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.gate import Code, Mode
from domain.instants import to_ms
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from operators.gate.params import GateParams
from sinks.activation.gate_step import GateStep
from sinks.activation.preview import preview_judged
from sinks.activation.run import Activation
from sinks.gate import TrustGate
from store.activation import due, withdrawals
from store.gate import commands
from store.gate.commands import Actor
from store.signals import observations
from store.signals.signals import write_readings
from tests.integration.activation.test_operator_consent import state
from tests.integration.activation.world import Engine, Server, World

PARAMS = GateParams(recover_readings=1, least_people=3, cool_down=timedelta())


@dataclass
class Door:
    """Activation under the real gate, step by step, with a clock that a test turns."""

    engine: Engine
    gate_step: GateStep
    activation: Activation
    tells: bool = True

    @property
    def world(self) -> World:
        return self.engine.world

    def feed(self, score: float = 95.0) -> None:
        """The workspace's source was heard, and reads like this."""
        now = self.engine.now
        status = Status.HEALTHY if score >= 70 else Status.UNHEALTHY
        with self.world.conn.transaction():
            minute_ms = int(now.timestamp()) // 60 * 60_000
            observations.add(
                self.world.conn,
                [(self.world.workspace, "source:1", minute_ms, 0, metrics.ACCEPTED, 100.0)],
            )
            read_ms = to_ms(now)
            write_readings(
                self.world.conn,
                [Reading(self.world.workspace, "source:1", read_ms, score, status, 1_000)],
            )

    def push(self) -> tuple[str, list[str]]:
        """Ask for a push, and do all that may be done; the last decision about a push."""
        self.engine.now += timedelta(minutes=5)
        if self.tells:
            self.feed()
        self.world.conn.execute("UPDATE audiences SET requested_at = now() WHERE status = 'active'")
        while self._step():
            pass
        sql = "SELECT verdict, codes FROM decisions WHERE action = 'push' ORDER BY id DESC LIMIT 1"
        found = self.world.conn.execute(sql).fetchone()
        assert found is not None
        return found[0], list(found[1])

    def sick(self) -> None:
        """From now on the source is unhealthy."""
        self.tells = False
        self.engine.now += timedelta(minutes=5)
        self.feed(10)
        self.engine.now -= timedelta(minutes=5)

    def _step(self) -> bool:
        tasks = due.work(self.world.conn, ["meta"], self.engine.now, timedelta())
        done = False
        for task in tasks:
            permitted = self.gate_step(task)
            done = done or (permitted is not None and self.activation(permitted) is not None)
        return done

    def withdraw(self) -> None:
        """Do what withdrawals ask for."""
        for task in withdrawals.touched(self.world.conn, "0", {"meta": "advertising"}):
            permitted = self.gate_step(task)
            assert permitted is not None
            self.activation(permitted)
        while any(
            task.push_kind == "urgent"
            for task in due.work(self.world.conn, ["meta"], self.engine.now, timedelta())
        ):
            (work,) = (
                one
                for one in due.work(self.world.conn, ["meta"], self.engine.now, timedelta())
                if one.push_kind == "urgent"
            )
            permitted = self.gate_step(work)
            assert permitted is not None
            self.activation(permitted)

    @property
    def actor(self) -> Actor:
        return Actor(self.world.workspace, "key:1", timedelta(days=7))

    def until(self) -> datetime:
        return self.engine.now + timedelta(hours=1)

    def confirm(self) -> None:
        commands.confirm_first(self.world.conn, self.actor, self.world.audience, self.engine.now)

    def release(self) -> int:
        return commands.release(
            self.world.conn,
            self.actor,
            self.world.audience,
            "checked by hand",
            self.engine.now,
            self.until(),
        )


@pytest.fixture
def opened(engine: Engine) -> Callable[..., Door]:
    conn, platforms = engine.world.conn, {"meta": engine.world.meta}

    def now() -> datetime:
        return engine.now

    def make(**params: Any) -> Door:
        gate_step = GateStep(
            conn,
            TrustGate(conn, GateParams(**(vars(PARAMS) | params))),
            timedelta(),
            timedelta(),
            now,
        )
        return Door(engine, gate_step, Activation(conn, platforms, engine.delivery, gate_step, now))

    return make


@pytest.fixture
def door(opened: Callable[..., Door]) -> Door:
    return opened()


def settled(door: Door, people: int) -> None:
    """A list of so many people, pushed after confirmation."""
    for number in range(people):
        door.world.join(number)
    door.confirm()
    assert door.push() == ("pass", ["trusted"])
    assert [status for _, status in door.world.pushes()] == ["done"]


def test_the_first_push_waits_until_somebody_confirms_it(door: Door, server: Server) -> None:
    for number in range(5):
        door.world.join(number)
    assert door.push() == ("hold", ["first_sync"])
    assert server.lists() == []
    assert door.world.pushes() == []

    door.confirm()
    assert door.push() == ("pass", ["trusted"])
    assert server.only() == door.world.expected()
    size = door.world.conn.execute("SELECT size FROM decisions ORDER BY id DESC LIMIT 1").fetchone()
    assert size == ({"before": 0, "adds": 5, "removes": 0, "first": True, "confirmed": True},)


def test_a_push_of_nobody_is_not_the_first_one(door: Door, server: Server) -> None:
    assert door.push() == ("pass", ["trusted"])
    for number in range(5):
        door.world.join(number)
    assert door.push() == ("hold", ["first_sync"])
    door.confirm()
    assert door.push() == ("pass", ["trusted"])
    assert server.only() == door.world.expected()


def test_mass_removal_is_blocked_until_it_is_released_and_only_once(
    door: Door, server: Server
) -> None:
    settled(door, 10)
    for number in range(4):
        door.world.leave(number)
    assert door.push() == ("block", ["mass_removal"])
    assert len(server.only()) == 10

    release = door.release()
    assert door.push() == ("pass", ["released", "mass_removal"])
    assert server.only() == door.world.expected()
    used = door.world.conn.execute(
        "SELECT r.id, p.kind FROM gate_releases r JOIN pushes p ON p.id = r.push_id"
    ).fetchall()
    assert used == [(release, "manual")]

    for number in range(4, 8):
        door.world.leave(number)
    assert door.push() == ("block", ["mass_removal"])


def test_people_whose_row_is_only_spelled_anew_neither_come_nor_go(
    door: Door, server: Server
) -> None:
    settled(door, 10)
    for number in range(6):
        door.world.join(number, f"other{number}@example.com")
    assert door.push() == ("pass", ["trusted"])
    assert server.only() == door.world.expected()


def test_withdrawn_people_do_not_count_as_a_mass_removal(door: Door, server: Server) -> None:
    settled(door, 10)
    for number in range(5):
        door.world.withdraw(number)
    assert door.push() == ("pass", ["trusted"])
    assert server.only() == door.world.expected()


def withdraws(world: World, number: int) -> None:
    world.withdraw(number)


def is_restricted(world: World, number: int) -> None:
    state(world, number, kind="restriction", purpose="ANY_USE", state="refused")
    world.people.pop(number)


@pytest.mark.parametrize("leaves", [withdraws, is_restricted])
def test_frozen_holds_pushes_and_not_withdrawals(
    door: Door, server: Server, leaves: Callable[[World, int], None]
) -> None:
    settled(door, 5)
    commands.set_mode(
        door.world.conn,
        door.actor,
        Mode.FROZEN,
        commands.Terms("workspace", "moving house"),
        door.engine.now,
    )
    door.world.join(8)
    leaves(door.world, 1)
    gone = door.world.expected() - {door.world.people[8]}
    assert door.push()[0] == "hold"
    door.withdraw()
    assert server.only() == gone

    commands.set_mode(
        door.world.conn,
        door.actor,
        Mode.ENFORCE,
        commands.Terms("workspace", "we are there"),
        door.engine.now,
    )
    assert door.push() == ("pass", ["trusted"])
    assert server.only() == door.world.expected()


def advise(door: Door) -> None:
    commands.set_mode(
        door.world.conn,
        door.actor,
        Mode.ADVISORY,
        commands.Terms("platform:meta", "first weeks", door.until()),
        door.engine.now,
    )


def test_advisory_sends_withdrawals_and_nothing_else_and_records_what_would_have_been_done(
    door: Door, server: Server
) -> None:
    settled(door, 5)
    advise(door)
    door.world.join(8)
    door.world.withdraw(1)
    gone = door.world.expected() - {door.world.people[8]}
    assert door.push() == ("hold", ["advisory", "trusted"])
    assert door.world.conn.execute(
        "SELECT would, size FROM decisions ORDER BY id DESC LIMIT 1"
    ).fetchone() == (
        "pass",
        {"before": 5, "adds": 1, "removes": 0, "first": False, "confirmed": True},
    )
    door.withdraw()
    assert server.only() == gone
    for number in range(2, 5):
        door.world.leave(number)
    assert door.push() == ("hold", ["advisory", "mass_removal"])
    assert door.world.column(
        "SELECT would FROM decisions WHERE action = 'push' ORDER BY id DESC LIMIT 1"
    ) == ["block"]
    assert server.only() == gone
    commands.set_mode(
        door.world.conn,
        door.actor,
        Mode.ENFORCE,
        commands.Terms("platform:meta", "tried"),
        door.engine.now,
    )
    door.release()
    assert door.push() == ("pass", ["released", "mass_removal"])
    assert server.only() == door.world.expected()


def test_advisory_never_sends_an_audience_that_nobody_confirmed(door: Door, server: Server) -> None:
    door.world.join(1)
    advise(door)
    assert door.push() == ("hold", ["advisory", "first_sync"])
    assert (server.lists(), door.world.pushes()) == ([], [])


def test_an_override_ends_by_itself(door: Door, server: Server) -> None:
    settled(door, 5)
    door.sick()
    until = door.engine.now + timedelta(minutes=7)
    commands.override(
        door.world.conn,
        door.actor,
        [Code.UNHEALTHY],
        commands.Terms("workspace", "known cause", until),
        door.engine.now,
    )
    door.world.join(8)
    assert door.push() == ("pass", ["overridden", "unhealthy"])
    assert server.only() == door.world.expected()
    door.world.join(9)
    door.sick()
    assert door.push() == ("block", ["unhealthy"])


def test_where_two_persons_are_needed_a_release_waits_for_the_second(
    opened: Callable[..., Door], server: Server
) -> None:
    door = opened(two_persons=True)
    settled(door, 5)
    door.sick()
    door.world.join(8)
    release = door.release()
    assert door.push() == ("block", ["unhealthy"])
    other = Actor(door.world.workspace, "key:2", timedelta(days=7))
    assert commands.approve(door.world.conn, other, "release", release)
    door.sick()
    assert door.push() == ("pass", ["released", "unhealthy"])
    assert server.only() == door.world.expected()


def test_a_held_plan_leaves_nothing_behind(door: Door) -> None:
    """The outbox stays where it is: what was held is planned with what came since."""
    settled(door, 10)
    before = door.world.column("SELECT cursor_tx::text FROM audiences")
    for number in range(5):
        door.world.leave(number)
    assert door.push()[0] == "block"
    assert door.world.column("SELECT cursor_tx::text FROM audiences") == before
    assert door.world.column("SELECT count(*) FROM audience_members WHERE state <> 'present'") == [
        0
    ]
    for number in range(5):
        door.world.join(number)
    assert door.push() == ("pass", ["trusted"])


def test_a_preview_says_what_the_gate_would_say_of_this_very_push(door: Door) -> None:
    settled(door, 10)
    for number in range(5):
        door.world.leave(number)
    for number in range(6, 9):
        door.world.join(number, f"other{number}@example.com")
    before = door.world.column("SELECT count(*) FROM decisions")
    found = preview_judged(
        door.world.conn, door.world.audience, door.world.meta, PARAMS, door.engine.now
    )
    assert found is not None
    preview, judged = found
    assert (preview.adds, preview.removes, preview.come, preview.go) == (3, 8, 0, 5)
    assert judged.decision.codes == (Code.MASS_REMOVAL,)
    assert door.world.column("SELECT count(*) FROM decisions") == before
