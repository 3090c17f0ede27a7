"""The simulated world on real PostgreSQL: the same histories and schedules, the engine's own unit of work with its cache."""

from collections.abc import Callable, Iterable

import psycopg
from psycopg.types.json import Jsonb

from domain.ids import ProfileId
from domain.profile import Person
from operators.changes import Changes, Known
from operators.unify import Needed
from oracle.verification import Rules, Totals, differences
from store.definitions import Registry, load_registry
from store.unit_of_work import Conflict, Fence, Outcome, PostgresUnitOfWork
from store.verify import PostgresTables, snapshot
from tests.simulation.histories import LOG, History
from tests.simulation.world import World


class PausingUnitOfWork(PostgresUnitOfWork):
    """The engine's unit of work, with pauses where other workers get in.

    Contending workers do not wait for their turn: here they take turns on one thread, and waiting would be for ever.
    """

    def __init__(self, dsn: str, cache_people: int, pause: Callable[[], None]) -> None:
        super().__init__(dsn, cache_people)
        self._breathe = pause

    def load(self, wanted: Needed) -> Known:
        self._breathe()
        known = super().load(wanted)
        self._breathe()
        return known

    def load_components(self, known: Known, people: Iterable[ProfileId]) -> Known | Conflict:
        answer = super().load_components(known, people)
        self._breathe()
        return answer

    def load_people(self, people: Iterable[ProfileId]) -> list[Person]:
        found = super().load_people(people)
        self._breathe()
        return found

    def contend(self, wanted: Needed, _attempt: int) -> None:
        self.forget(wanted)

    def calm(self) -> None:
        pass

    def commit(self, changes: Changes, fence: Fence | None) -> Outcome:
        self._breathe()
        outcome = super().commit(changes, fence)
        self._breathe()
        return outcome


def install(connection: psycopg.Connection, registry: Registry) -> None:
    """Write a history's workspaces, sources and segments, and nothing else, into an empty database."""
    connection.execute("TRUNCATE workspaces, sources, segments, offsets, events, identifiers, profiles, links, merges, memberships CASCADE")
    connection.execute("TRUNCATE changes, dead_letters, observations")
    for workspace, salt in registry.salts.items():
        connection.execute("INSERT INTO workspaces (id, name, salt) VALUES (%s, %s, %s)", (workspace, f"workspace {workspace}", salt))
    for source in registry.sources.values():
        connection.execute(
            "INSERT INTO sources (id, workspace_id, name, write_key_hash, default_region) VALUES (%s, %s, %s, %s, %s)",
            (source.id, source.workspace, f"source {source.id}", str(source.id).encode(), source.default_region),
        )
    for segment in (segment for segments in registry.segments.values() for segment in segments):
        connection.execute(
            "INSERT INTO segments (id, workspace_id, name, version, definition) VALUES (%s, %s, %s, %s, %s)",
            (segment.id, segment.workspace, f"segment {segment.id}", segment.version, Jsonb({"purpose": segment.purpose})),
        )


class PostgresWorld(World):
    """A world whose store is a database.

    Args:
        history: the workload.
        seed: of the schedule.
        dsn: an emptied database.
        cache_people: size of every worker's cache.
    """

    def __init__(self, history: History, seed: int, dsn: str, cache_people: int) -> None:
        self.dsn = dsn
        self._reader = psycopg.connect(dsn, autocommit=True)
        install(self._reader, history.registry)
        self._stores: list[PausingUnitOfWork] = []
        super().__init__(
            history,
            seed,
            connect=lambda pause: self._open(dsn, cache_people, pause),
            positions=self._position,
            due=self._due,
        )

    def _open(self, dsn: str, cache_people: int, pause: Callable[[], None]) -> PausingUnitOfWork:
        store = PausingUnitOfWork(dsn, cache_people, pause)
        self._stores.append(store)
        return store

    def _position(self, partition: int) -> int:
        row = self._reader.execute("SELECT next_position FROM offsets WHERE log = %s AND partition = %s", (LOG, partition)).fetchone()
        return row[0] if row else 0

    def _due(self, now_ms: int) -> list[ProfileId]:
        rows = self._reader.execute(
            "SELECT id FROM profiles WHERE next_wake_at <= to_timestamp(%s / 1000.0) ORDER BY id", (now_ms,)
        ).fetchall()
        return [ProfileId(row[0].bytes) for row in rows]

    def close(self) -> None:
        """Close every connection."""
        self._reader.close()
        for store in self._stores:
            store.close()

    def complaints(self) -> list[str]:
        """Every difference from the oracle, and an outbox that does not add up to the memberships."""
        found: list[str] = []
        with snapshot(self.dsn) as connection:
            registry = load_registry(connection)
            for workspace, segments in registry.segments.items():
                rules = Rules(registry.salts[workspace], self.history.identity, self.history.profile, segments, chunk=3)
                found += map(str, differences(PostgresTables(connection, workspace), rules, self.now_ms, Totals()))
            unbalanced = connection.execute(
                "SELECT count(*) FROM (SELECT segment_id, profile_id, sum(delta) AS held FROM changes GROUP BY 1, 2) AS balance"
                " FULL JOIN memberships m USING (segment_id, profile_id) WHERE coalesce(held, 0) <> (m.version IS NOT NULL)::int"
            ).fetchone()
        if unbalanced != (0,):
            found.append(f"outbox: {unbalanced} memberships do not follow from it")
        return found
