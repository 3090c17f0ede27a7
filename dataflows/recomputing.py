"""Recomputes one stored person from their events, by the definitions and rules of today."""

import time
from collections.abc import Iterable, Iterator, Sequence

import psycopg

from domain.event import Event, Identifier
from domain.ids import WorkspaceId
from domain.policies import IdentityRules, ProfileRules
from domain.stored import EventRow
from operators.segments.compile_definitions import compile_sound
from operators.segments.program import Program
from operators.unify.rebuild import Rebuilt, fold_leaves, rebuild
from sources.intake.stored import StoredEventReader
from store.definitions.load import Registry, load_registry
from store.profiles.repair import Stored
from store.unify import sql


class Recomputation:
    """Reads stored events as the engine reads records, and folds people out of them.

    Args:
        identity: identifier rules.
        profile: profile rules.
        registry: definitions to begin with.
    """

    def __init__(self, identity: IdentityRules, profile: ProfileRules, registry: Registry) -> None:
        self._identity = identity
        self._profile = profile
        self._registry = registry
        self._programs: dict[WorkspaceId, Program] = {}
        self._read = StoredEventReader({}, {}, identity, profile)
        self._take(registry)

    def _take(self, registry: Registry) -> None:
        self._registry = registry
        self._programs = {
            number: compile_sound(live)[0] for number, live in registry.definitions.items()
        }
        self._read = StoredEventReader(
            registry.sources, registry.salts, self._identity, self._profile
        )

    def salt(self, workspace: WorkspaceId) -> bytes:
        """A workspace's salt."""
        return self._registry.salts[workspace]

    def refresh(self, connection: psycopg.Connection) -> None:
        """Take the definitions as they are now, and keep others from publishing meanwhile.

        Args:
            connection: of the engine, inside the transaction that will write a person.
        """
        if not sql.definitions_are_current(connection.cursor(), self._registry.revision):
            self._take(load_registry(connection))

    def know(self, connection: psycopg.Connection, workspace: WorkspaceId) -> None:
        """Load the definitions where the workspace is newer than they are."""
        if workspace not in self._registry.salts:
            self._take(load_registry(connection))

    def event(self, workspace: WorkspaceId, row: EventRow) -> Event:
        """Read a stored event; instants and message key are the stored ones.

        Raises:
            UnreadableEventError: it is none.
        """
        return self._read(workspace, row)

    def without(self, event: Event, erased: Sequence[Identifier]) -> Event | None:
        """Read an event again as if it had never named some identifiers.

        Returns:
            The event with its JSON rewritten; None where that cannot be.
        """
        return self._read.without(event, erased)

    def person(self, workspace: WorkspaceId, stored: Stored, events: Iterable[EventRow]) -> Rebuilt:
        """Recompute a person as of now.

        Args:
            workspace: tenant.
            stored: the person, as read in the transaction that will write them.
            events: theirs.

        Raises:
            UnreadableEventError: the person cannot be recomputed.
        """
        program = self._programs[workspace]
        read: Iterator[Event] = (self.event(workspace, row) for row in events)
        leaves = fold_leaves(read, program, self._profile)
        now_ms = time.time_ns() // 1_000_000
        return rebuild(stored.remains, leaves, program, self._profile, now_ms)
