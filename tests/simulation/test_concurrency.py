"""The same histories with nothing simulated: several workers at once on one PostgreSQL, each
reading every partition."""

import threading

import psycopg
import pytest

from config.settings import Engine
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.simulation.histories import LOG, History, generate
from tests.simulation.postgres import PostgresWorld

WORKERS = 3


class _Worker(threading.Thread):
    """Reads every partition to its end, in batches, from wherever it stands; others do the same."""

    def __init__(self, world: PostgresWorld, number: int) -> None:
        super().__init__()
        self._world, self._number = world, number
        self.error: BaseException | None = None

    def run(self) -> None:
        history = self._world.history
        store = PostgresUnitOfWork(self._world.dsn, 1_000)
        unify = Unifier(
            store,
            Rules(history.identity, history.profile),
            Engine(),
            lambda _log, _partition: None,
            Clock(lambda: self._world.now_ms),
        )
        try:
            with psycopg.connect(self._world.dsn, autocommit=True) as connection:
                while self._step(connection, unify, history):
                    pass
        except BaseException as error:
            self.error = error
        finally:
            unify.close()

    def _step(self, connection: psycopg.Connection, unify: Unifier, history: History) -> bool:
        positions: dict[int, int] = dict(
            connection.execute(
                "SELECT partition, next_position FROM offsets WHERE log = %s", (LOG,)
            ).fetchall()
        )
        batches = [
            self._world.log.read(number, positions.get(number, 0), 1 + self._number)
            for number in range(history.partitions)
        ]
        left = [batch for batch in batches if batch is not None]
        for batch in left[self._number % max(1, len(left)) :]:
            unify(batch)
        return bool(left)


@pytest.mark.parametrize("seed", range(8))
def test_workers_that_race_for_every_batch_agree_with_the_oracle(
    postgres_dsn: str, seed: int
) -> None:
    world = PostgresWorld(generate(seed), seed, postgres_dsn, 0)
    try:
        workers = [_Worker(world, number) for number in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
            assert not worker.is_alive()
            assert worker.error is None
        assert all(
            world.log.read(number, world.positions(number), 1) is None
            for number in range(world.history.partitions)
        )
        assert world.complaints() == []
    finally:
        world.close()
