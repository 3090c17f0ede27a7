"""The engine, driven by hand: every worker's step at an instant that is given.

The steps are those of the dataflows – UNIFY, sweeps and wakes, signals, the gate and deliveries,
alerts, RFM – on connections of a database with a clock of its own (`cli.story.clock`).
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final, Self
from uuid import UUID

import psycopg

from cli.story.clock import StoryClock
from config.destinations import Wiring
from config.settings import Settings
from dataflows.alerts import evaluate_once
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier
from domain.event import Batch, Record, Wake
from domain.intake.envelope import encode_event
from local.story.traffic import Sent
from operators.signals.machine import HealthMachine
from sinks.activation.delivery import Delivery
from sinks.activation.destination import Destination
from sinks.activation.gate_step import GateStep
from sinks.activation.receipts import Confirmation
from sinks.activation.run import Activation
from sinks.gate import TrustGate
from sinks.http.client import HttpRunner
from sinks.signals import ReadingSink
from sources.activation.audiences import AudienceFeed, AudienceFeedParams
from sources.activation.receipts import ReceiptFeed
from sources.signals import MinutesFeed
from store.definitions import sweeps
from store.segments.rfm_refresh import RfmRefresh
from store.unify.unit_of_work import PostgresUnitOfWork
from store.unify.wakes import due_people

LOG: Final = "story"
"""Name of the log whose positions the story's records have; no worker reads one of this name."""
_TURNS: Final = 100
"""Most looks for something to deliver at one instant."""
_PAGE: Final = 1_000


class StoryEngine:
    """All workers in one thread.

    Args:
        dsn: how to connect to the story's database.
        settings: the engine's; platforms that are connected are delivered to.
        clock: the story's.
    """

    def __init__(self, dsn: str, settings: Settings, clock: StoryClock) -> None:
        self._settings = settings
        self._clock = clock
        self._open = ExitStack()
        self._position = 0
        self.conn = self._connect(dsn)
        self.conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 0)"
            " ON CONFLICT DO NOTHING",
            (LOG,),
        )
        self._unify = Unifier(
            PostgresUnitOfWork(dsn, settings.engine.cache_people),
            Rules(settings.identity, settings.profile),
            settings.engine,
            lambda *_: None,
            Clock(clock.now_ms),
        )
        self._open.callback(self._unify.close)
        self._minutes = MinutesFeed(self.conn, settings.signals, clock.now)
        self._machines: dict[str, HealthMachine] = {}
        url = settings.redis.url.get_secret_value()
        self._readings = ReadingSink(self.conn, url, settings.signals).build("story", 0, 1)
        self._rfm = RfmRefresh(settings.rfm)
        http = self._open.enter_context(HttpRunner(settings.delivery.http))
        wiring = Wiring(settings, http, None, clock.now, lambda _: None)
        destinations = wiring.destinations()
        self._lanes = [
            _Lane(self.conn, destinations, settings, clock, urgent=urgent)
            for urgent in (True, False)
        ]

    def _connect(self, dsn: str) -> psycopg.Connection[Any]:
        return self._open.enter_context(psycopg.connect(dsn, autocommit=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def take(self, sources: Mapping[str, int], records: Iterable[Sent]) -> None:
        """Let UNIFY commit records as one batch.

        Args:
            sources: name → id.
            records: in the order of their arrival.
        """
        self.take_encoded(
            encode_event(sources[one.source], one.at_ms, 0, one.message) for one in records
        )

    def take_encoded(self, values: Iterable[bytes]) -> None:
        """The same of records as they stand in the log."""
        now_ms = self._clock.now_ms()
        rows = tuple(
            Record(self._position + place, 0, value, 0, now_ms)
            for place, value in enumerate(values)
        )
        if rows:
            start, self._position = self._position, self._position + len(rows)
            self._unify(Batch(LOG, 0, start, self._position, rows, now_ms))

    def sweep(self) -> None:
        """Bring everybody up to the definitions, as a publishing orders it."""
        while (sweep := sweeps.running(self.conn)) is not None:
            while people := tuple(sweeps.page(self.conn, sweep, sweep.cursor, _PAGE)):
                before = self._unify.swept
                self._unify(Wake(people, self._clock.now_ms(), sweep.revision))
                cursor = UUID(bytes=people[-1])
                sweeps.move(self.conn, sweep, cursor, len(people), self._unify.swept - before)
                sweep = sweep._replace(cursor=cursor, visited=sweep.visited + len(people))
            sweeps.finish(self.conn, sweep)

    def wake(self) -> None:
        """Evaluate everybody whom the clock concerns."""
        while True:
            now_ms = self._clock.now_ms()
            due = due_people(self.conn, (LOG,), now_ms, 0, _PAGE)
            if due.ready:
                self._unify(Wake(due.ready, now_ms))
            if len(due.ready) < _PAGE:
                return

    def score(self) -> None:
        """Take RFM bounds where they are due."""
        while self._rfm.run_once(self.conn, self._clock.now_ms()) is not None:
            self.sweep()

    def read_signals(self) -> None:
        """Read every signal's health."""
        told = []
        for news in self._minutes.read():
            key = f"{news.workspace}:{news.signal}"
            if key not in self._machines:
                self._machines[key] = HealthMachine(self._settings.signals)
            machine = self._machines[key]
            told += [(key, output) for output in machine.on_event(news, news.now_ms)]
        if told:
            self._readings.write_batch(told)

    def deliver(self) -> None:
        """Ask the gate about what is due, and send what it lets pass."""
        for lane in self._lanes:
            lane.run()

    def alert(self) -> None:
        """Look for what is not as it should be."""
        evaluate_once(self.conn, self._settings.alerts, self._clock.now())


class _Lane:
    """One of activation's executions, over all platforms.

    Args:
        conn: in autocommit mode.
        destinations: by name of platform.
        settings: the engine's.
        clock: the story's.
        urgent: withdrawals and deletions, or everything else.
    """

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        destinations: dict[str, Destination],
        settings: Settings,
        clock: StoryClock,
        *,
        urgent: bool,
    ) -> None:
        params = settings.delivery
        platforms = {name: one.platform for name, one in destinations.items()}
        purposes = {name: platform.purpose for name, platform in platforms.items()}
        delivery = Delivery(conn, destinations, params, clock.now, lambda: 0.5)
        gate = TrustGate(conn, settings.gate)
        self._gate = GateStep(conn, gate, params.decision_interval, params.hold_interval, clock.now)
        self._activation = Activation(conn, platforms, delivery, self._gate, clock.now, timedelta())
        looks = AudienceFeedParams(
            purposes, urgent, params.poll_interval, params.outstanding_interval, params.failed_wait
        )
        self._due = AudienceFeed(conn, looks, clock.now)
        self._receipts = ReceiptFeed(
            conn, () if urgent else destinations.keys(), params.poll_interval, clock.now
        )
        self._confirm = Confirmation(conn, destinations, params.failed_wait, clock.now)

    def run(self) -> None:
        """Do what is due until nothing moves."""
        for _ in range(_TURNS):
            approved = [self._gate(task) for task in self._due.read()]
            sent = [self._activation(one) for one in approved if one is not None]
            if not any(sent):
                break
        for receipt in self._receipts.read():
            self._confirm(receipt)
