"""Several audiences under the real gate, on a platform that takes its time, with a hand that does
something at any point in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from domain.instants import to_ms
from domain.signals import metrics
from domain.signals.reading import Reading, Status
from operators.gate.params import GateParams
from sinks.activation.delivery import Delivery
from sinks.activation.destination import Destination
from sinks.activation.gate_step import GateStep
from sinks.activation.params import DeliveryParams
from sinks.activation.run import Activation
from sinks.ads.platform import Platform
from sinks.gate import TrustGate
from sinks.http.messages import Request, Response, Transport
from sinks.http.retry import RetryParams
from store.activation import due
from store.gate import commands
from store.gate.commands import Actor
from store.signals import observations
from store.signals.signals import write_readings
from tests.conftest import TestWorkspace
from tests.integration.activation.world import World, new_world, unhurried

PARAMS = GateParams(recover_readings=1, cool_down=timedelta(), swing=100.0)
EXCHANGE = timedelta(seconds=8)
"""What one exchange with the platform takes, by the desk's own clock."""


@dataclass
class Desk:
    """One activation process, poll by poll: everything due is asked for first, then done, as the
    flow does it.

    Attributes:
        worlds: the audiences.
        inner: what sends requests.
        now: the process's clock; every exchange takes eight seconds of it.
        score: what the source's next readings say; None: nobody reads it any more.
        before: called before an exchange, with its number; the request has begun by then.
        after: called when its answer is there, before that is noted.
        adds: numbers of the exchanges that added people.
        answers: what the platform says to an exchange instead of doing it, by its number.
    """

    conn: psycopg.Connection[Any]
    worlds: list[World]
    inner: Transport
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    score: float | None = 95.0
    before: Callable[[int], None] = lambda _: None
    after: Callable[[int], None] = lambda _: None
    seen: int = 0
    adds: list[int] = field(default_factory=list)
    answers: dict[int, Response] = field(default_factory=dict)
    params: GateParams = PARAMS
    wire: Callable[[Transport], Destination] | None = None

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """A process begins: it knows nothing but what is stored."""
        paced, platform = unhurried(self.exchange), self.worlds[0].meta
        destination = self.wire(self.exchange) if self.wire else Destination(platform, paced, paced)
        destinations = {platform.name: destination}
        delivery = Delivery(
            self.conn,
            destinations,
            DeliveryParams(retry=RetryParams(attempts=4)),
            self.clock,
            lambda: 0.0,
        )
        self.gate_step = GateStep(
            self.conn,
            TrustGate(self.conn, self.params),
            timedelta(minutes=1),
            timedelta(),
            self.clock,
        )
        self.activation = Activation(
            self.conn, {platform.name: platform}, delivery, self.gate_step, self.clock
        )

    def clock(self) -> datetime:
        return self.now

    def exchange(self, request: Request) -> Response:
        """One exchange with a slow platform, while the signals process continues reading."""
        self.seen += 1
        number = self.seen
        if request.adds:
            self.adds.append(number)
        self.before(number)
        response = self.answers.pop(number, None) or self.inner(request)
        self.now += EXCHANGE
        self.feed()
        self.after(number)
        return response

    def feed(self) -> None:
        """The source of the workspace was heard, and is read."""
        if self.score is None:
            return
        workspace, now_ms = self.worlds[0].workspace, to_ms(self.now)
        status = Status.HEALTHY if self.score >= 70 else Status.UNHEALTHY
        observations.add(
            self.worlds[0].conn,
            [(workspace, "source:1", now_ms // 60_000 * 60_000, 0, metrics.ACCEPTED, 100.0)],
        )
        write_readings(
            self.worlds[0].conn, [Reading(workspace, "source:1", now_ms, self.score, status, 1_000)]
        )

    def poll(self) -> bool:
        """Ask for everything that is due, then do what may be done; whether anything may."""
        self.feed()
        name = self.worlds[0].meta.name
        permitted = [
            self.gate_step(task) for task in due.work(self.conn, [name], self.now, timedelta())
        ]
        for one in permitted:
            if one is not None:
                self.activation(one)
        return any(one is not None for one in permitted)

    def run(self) -> None:
        """Continue until nothing may be done any more."""
        for _ in range(100):
            if not self.poll():
                return
            self.now += timedelta(seconds=1)
        raise AssertionError("it never ends")

    @property
    def actor(self) -> Actor:
        return Actor(self.worlds[0].workspace, "key:1", timedelta(days=7))

    def statuses(self) -> set[str]:
        """How the newest push of each audience stands."""
        return {world.pushes()[-1][1] for world in self.worlds if world.pushes()}


def audiences(
    conn: psycopg.Connection[Any],
    workspace: TestWorkspace,
    platform: Platform,
    count: int,
    people: int,
    name: str,
) -> list[World]:
    """Some audiences with people in them, first pushes confirmed, nothing pushed yet."""
    worlds = [new_world(conn, workspace, platform, f"{name}{number}-") for number in range(count)]
    for world in worlds:
        for number in range(people):
            world.join(number)
        actor = Actor(world.workspace, "key:1", timedelta(days=7))
        commands.confirm_first(conn, actor, world.audience, datetime.now(UTC))
    return worlds
