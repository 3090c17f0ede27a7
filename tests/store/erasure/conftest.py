"""People who are erased as by the engine, and what finishes it, on real servers."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
import redis

from config.settings import Settings
from dataflows.erasure.rounds import Rounds
from domain.keys import identifier_key
from domain.privacy.erasure import FOREVER_MS
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.conftest import TestWorkspace
from tests.store.conftest import Engine
from tests.support.erasing import Erased, erase


@dataclass
class Desk:
    """Erases people, and finishes it.

    Attributes:
        conn: in autocommit mode, apart from the one that finishes.
        clock: what takes the place of the monotonic clock, in s; move it.
    """

    settings: Settings
    workspace: TestWorkspace
    conn: psycopg.Connection[Any]
    client: redis.Redis
    rounds: Rounds
    clock: list[float] = field(default_factory=lambda: [0.0])
    erased: int = 0

    def key(self, kind: str, value: str) -> UUID:
        return UUID(bytes=identifier_key(self.workspace.salt, kind, value))

    def erase(self, *named: tuple[str, str], until_ms: int = FOREVER_MS) -> Erased:
        self.erased += 1
        keys = [self.key(*each) for each in named]
        salt, number = self.workspace.salt, self.erased
        return erase(self.conn, self.workspace.id, salt, keys, until_ms=until_ms, number=number)

    def finish(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.rounds.run_once()
            self.clock[0] += 3_600.0

    def complete(self) -> None:
        """Look until every erasure is complete; the log's server rewrites its file meanwhile."""
        deadline = time.monotonic() + 60
        while self.open():
            assert time.monotonic() < deadline, self.column("SELECT steps FROM erasures")
            self.finish()

    def open(self) -> int:
        return int(self.one("SELECT count(*) FROM erasures WHERE completed_at IS NULL"))

    def steps(self, erased: Erased) -> dict[str, Any]:
        return dict(self.one("SELECT steps FROM erasures WHERE command = %s", erased.command))

    def one(self, sql: str, *params: object) -> Any:
        row = self.conn.execute(sql.encode(), params).fetchone()
        assert row is not None
        return row[0]

    def column(self, sql: str, *params: object) -> list[Any]:
        return [row[0] for row in self.conn.execute(sql.encode(), params)]

    def actions(self) -> list[str]:
        return self.column("SELECT action FROM audit WHERE action LIKE 'erasure.%%' ORDER BY id")


def another(desk: Desk) -> Iterator[Rounds]:
    """What another process has."""
    dsn = desk.settings.postgres.dsn.get_secret_value()
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        closing(PostgresUnitOfWork(dsn, 0)) as engine,
    ):
        yield Rounds(desk.settings, conn, engine, desk.client, lambda: desk.clock[0])


@pytest.fixture
def desk(
    settings: Settings,
    workspace: TestWorkspace,
    engine: Engine,  # noqa: ARG001 - its partition is there before anybody looks
    valkey_url: str,
) -> Iterator[Desk]:
    """An empty workspace; events come by `engine`."""
    dsn, clock = settings.postgres.dsn.get_secret_value(), [0.0]
    with (
        psycopg.connect(dsn, autocommit=True) as conn,
        psycopg.connect(dsn, autocommit=True) as own,
        redis.Redis.from_url(valkey_url) as client,
        closing(PostgresUnitOfWork(dsn, 0)) as unit,
    ):
        rounds = Rounds(settings, own, unit, client, lambda: clock[0])
        yield Desk(settings, workspace, conn, client, rounds, clock)


@pytest.fixture
def other_rounds(desk: Desk) -> Iterator[Rounds]:
    yield from another(desk)
