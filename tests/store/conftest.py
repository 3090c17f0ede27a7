"""People for tests of the store: events go through UNIFY just as in the engine, and definitions are
published just as by the API."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
import pytest

from config.settings import Settings
from dataflows.unify.commits import Clock
from dataflows.unify.definitions import Rules
from dataflows.unify.unifier import Unifier
from domain.event import Batch, Record, Wake
from domain.intake.envelope import encode_event
from domain.segments.rule import Rule
from store.definitions import publish as publishing
from store.definitions import sweeps
from store.definitions.drafts import Author, Draft
from store.definitions.versions import create
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.conftest import TestWorkspace


@dataclass
class Engine:
    """One workspace with an engine at hand.

    Attributes:
        conn: an autocommit connection.
        now_ms: what the engine takes for now; move it.
    """

    workspace: int
    source: int
    conn: psycopg.Connection[Any]
    log: str
    unifier: Unifier
    clock: list[int]
    position: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def track(self, user: str, name: str, at_ms: int, **properties: Any) -> bytes:
        """One event of a user."""
        return self.event("track", user, at_ms, event=name, properties=properties)

    def event(self, kind: str, user: str, at_ms: int, **fields: Any) -> bytes:
        """One event of a user, of any kind."""
        body = {
            "type": kind,
            "messageId": f"m{next(self.numbers)}",
            "timestamp": at_ms,
            "userId": user,
            **fields,
        }
        return encode_event(self.source, max(at_ms, self.clock[0]), 0, msgspec.json.encode(body))

    def feed(self, *records: bytes) -> None:
        """Commit records as one batch."""
        rows = tuple(
            Record(self.position + index, 0, value, 0, self.clock[0])
            for index, value in enumerate(records)
        )
        self.unifier(Batch(self.log, 0, self.position, self.position + len(rows), rows))
        self.position += len(rows)

    def publish(self, name: str, rule: Rule) -> int:
        """Make a segment live; its id."""
        author = Author(self.workspace, "test", frozenset({"user_id", "email", "phone"}))
        with self.conn.transaction():
            made = create(
                self.conn, author, "segment", Draft(msgspec.to_builtins(rule), "advertising", name)
            )
            publishing.publish_segment(self.conn, author, made)
        return made

    def sweep(self) -> None:
        """Run every sweep that is ordered to its end."""
        while (sweep := sweeps.running(self.conn)) is not None:
            people = sweeps.page(self.conn, sweep, None, 100_000)
            if people:
                self.unifier(Wake(tuple(people), self.clock[0], sweep.revision))
            assert sweeps.finish(self.conn, sweep) == (0, False)

    def members(self, segment: int) -> set[str]:
        """Users in a segment."""
        sql = """
            SELECT i.value FROM memberships m JOIN identifiers i USING (profile_id)
                WHERE m.segment_id = %s AND i.kind = 'user_id'
        """
        return {value for (value,) in self.conn.execute(sql, (segment,))}


@pytest.fixture
def engine(settings: Settings, workspace: TestWorkspace) -> Iterator[Engine]:
    """The default workspace, empty."""
    dsn, clock = settings.postgres.dsn.get_secret_value(), [1_790_000_000_000]
    unifier = Unifier(
        PostgresUnitOfWork(dsn, settings.engine.cache_people),
        Rules(settings.identity, settings.profile),
        settings.engine,
        lambda *_: None,
        Clock(lambda: clock[0]),
    )
    unifier.leave_traces()
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 0)",
            (settings.log.name,),
        )
        yield Engine(workspace.id, workspace.source_id, conn, settings.log.name, unifier, clock)
    unifier.close()
