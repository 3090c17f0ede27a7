"""Seeded lives of four audiences under faults: when all is quiet, every list equals the segment's
consenting members.

On the way nobody who withdrew is added again while the withdrawal stands: an addition is checked as
it reaches the platform.
"""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import psycopg
import pytest

from config.settings import Settings
from domain.activation.platforms import PLATFORM_NAMES
from sinks.activation import planning
from sinks.http.client import HttpParams, HttpRunner
from sinks.http.messages import Request, Response
from store.activation import concerned, withdrawals
from tests.conftest import TestWorkspace
from tests.integration.activation.places import Place, listening, values, wiring
from tests.integration.activation.world import CrashError, Engine, World, new_world

PEOPLE = 12
STEPS = 25
LINE = ("reset_before", "reset_after", "html", "error_500", "throttle")
OWN = {
    "meta": ("expired_token",),
    "google": ("expired_token", "bad_row", "failed", "deleted"),
    "tiktok": ("updating", "conflict", "duplicate", "deleted"),
    "snapchat": ("expired_token", "deleted"),
}
NEVER_LEFT = 30
"""Rounds within which everything must be quiet."""


@dataclass
class Watched:
    """A transport that may die, and that knows who must not be named in an addition."""

    inner: HttpRunner
    withdrawn: set[str]
    dies_in: int = -1

    def __call__(self, request: Request) -> Response:
        body = request.body
        adds = request.method == "POST" and (
            b'"action":"add"' in body or b"consent" in body or request.url.endswith("users")
        )
        assert not adds or not any(value.encode() in body for value in self.withdrawn), (
            "somebody who withdrew is added"
        )
        self.dies_in -= 1
        if self.dies_in == 0:
            raise CrashError
        return self.inner(request)


@dataclass
class Life:
    """One audience, driven at random."""

    place: Place
    world: World
    engine: Engine
    transport: Watched
    chance: random.Random

    def step(self) -> None:
        """Something happens, perhaps something goes wrong, and activation does some of its work."""
        self._happens()
        if self.chance.random() < 0.4:
            kind = self.chance.choice((*LINE, *OWN[self.place.name]))
            operation = (
                "add"
                if kind in {"bad_row", "failed", "updating", "conflict", "duplicate", "deleted"}
                else "any"
            )
            if operation == "add" or self.chance.random() < 0.7:
                self.place.fault(
                    kind, self.chance.choice(("add", "remove")) if operation == "add" else "any"
                )
        if self.chance.random() < 0.2:
            self.transport.dies_in = self.chance.randrange(1, 6)
        try:
            self._works(self.chance.randrange(8))
        except CrashError:
            self.engine.restart()
        self.transport.dies_in = -1

    def quiet(self) -> bool:
        """No faults, and whatever is left to do is done."""
        self.place.sandbox.faults.queue.clear()
        for _ in range(NEVER_LEFT):
            self.engine.now += timedelta(hours=1)
            self._withdraw()
            self.engine.drain()
            self.engine.confirm()
            if (
                self.world.column("SELECT 1 FROM audiences WHERE requested_at IS NOT NULL")
                or self._loose()
            ):
                self.engine.plan()
            elif self.world.column("SELECT 1 FROM push_requests WHERE status = 'accepted'") == []:
                return True
        return False

    def _happens(self) -> None:
        number, world = self.chance.randrange(PEOPLE), self.world
        match self.chance.randrange(6):
            case 0 | 1:
                world.join(number, f"{self.chance.randrange(10**9)}@example.com")
                self._granted(number)
            case 2 if number in world.people:
                world.leave(number)
            case 3 if number in world.people:
                row = world.people[number]
                world.withdraw(number)
                self.transport.withdrawn |= values([row])
            case 4 if len(world.people) >= 2:
                survivor, loser = self.chance.sample(sorted(world.people), 2)
                world.absorb(survivor, loser)

    def _granted(self, number: int) -> None:
        self.transport.withdrawn -= values([self.world.people[number]])

    def _works(self, requests: int) -> None:
        self._withdraw()
        if self.chance.random() < 0.6:
            self.engine.plan()
        for _ in range(requests):
            if self.engine.advance() is None:
                self.engine.now += timedelta(minutes=3)
        if self.chance.random() < 0.5:
            self.engine.now += timedelta(minutes=40)
            self.engine.confirm()

    def _withdraw(self) -> None:
        self.engine.withdraw()
        purposes = {self.world.meta.name: "advertising"}
        for found in withdrawals.outstanding(self.world.conn, purposes, -1e9):
            planning.plan_withdrawal(
                self.world.conn,
                found.audience_id,
                found.people,
                self.world.meta,
                0,
                self.engine.now,
            )

    def _loose(self) -> bool:
        sql = """
            SELECT 1 FROM audience_members WHERE state IN ('adding', 'removing')
            UNION ALL SELECT 1 FROM push_requests WHERE status = 'undone'
        """
        changed = self.world.conn.execute(
            "SELECT 1 FROM audiences a LEFT JOIN changes c ON c.segment_id = a.segment_id WHERE"
            " a.cursor_tx IS NULL OR c.tx >= a.cursor_tx"
        ).fetchone()
        return self.world.conn.execute(sql).fetchone() is not None or changed is not None


@pytest.fixture
def life(
    name: str,
    seed: int,
    postgres_dsn: str,
    workspace: TestWorkspace,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Life]:
    monkeypatch.setattr(concerned, "PAGE", 3)  # so that most plans take several pages
    with ExitStack() as opened:
        place = opened.enter_context(listening(name))
        conn = opened.enter_context(psycopg.connect(postgres_dsn, autocommit=True))
        http = opened.enter_context(HttpRunner(HttpParams()))
        settings = Settings.model_validate({name: place.settings})
        world = new_world(conn, workspace, settings.platforms[name].codec, account=place.account)
        transport = Watched(http, set())
        engine = Engine(world, transport, wire=lambda transport: wiring(settings)(transport)[name])
        yield Life(place, world, engine, transport, random.Random(seed))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", PLATFORM_NAMES)
def test_lists_end_equal_to_the_consenting_members(life: Life) -> None:
    for _ in range(STEPS):
        life.step()

    assert life.quiet()
    life.world.conn.execute("UPDATE audience_members SET state = 'adding' WHERE state = 'refused'")
    assert life.quiet()
    on_lists = set().union(*life.place.lists().values()) if life.place.lists() else set()
    assert on_lists == values(life.world.people.values())
    assert len(life.place.lists()) <= 1
