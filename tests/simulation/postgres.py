"""The simulated world on real PostgreSQL: the same histories and schedules, the engine's own unit
of work with its cache."""

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

import msgspec
import psycopg

from domain.changes import Changes, LoadedState
from domain.event import Fence
from domain.ids import ProfileId
from domain.profiles.profile import Person
from domain.segments.definition import WorkspaceDefinitions, spec_key
from domain.segments.rule import encode_rule
from operators.unify.read_set import ReadSet
from oracle.tables import Rules, Totals
from oracle.verification import differences
from store import locks
from store.definitions.load import Registry, load_registry
from store.errors import StoreUnavailable
from store.profiles.verify import PostgresTables, snapshot
from store.unify.outcomes import Conflict, Outcome
from store.unify.unit_of_work import PostgresUnitOfWork
from tests.simulation.histories import LOG, History
from tests.simulation.memory import Sweep
from tests.simulation.world import World


class PausingUnitOfWork(PostgresUnitOfWork):
    """The engine's unit of work, with pauses where other workers get in.

    Contending workers do not wait for their turn: here they take turns on one thread, and waiting
    would be for ever.
    """

    def __init__(self, dsn: str, cache_people: int, pause: Callable[[], None]) -> None:
        super().__init__(dsn, cache_people)
        self._pause = pause

    def _breathe(self) -> None:
        try:
            self._pause()
        except StoreUnavailable:
            self._lost()
            raise

    def load(self, wanted: ReadSet) -> LoadedState:
        self._breathe()
        known = super().load(wanted)
        self._breathe()
        return known

    def load_components(
        self, known: LoadedState, people: Iterable[ProfileId]
    ) -> LoadedState | Conflict:
        answer = super().load_components(known, people)
        self._breathe()
        return answer

    def load_people(self, people: Iterable[ProfileId]) -> list[Person]:
        found = super().load_people(people)
        self._breathe()
        return found

    def load_histories(
        self,
        known: LoadedState,
        people: Collection[ProfileId],
        names: Iterable[tuple[str, str | None]],
    ) -> LoadedState | Conflict:
        self._breathe()
        answer = super().load_histories(known, people, names)
        self._breathe()
        return answer

    def serialize_retries(self, wanted: ReadSet, _attempt: int) -> None:
        self.forget(wanted)

    def release_contention_lock(self) -> None:
        pass

    def commit(self, changes: Changes, fence: Fence | None) -> Outcome:
        self._breathe()
        outcome = super().commit(changes, fence)
        self._breathe()
        return outcome


def install(connection: psycopg.Connection, registry: Registry) -> None:
    """Write a history's workspaces, sources and segments, nothing else, into an empty database."""
    connection.execute(
        "TRUNCATE workspaces, sources, segments, offsets, events, identifiers, profiles, links,"
        " merges, memberships CASCADE"
    )
    connection.execute("TRUNCATE changes, dead_letters, observations")
    connection.execute("TRUNCATE erasures, erased_identifiers, erased_messages CASCADE")
    for workspace, salt in registry.salts.items():
        connection.execute(
            "INSERT INTO workspaces (id, name, salt) VALUES (%s, %s, %s)",
            (workspace, f"workspace {workspace}", salt),
        )
    for source in registry.sources.values():
        connection.execute(
            "INSERT INTO sources (id, workspace_id, name, default_region) VALUES (%s, %s, %s, %s)",
            (
                source.id,
                source.workspace,
                f"source {source.id}",
                source.default_region,
            ),
        )
    connection.execute("TRUNCATE traits, rfm, aggregates, sweeps, definition_versions CASCADE")
    write_definitions(connection, registry)


def write_definitions(connection: psycopg.Connection, registry: Registry) -> None:
    """Make stored definitions those of a registry, as a publishing does: under the lock that
    commits share."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (locks.DEFINITIONS,))
        connection.execute("UPDATE definitions_revision SET revision = %s", (registry.revision,))
        connection.execute("UPDATE segments SET status = 'deleted'")
        connection.execute("UPDATE traits SET status = 'deleted'")
        connection.execute("UPDATE aggregates SET retired_at = now()")
        connection.execute("DELETE FROM rfm")
        for definitions in registry.definitions.values():
            _write_workspace(connection, definitions)


def _write_workspace(connection: psycopg.Connection, definitions: WorkspaceDefinitions) -> None:
    workspace = definitions.workspace
    connection.execute(
        "UPDATE workspaces SET time_zone = %s WHERE id = %s", (definitions.time_zone, workspace)
    )
    for segment in definitions.segments:
        connection.execute(
            "INSERT INTO segments (id, workspace_id, name, version, definition, purpose, revision,"
            " status) VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
            " definition = excluded.definition, purpose = excluded.purpose,"
            " revision = excluded.revision, status = excluded.status",
            (
                segment.id,
                workspace,
                f"segment {segment.id}",
                segment.version,
                None if segment.rule is None else encode_rule(segment.rule).decode(),
                segment.purpose,
                segment.revision,
                "paused" if segment.rule is None else "live",
            ),
        )
    for trait in definitions.traits:
        connection.execute(
            "INSERT INTO traits (workspace_id, name, version, definition, revision, status) VALUES"
            " (%s, %s, %s, %s::jsonb, %s, 'live')",
            (
                workspace,
                trait.name,
                trait.version,
                msgspec.json.encode(trait.rule).decode(),
                trait.revision,
            ),
        )
    if definitions.rfm is not None:
        rule = msgspec.json.encode(definitions.rfm.rule).decode()
        breaks = msgspec.json.encode(definitions.rfm.breaks).decode()
        connection.execute(
            "INSERT INTO rfm (workspace_id, version, definition, breaks, revision)"
            " VALUES (%s, %s, %s::jsonb, nullif(%s::jsonb, 'null'), %s)",
            (workspace, definitions.rfm.version, rule, breaks, definitions.rfm.revision),
        )
    for aggregate in definitions.aggregates:
        connection.execute(
            "INSERT INTO aggregates (id, workspace_id, spec) VALUES (%s, %s, %s::jsonb) ON CONFLICT"
            " (id) DO UPDATE SET retired_at = NULL",
            (_number(workspace, aggregate.id), workspace, spec_key(aggregate.spec).decode()),
        )


def _number(workspace: int, aggregate: int) -> int:
    """Aggregates are numbered per workspace in a registry of the simulation, and per database in a
    database."""
    return workspace * 1_000_000 + aggregate


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
        row = self._reader.execute(
            "SELECT next_position FROM offsets WHERE log = %s AND partition = %s", (LOG, partition)
        ).fetchone()
        return row[0] if row else 0

    def _due(self, now_ms: int) -> list[ProfileId]:
        rows = self._reader.execute(
            "SELECT id FROM profiles WHERE next_wake_at <= to_timestamp(%s / 1000.0) ORDER BY id",
            (now_ms,),
        ).fetchall()
        return [ProfileId(row[0].bytes) for row in rows]

    def edit(self) -> None:
        super().edit()
        write_definitions(self._reader, self.tables.registry)
        sweep = self.tables.sweeps[-1]
        self._reader.execute(
            "INSERT INTO sweeps (workspace_id, revision, aggregate_id, reason) VALUES (%s, %s, %s,"
            " 'an edit')",
            (sweep.workspace, sweep.revision, _number(sweep.workspace, sweep.aggregate)),
        )

    def page(self, sweep: Sweep) -> list[ProfileId]:
        found = self._reader.execute(
            "SELECT id FROM profiles WHERE workspace_id = %s AND id > %s ORDER BY id LIMIT %s",
            (sweep.workspace, UUID(bytes=sweep.cursor or bytes(16)), self.rng.choice((1, 2, 5))),
        )
        return [ProfileId(row[0].bytes) for row in found.fetchall()]

    def finish(self, sweep: Sweep) -> None:
        super().finish(sweep)
        done = "UPDATE sweeps SET status = 'done' WHERE workspace_id = %s AND revision = %s"
        self._reader.execute(done, (sweep.workspace, sweep.revision))

    def close(self) -> None:
        """Close every connection."""
        self._reader.close()
        for store in self._stores:
            store.close()

    def complaints(self) -> list[str]:
        """Every difference from the oracle, and an outbox that is not the sum of memberships."""
        found: list[str] = []
        with snapshot(self.dsn) as connection:
            registry = load_registry(connection)
            for workspace, definitions in registry.definitions.items():
                rules = Rules(
                    registry.salts[workspace],
                    self.history.identity,
                    self.history.profile,
                    definitions,
                    chunk=3,
                )
                found += map(
                    str,
                    differences(
                        PostgresTables(connection, workspace), rules, self.now_ms, Totals()
                    ),
                )
            unbalanced = connection.execute(
                "SELECT count(*) FROM (SELECT segment_id, profile_id, sum(delta) AS held FROM"
                " changes GROUP BY 1, 2) AS balance FULL JOIN memberships m USING (segment_id,"
                " profile_id) WHERE coalesce(held, 0) <> (m.version IS NOT NULL)::int"
            ).fetchone()
        if unbalanced != (0,):
            found.append(f"outbox: {unbalanced} memberships do not follow from it")
        return found
