"""A seeded world: several workers over one log and one store, where anything may happen between two
statements.

A worker's step is the real shell around UNIFY (`dataflows.unify.unifier`) with the real loading and
cache, run against a store that calls `pause` between its statements. There the world may run whole
steps of other workers, cut the connection, or kill this one. One random generator decides
everything: a seed is a reproduction.
"""

import random
from collections.abc import Callable
from typing import Any, Final, cast

from config.settings import Engine
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier
from domain.event import Batch, Record, Wake
from domain.ids import ProfileId
from store.errors import StoreUnavailable
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.simulation.editing import changed_definitions, finish, publish
from tests.simulation.histories import LIVE_MS, LOG, SPAN_MS, T0, History
from tests.simulation.memory import MemoryTables, MemoryUnitOfWork, Sweep

STEP_LIMIT: Final = 20_000


class Crash(BaseException):
    """kill -9: nothing catches it but the world."""


class StuckError(AssertionError):
    """The log does not get empty."""


class Log:
    """A partitioned log with gaps between positions, several records per entry."""

    def __init__(self, history: History, rng: random.Random) -> None:
        self.partitions: list[list[Record]] = [[] for _ in range(history.partitions)]
        for append in history.appends:
            records = self.partitions[append.partition]
            if records and rng.random() < 0.3:
                records.append(
                    Record(records[-1].position, records[-1].index + 1, append.value, 0, T0)
                )
            else:
                position = (records[-1].position if records else -1) + rng.choice((1, 1, 7))
                records.append(Record(position, 0, append.value, 0, T0))

    def read(self, partition: int, start: int, count: int) -> Batch | None:
        """Whole entries from a position on; None at the end."""
        records = [record for record in self.partitions[partition] if record.position >= start]
        if not records:
            return None
        last = records[min(count, len(records)) - 1].position
        taken = tuple(record for record in records if record.position <= last)
        return Batch(LOG, partition, start, last + 1, taken)


class World:
    """Workers, log, store and clock of one run.

    Args:
        history: the workload.
        seed: of the schedule.
        connect: makes one worker's unit of work, given `pause`; default the in-memory store.
        positions: reads a partition's stored next position; default from memory.
        due: people whose wake has come; default from memory.
    """

    def __init__(
        self,
        history: History,
        seed: int,
        connect: Callable[[Callable[[], None]], Any] | None = None,
        positions: Callable[[int], int] | None = None,
        due: Callable[[int], list[Any]] | None = None,
    ) -> None:
        self.rng = random.Random(seed)
        self.history = history
        self.tables = MemoryTables(history.registry)
        self.log = Log(history, self.rng)
        self._connect = connect or self._open_memory
        self.positions = positions or (
            lambda partition: self.tables.offsets.get((LOG, partition), 0)
        )
        self.due = due or self.tables.due
        self.now_ms = T0 if history.live else T0 + self.rng.randrange(SPAN_MS)
        self.latest_ms = self.now_ms
        self.steps = 0
        self.chaos = True
        self.crash_share = self.rng.choice((0.0, 0.005) if history.live else (0.0, 0.02, 0.1))
        self.cut_share = self.rng.choice((0.0, 0.005) if history.live else (0.0, 0.02, 0.1))
        self.edit_share = self.rng.choice((0.0, 0.03, 0.1))
        self.switch_share = self.rng.choice((0.1, 0.3, 0.5))
        self.pace = self.rng.choice((1, 20))
        self.sizes = self.rng.choice(((1, 1, 2, 3, 5, 20), (1, 1, 1, 2)))
        self.wake_share = self.rng.choice((0.5, 0.5, 0.2) if history.live else (0.2,))
        self.loyalty = self.rng.choice((0.95, 0.95, 0.0) if history.live else (0.0,))
        self.workers = [
            _Worker(self, number)
            for number in range(self.rng.choice((2, 2, 3) if history.live else (1, 2, 3)))
        ]

    def connect(self) -> PostgresUnitOfWork:
        return cast("PostgresUnitOfWork", self._connect(self.between_statements))

    def _open_memory(self, pause: Callable[[], None]) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(
            self.tables,
            pause,
            cache_people=self.rng.choice((1_000, 1_000, 2) if self.history.live else (0, 2, 1_000)),
            check_batches=self.rng.choice((1, 64)),
        )

    def clock_ms(self) -> int:
        """The wall clock as some worker sees it: it moves on, and sometimes jumps.

        At the end it stands still.
        """
        if self.chaos:
            self.now_ms += self.rng.choice((0, 0, 1, 40, 400)) * self.pace
            if self.rng.random() < 0.03:
                self.now_ms += self.rng.randrange(-30_000, 30_000)
            elif self.rng.random() < 0.03:
                # Where many a wake is due to the millisecond.
                self.now_ms = T0 + self.rng.randrange(150) * 1_000
            self.latest_ms = max(self.latest_ms, self.now_ms)
        return self.now_ms

    def pause(self) -> None:
        """Somewhere between two statements of a worker."""
        if not self.chaos:
            return
        if self.rng.random() < self.crash_share:
            raise Crash
        if self.rng.random() < self.edit_share / 20:
            self.edit()
        if self.rng.random() < self.switch_share:
            idle = [worker for worker in self.workers if not worker.busy]
            if idle:
                self.rng.choice(idle).step()

    def between_statements(self) -> None:
        """Somewhere between two statements of a worker, whose connection may break there.

        Raises:
            StoreUnavailable: it broke; where that happens after a commit, nobody knows what became
                of it.
        """
        self.pause()
        if self.chaos and self.rng.random() < self.cut_share:
            raise StoreUnavailable("cut")

    def run(self) -> None:
        """Process the log in disorder, then in quiet until nothing is left and nobody is due."""
        for _ in range(len(self.history.appends) * 2):
            self.rng.choice(self.workers).step()
            if self.rng.random() < self.edit_share:
                self.edit()
        self.chaos = False
        self.settle()
        for later_ms in (1_000, 10_000, 20_000, 100_000):
            if self.rng.random() < 0.4:
                self.latest_ms += later_ms - self.latest_ms % 1_000
                self.settle()

    def settle(self) -> None:
        """Work until the world is quiet."""
        self.now_ms = self.latest_ms
        while not self.quiet():
            self.rng.choice(self.workers).step()

    def quiet(self) -> bool:
        """Whether everything is read and nobody is due."""
        read = all(
            self.log.read(number, self.positions(number), 1) is None
            for number in range(self.history.partitions)
        )
        return (
            read and not self.due(self.now_ms) and all(sweep.done for sweep in self.tables.sweeps)
        )

    def page(self, sweep: Sweep) -> list[ProfileId]:
        """The next people that a sweep visits."""
        people = sorted(
            profile
            for profile in self.tables.people
            if profile > sweep.cursor and self.tables.workspace_of[profile] == sweep.workspace
        )
        return people[: self.rng.choice((1, 2, 5))]

    def finish(self, sweep: Sweep) -> None:
        """A sweep has visited everybody."""
        finish(self.tables, sweep)

    def edit(self) -> None:
        """Somebody publishes, edits, pauses or deletes a definition."""
        workspace = self.rng.choice(sorted(self.tables.registry.definitions))
        publish(
            self.tables, changed_definitions(self.rng, self.tables.registry.definitions[workspace])
        )


class _Worker:
    """One process: its own connection and its own belief of where the partitions stand."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._number = number
        self.busy = False
        self._start()

    def _start(self) -> None:
        world = self._world
        history = world.history
        self._positions: dict[int, int] = {}
        self._unify = Unifier(
            world.connect(),
            Rules(history.identity, history.profile),
            Engine(),
            self._fenced,
            Clock(world.clock_ms, lambda _seconds: self._breathe()),
        )

    def _fenced(self, _log: str, partition: int) -> None:
        self._positions.pop(partition, None)

    def _breathe(self) -> None:
        self._world.steps += 1
        if self._world.steps > STEP_LIMIT:
            raise StuckError("a batch conflicts for ever")
        self._world.pause()

    def step(self) -> None:
        """One batch or one round of wakes."""
        world = self._world
        world.steps += 1
        if world.steps > STEP_LIMIT:
            raise StuckError("the log does not get empty")
        self.busy = True
        try:
            share = world.rng.random()
            if share < world.wake_share and self._may_wake():
                self._wake()
            elif share > 0.85 and self._may_wake():
                self._sweep()
            else:
                self._batch()
        except Crash:
            self._start()
        finally:
            self.busy = False

    def _may_wake(self) -> bool:
        """Anybody, or mostly one worker: whoever holds the lock."""
        return not self._number or self._world.rng.random() >= self._world.loyalty

    def _wake(self) -> None:
        world = self._world
        due = world.due(world.clock_ms())
        if due:
            self._unify(Wake(tuple(due), world.now_ms))

    def _sweep(self) -> None:
        sweep = next((sweep for sweep in self._world.tables.sweeps if not sweep.done), None)
        if sweep is None:
            return
        page = self._world.page(sweep)
        if page:
            self._unify(Wake(tuple(page), self._world.clock_ms(), sweep.revision))
            sweep.cursor = max(sweep.cursor, page[-1])
        elif not sweep.done:
            self._world.finish(sweep)

    def _partition(self) -> int:
        """Any partition, or one of the worker's own, as leases give them out."""
        world = self._world
        own = range(self._number, world.history.partitions, len(world.workers))
        if own and world.rng.random() < world.loyalty:
            return world.rng.choice(own)
        return world.rng.randrange(world.history.partitions)

    def _batch(self) -> None:
        world = self._world
        partition = self._partition()
        position = self._positions.get(partition)
        if position is None:
            position = self._positions[partition] = world.positions(partition)
        batch = world.log.read(partition, position, world.rng.choice(world.sizes))
        if batch is not None and world.history.live and world.chaos:
            world.now_ms += LIVE_MS * len(batch.records)
            world.latest_ms = max(world.latest_ms, world.now_ms)
        if batch is not None and self._unify(batch):
            self._positions[partition] = batch.next
        elif batch is None:
            self._positions.pop(partition, None)
