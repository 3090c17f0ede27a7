"""Recomputes one stored person from their events, by the definitions and rules of today."""

import time
from collections.abc import Iterable, Iterator

import msgspec
import psycopg

from domain.event import Batch, Event, Record
from domain.ids import SourceId, WorkspaceId
from domain.intake.envelope import encode_event
from domain.policies import IdentityRules, ProfileRules
from operators.segments.compile_definitions import compile_sound
from operators.segments.program import Program
from operators.unify.rebuild import Rebuilt, fold_leaves, rebuild
from sources.intake.decode import Decoder
from store.definitions.load import Registry, SourceRow, load_registry
from store.profiles.repair import EventRow, Stored
from store.unify import sql


class UnreadableEventError(Exception):
    """A stored event is none by the rules of today."""


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
        self._decoder = Decoder({}, {}, identity, profile, stored=True)
        self._take(registry)

    def _take(self, registry: Registry) -> None:
        self._registry = registry
        self._programs = {
            number: compile_sound(live)[0] for number, live in registry.definitions.items()
        }
        self._decoder = Decoder(
            registry.sources, registry.salts, self._identity, self._profile, stored=True
        )

    def salt(self, workspace: WorkspaceId) -> bytes:
        """A workspace's salt."""
        return self._registry.salts[workspace]

    def region(self, source: int) -> str:
        """The default region of a source; empty for one that is no more."""
        row = self._registry.sources.get(source)
        return "" if row is None else row.default_region

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
        self._know_source(workspace, row.source)
        value = encode_event(row.source, row.received_ms, 0, row.payload, row.message_key.hex())
        (item,) = self._decoder(Batch("stored", 0, 0, 1, (Record(0, 0, value),)))
        if not isinstance(item, Event):
            raise UnreadableEventError(
                f"its event {row.message_key.hex()} is unreadable by the rules of today"
            )
        return msgspec.structs.replace(
            item,
            message_key=row.message_key,
            occurred_ms=row.occurred_ms,
            received_ms=row.received_ms,
        )

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

    def _know_source(self, workspace: WorkspaceId, source: SourceId) -> None:
        """Sources that are no more have no region."""
        if source not in self._registry.sources:
            row = SourceRow(source, workspace, self._registry.salts[workspace], "")
            sources = {**self._registry.sources, source: row}
            self._take(msgspec.structs.replace(self._registry, sources=sources))
