"""UNIFY's unit of work on PostgreSQL: load what a batch names, commit it in one transaction.

Optimistic: every person's row carries a version, and a commit changes only the versions that were
read. Fenced: the partition's next position moves in the same transaction, from the value that the
batch started at. Nothing else makes processing exactly-once.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

import psycopg
from psycopg import errors

from domain.changes import Changes, LoadedState
from domain.event import Fence
from domain.ids import IdentifierKey, ProfileId
from domain.profiles.profile import Person, decode_person, encode_person
from operators.unify.read_set import ReadSet
from store import locks
from store.connection import connect_engine
from store.errors import StoreUnavailable, is_away
from store.unify import erasures, requests, sql, withdrawals
from store.unify.loading import Loader
from store.unify.outcomes import DEFINITIONS, Committed, Conflict, Fenced, Outcome
from store.unify.postgres_reads import PostgresReads
from store.unify.reads import LaterRow

T = TypeVar("T")

_MESSAGES: Final = frozenset({"events_message_key", "erased_messages_pkey", "erasures_pkey"})
"""Unique indexes that find out a duplicate."""
CONTENDED_AFTER: Final = 3
"""Retries after which a batch takes the contention lock."""


class UnitOfWork(Protocol):
    """What UNIFY asks of a store.

    PostgreSQL and the simulation's in-memory store pass the same battery.
    """

    def load(self, read_set: ReadSet) -> LoadedState:
        """What is stored of the identifiers, pairs and messages."""

    def load_components(
        self, loaded: LoadedState, people: Iterable[ProfileId]
    ) -> "LoadedState | Conflict":
        """`loaded`, with the whole components of some people.

        Conflict where somebody has changed since it was loaded.
        """

    def load_around(
        self, loaded: LoadedState, keys: AbstractSet[IdentifierKey]
    ) -> "LoadedState | Conflict":
        """`loaded`, with all links of some identifiers, and the components of those at their ends.

        Conflict where somebody has changed since it was loaded.
        """

    def load_later(self, leaves: Iterable[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        """The stored events of leaves from after an instant each, ms."""

    def load_people(self, people: Iterable[ProfileId]) -> list[Person]:
        """People by id, those that exist."""

    def load_histories(
        self,
        loaded: LoadedState,
        people: Collection[ProfileId],
        names: Iterable[tuple[str, str | None]],
    ) -> "LoadedState | Conflict":
        """`loaded`, with some people's leaves and their events of these types and names.

        Conflict where somebody has changed since.
        """

    def forget(self, read_set: ReadSet) -> None:
        """Drop the cached entries of a batch, after a conflict."""

    def commit(self, changes: Changes, fence: Fence | None) -> Outcome:
        """Store everything, or nothing."""

    def rehearse(self, changes: Changes, fence: Fence) -> None:
        """Raise what a commit would raise because of what is written, and store nothing."""


class PostgresUnitOfWork:
    """`UnitOfWork` on PostgreSQL, with a cache of people.

    Args:
        dsn: libpq connection string.
        cache_people: people to cache.
        message_check_batches: after a batch with duplicates, ask for stored messages in advance for
            this many batches; otherwise a duplicate is found out by the unique index, at the price
            of a second try.
    """

    def __init__(self, dsn: str, cache_people: int, message_check_batches: int = 64) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection | None = None
        self._loader = Loader(
            PostgresReads(lambda: self.connection), cache_people, message_check_batches
        )
        self._contending = False

    @property
    def connection(self) -> psycopg.Connection:
        """The connection, opened when needed.

        Raises:
            StoreUnavailable: the server does not answer, or the connection broke in silence, as at
                the end of a transaction: what was decided from the cache must be decided again.
        """
        if self._connection is not None and self._connection.closed:
            raise self._lost()
        if self._connection is None:
            try:
                self._connection = connect_engine(self._dsn)
                for statement in sql.STAGING:
                    self._connection.execute(statement)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                raise StoreUnavailable("cannot connect to PostgreSQL") from error
        return self._connection

    def close(self) -> None:
        """Close the connection and forget what was read on it; the next call opens a new one.

        Commits do not wait for the disk, so the server that answers next may have lost the newest,
        and another worker may have used the versions of people that they stored.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._contending = False
        self._loader.forget_all()

    def load(self, read_set: ReadSet) -> LoadedState:
        """Read what a batch names: from the cache, and the rest in one round trip.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return self._loader.load(read_set)

    def load_components(
        self, loaded: LoadedState, people: Iterable[ProfileId]
    ) -> LoadedState | Conflict:
        """Read people's whole components, including everyone whom facts connect, as of one instant.

        Args:
            loaded: what was loaded for the batch; extended and answered.
            people: ids of stored people.

        Returns:
            `loaded`, or Conflict where somebody has changed since it was loaded.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return loaded if self._loader.components(loaded, people) else Conflict("component")

    def load_around(
        self, loaded: LoadedState, keys: AbstractSet[IdentifierKey]
    ) -> LoadedState | Conflict:
        """Read all links of identifiers, and the components of everybody at their ends.

        Args:
            loaded: what was loaded for the batch; extended and answered.
            keys: of identifiers, stored or not.

        Returns:
            `loaded`, or Conflict where somebody has changed since it was loaded.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return loaded if self._loader.around(loaded, keys) else Conflict("component")

    def load_later(self, leaves: Iterable[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        """Read stored events from after an erasure.

        Args:
            leaves: identifiers that received them, each with the instant, ms.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return self._loader.later(leaves)

    def load_people(self, people: Iterable[ProfileId]) -> list[Person]:
        """Read people by id, those that exist, fresh from the database.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return [decode_person(row.doc) for row in self._loader.people(people)]

    def load_histories(
        self,
        loaded: LoadedState,
        people: Collection[ProfileId],
        names: Iterable[tuple[str, str | None]],
    ) -> LoadedState | Conflict:
        """Read what aggregates that people lack are built from, as of one instant.

        Returns:
            `loaded`, or Conflict where somebody has changed since it was loaded.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return loaded if self._loader.histories(loaded, people, names) else Conflict("history")

    def read(self, query: Callable[[psycopg.Connection], T]) -> T:
        """Run a small query on this connection.

        Raises:
            StoreUnavailable: the server does not answer.
        """
        with self._asking():
            return query(self.connection)

    def serialize_retries(self, read_set: ReadSet, attempt: int) -> None:
        """Prepare a retry after a conflict: forget the cached people.

        From the third retry on, hold the contention lock.

        Contending workers hold it from the load to the commit, so their retries are serialised and
        each of them succeeds.
        """
        self.forget(read_set)
        if attempt + 1 == CONTENDED_AFTER:
            self.read(
                lambda connection: connection.execute(
                    "SELECT pg_advisory_lock(%s)", (locks.CONTENTION,)
                )
            )
            self._contending = True

    def release_contention_lock(self) -> None:
        """Release the lock on contended retries after the batch is committed."""
        if self._contending:
            self._contending = False
            self.read(
                lambda connection: connection.execute(
                    "SELECT pg_advisory_unlock(%s)", (locks.CONTENTION,)
                )
            )

    def forget(self, read_set: ReadSet) -> None:
        """Drop the cached entries of a batch's identifiers, after a conflict."""
        self._loader.forget(read_set)

    def commit(self, changes: Changes, fence: Fence | None) -> Outcome:
        """Store everything that a batch does, or nothing.

        Args:
            changes: from `operators.unify.batch`.
            fence: the batch's place in its partition; None for wakes, which have none.

        Returns:
            Committed, Conflict (load again, recompute), or Fenced (drop the batch).

        Raises:
            StoreUnavailable: the connection broke; the fence of the next try shows whether the
                transaction took effect.
            psycopg.Error: the database refuses a value.
        """
        packed = [
            (person, encode_person(person))
            for person in sorted(changes.people, key=lambda person: person.id)
        ]
        try:
            outcome = self._transact(changes, packed, fence)
        except errors.UniqueViolation as error:
            if error.diag.constraint_name in _MESSAGES:
                self._loader.expect_duplicates()
            return Conflict(f"unique:{error.diag.constraint_name}")
        except (errors.SerializationFailure, errors.DeadlockDetected) as error:
            return Conflict(type(error).__name__)
        except psycopg.Rollback as error:
            raise self._lost() from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not is_away(error):
                raise
            raise self._lost() from error
        if outcome == Conflict(erasures.MESSAGE):
            self._loader.expect_duplicates()
        if isinstance(outcome, Committed):
            self._loader.cache_commit(changes, packed)
        return outcome

    def rehearse(self, changes: Changes, fence: Fence) -> None:
        """Write everything that a commit would write, and take it back.

        Raises:
            StoreUnavailable: the connection broke.
            Exception: whatever the commit would raise because of what is written; conflicts are
                none of it.
        """
        packed = [
            (person, encode_person(person))
            for person in sorted(changes.people, key=lambda person: person.id)
        ]
        try:
            with self.connection.transaction(force_rollback=True):
                self._write(changes, packed, fence)
        except (errors.UniqueViolation, errors.SerializationFailure, errors.DeadlockDetected):
            return
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not is_away(error):
                raise
            raise self._lost() from error

    def _transact(
        self, changes: Changes, packed: list[tuple[Person, bytes]], fence: Fence | None
    ) -> Outcome:
        """Write in a transaction; raises Rollback where that cannot be ended on the connection."""
        with self.connection.transaction():
            outcome = self._write(changes, packed, fence)
            if not isinstance(outcome, Committed):
                raise psycopg.Rollback
        return outcome

    def _write(
        self, changes: Changes, packed: list[tuple[Person, bytes]], fence: Fence | None
    ) -> Outcome:
        cursor = self.connection.cursor()
        if not sql.definitions_are_current(cursor, changes.revision):
            return Conflict(DEFINITIONS)
        if fence is not None and not sql.move_fence(cursor, fence):
            position = sql.next_position(cursor, fence.log, fence.partition)
            return Fenced(position)
        withdrawals.lock_files(cursor, changes)
        stale = (
            erasures.write(cursor, changes)
            or sql.write_people(cursor, changes, packed)
            or sql.write_identity(cursor, changes)
        )
        if stale:
            return Conflict(stale)
        sql.write_facts(cursor, changes, fence)
        withdrawals.revoke_exports(cursor, changes)
        requests.settle(cursor, changes)
        stale = erasures.stale(cursor, changes)
        return Conflict(stale) if stale else Committed()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise self._lost() from error

    def _lost(self) -> StoreUnavailable:
        self.close()
        return StoreUnavailable("PostgreSQL does not answer")
