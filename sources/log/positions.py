"""This process's view of the log: which partitions it reads, and the next position of each.

Positions come from Postgres when a partition is assigned, after `reset`, and after the connection
was lost; in between they follow the batches that were handed out. They are a cursor, not the truth:
the truth is the fence that UNIFY moves in its transaction. A cursor before it costs a batch that is
fenced off and read again. One past it would leave records unread until something new comes: it is
there once Postgres has crashed and lost UNIFY's newest commits, which do not wait for the disk. A
crash ends every connection, so after that all cursors are read again.

Used from one thread, the one that runs the dataflow.
"""

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any, TypeVar

import psycopg

from domain.event import Batch
from store.errors import StoreUnavailable, is_away
from store.intake.offsets import CaughtUp, begin_at_origin, durable_positions, load_positions, touch
from store.workspaces.topics import topic_sources

R = TypeVar("R")
Connect = Callable[[], psycopg.Connection[Any]]


class Session:
    """One connection that is opened when needed and opened again after a failure.

    Args:
        connect: opens an autocommit connection.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._conn: psycopg.Connection[Any] | None = None

    @property
    def connected(self) -> bool:
        """Whether the connection that was used last still stands."""
        return self._conn is not None and not self._conn.closed

    def run(self, ask: Callable[[psycopg.Connection[Any]], R]) -> R:
        """Run one question of `store`.

        Raises:
            StoreUnavailable: no connection, or it broke, or the server does not work as it
                should (`store.errors`), as one that only reads; nothing is known about a write that
                was under way.
        """
        try:
            if self._conn is None or self._conn.closed:
                self._conn = self._connect()
            return ask(self._conn)
        except psycopg.Error as error:
            if not isinstance(
                error, psycopg.OperationalError | psycopg.InterfaceError
            ) and not is_away(error):
                raise
            self.close()
            raise StoreUnavailable(f"Postgres does not answer ({type(error).__name__})") from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


class Positions:
    """Assigned partitions and their cursors.

    Args:
        connect: opens an autocommit connection to Postgres.
    """

    def __init__(self, connect: Connect) -> None:
        self._session = Session(connect)
        self._next: dict[tuple[str, int], int | None] = {}

    def assign(self, log: str, partitions: Iterable[int]) -> None:
        """Add partitions; the cursor of a new one is unknown until `reload`."""
        for partition in partitions:
            self._next.setdefault((log, partition), None)

    def withdraw(self, log: str, partitions: Iterable[int]) -> None:
        """Forget partitions that this process no longer reads."""
        for partition in partitions:
            self._next.pop((log, partition), None)

    def keep(self, log: str, partitions: frozenset[int]) -> None:
        """Read exactly these partitions of the log from now on."""
        self.withdraw(log, self.assigned(log) - partitions)
        self.assign(log, partitions)

    def assigned(self, log: str) -> frozenset[int]:
        """Partitions of the log that this process reads."""
        return frozenset(partition for name, partition in self._next if name == log)

    def cursors(self, log: str) -> dict[int, int]:
        """Known cursors of the log: partition → next position to read."""
        return {
            partition: position
            for (name, partition), position in self._next.items()
            if name == log and position is not None
        }

    def _run(self, ask: Callable[[psycopg.Connection[Any]], R]) -> R:
        try:
            return self._session.run(ask)
        except StoreUnavailable:
            self._next = dict.fromkeys(self._next)
            raise

    def reset(self, log: str, partition: int) -> None:
        """Drop a cursor after a fenced batch: it is read from Postgres before continuing."""
        if (log, partition) in self._next:
            self._next[log, partition] = None

    def advance(self, batch: Batch) -> None:
        """Move the cursor past a batch that is handed out now."""
        self._next[batch.log, batch.partition] = batch.next

    def reload(self, only: Collection[tuple[str, int]] | None = None) -> list[tuple[str, int, int]]:
        """Read the cursors that are unknown.

        Args:
            only: (log, partition) pairs to look at; default all.

        Returns:
            (log, partition, position) of those that were unknown.

        Raises:
            StoreUnavailable: they stay unknown.
        """
        unknown: dict[str, list[int]] = {}
        for (log, partition), position in self._next.items():
            if position is None and (only is None or (log, partition) in only):
                unknown.setdefault(log, []).append(partition)
        loaded = []
        for log, partitions in unknown.items():
            found = self._run(partial(load_positions, log=log, partitions=partitions))
            for partition, position in sorted(found.items()):
                self._next[log, partition] = position
                loaded.append((log, partition, position))
        return loaded

    def create(self, log: str, partitions: Iterable[int]) -> None:
        """Make sure that partitions have a row, whoever reads them.

        Raises:
            StoreUnavailable: not done.
        """
        wanted = list(partitions)
        self._run(lambda conn: load_positions(conn, log, wanted))

    def begin_at_origin(self, log: str, partitions: Iterable[int], origin: str) -> list[int]:
        """Let partitions begin at 0 whose positions are of an earlier making of the log.

        See `store.intake.offsets.begin_at_origin`.

        Returns:
            Those partitions.

        Raises:
            StoreUnavailable: not confirmed as done.
        """
        wanted = list(partitions)
        return self._run(lambda conn: begin_at_origin(conn, log, wanted, origin))

    def touch(self, caught_up: Iterable[CaughtUp]) -> None:
        """Record how far partitions are caught up.

        Raises:
            StoreUnavailable: not recorded.
        """
        rows = list(caught_up)
        self._run(lambda conn: touch(conn, rows))

    def durable(self, log: str) -> dict[int, int]:
        """Processed positions of the assigned partitions that no crash can take back.

        Raises:
            StoreUnavailable: Postgres did not answer.
        """
        partitions = sorted(self.assigned(log))
        return (
            self._run(lambda conn: durable_positions(conn, log, partitions)) if partitions else {}
        )

    def topic_sources(self) -> dict[str, int]:
        """Registered topics: topic → source id.

        Raises:
            StoreUnavailable: Postgres did not answer.
        """
        return dict(self._run(topic_sources))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
