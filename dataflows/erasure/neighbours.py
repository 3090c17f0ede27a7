"""Takes erased identifiers out of other people's events, and recomputes these people.

A device that two people share is named in the events of both: those of whoever stays no longer
name what was erased of the other. An event is rewritten in the transaction that recomputes its
person, so that the person is always what their stored events say.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import psycopg
import structlog
from psycopg import errors

from dataflows.erasure.stopping import Check
from dataflows.recomputing import Recomputation
from domain.event import Event
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.privacy.erasure import NEVER_MS
from domain.stored import EventRow
from sources.intake.stored import UnreadableEventError
from store.erasure import neighbours, suppressed
from store.erasure.neighbours import Owner
from store.erasure.progress import OpenErasure
from store.profiles.repair import (
    StalePersonError,
    read_events,
    read_person,
    write_person,
)

logger = structlog.get_logger(__name__)

_RETRIES: Final = 20
_IN_THE_WAY: Final = (errors.SerializationFailure, errors.DeadlockDetected, StalePersonError)


class Rewritten(NamedTuple):
    """What was done for some erasures.

    Attributes:
        done: erasures of which nothing is left to do; the others are to be tried again.
        people: who were recomputed.
        unreadable: how many people have an event that the rules of today do not read.
    """

    done: set[UUID]
    people: list[ProfileId]
    unreadable: int


class Neighbours:
    """Rewrites events of others.

    Args:
        connection: of the engine, with its staging tables (`store.unify.unit_of_work`).
        recomputation: reads events and recomputes people.
        event_page: events read at once.
        check: asked between two people.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        recomputation: Recomputation,
        event_page: int,
        check: Check,
    ) -> None:
        self._connection = connection
        self._recomputation = recomputation
        self._event_page = event_page
        self._check = check

    def __call__(self, erasures: Sequence[OpenErasure]) -> "Rewritten":
        """Rewrite what names erased identifiers of these erasures.

        Raises:
            BrokenOffError: the process ends.
            psycopg.OperationalError: the server does not answer.
        """
        until: dict[IdentifierKey, int] = {}
        for each in erasures:
            for key in each.neighbours:
                until[key] = max(until.get(key, NEVER_MS), each.until_ms)
        left: set[IdentifierKey] = set()
        written: list[ProfileId] = []
        unreadable = 0
        for owner in neighbours.owners(self._connection, until):
            self._check()
            try:
                written += [owner.profile] * self._mend(owner, until)
            except _IN_THE_WAY:
                left.update(owner.leaves)
            except UnreadableEventError:
                # The step stays open: their profile may still hold what is erased.
                logger.warning("neighbour_unreadable", hint="rules that read their events")
                left.update(owner.leaves)
                unreadable += 1
        done = {each.command for each in erasures if left.isdisjoint(each.neighbours)}
        return Rewritten(done, written, unreadable)

    def _mend(self, owner: Owner, until: dict[IdentifierKey, int]) -> bool:
        """Rewrite a person's events; whether there were any.

        Raises:
            StalePersonError: others kept being in the way.
        """
        self._recomputation.know(self._connection, owner.workspace)
        found = [key for leaf in owner.leaves for key in self._naming(owner, leaf, until[leaf])]
        if not found:
            return False
        for attempt in range(_RETRIES):
            try:
                with self._connection.transaction():
                    self._rewrite_person(owner, found)
            except _IN_THE_WAY:
                time.sleep(0.02 * (attempt + 1))
            else:
                return True
        raise StalePersonError("others kept being in the way")

    def _naming(self, owner: Owner, leaf: IdentifierKey, until_ms: int) -> Iterator[MessageKey]:
        """Events of a leaf that name anything that was erased."""
        pages = neighbours.events_until(self._connection, leaf, until_ms, self._event_page)
        for rows in pages:
            read = [event for row in rows if (event := self._read(owner.workspace, row))]
            yield from (event.message_key for event, _ in self._erased_in(read))

    def _erased_in(self, events: Sequence[Event]) -> Iterator[tuple[Event, set[IdentifierKey]]]:
        """Those events that name something erased, with what they may not name."""
        keys = {item.key for event in events for item in event.identifiers[1:]}
        until = suppressed.identifiers(self._connection, keys) if keys else {}
        for event in events:
            named = {
                item.key
                for item in event.identifiers[1:]
                if until.get(item.key, NEVER_MS) >= event.occurred_ms
            }
            if named:
                yield event, named

    def _read(self, workspace: WorkspaceId, row: EventRow) -> Event | None:
        try:
            return self._recomputation.event(workspace, row)
        except UnreadableEventError:
            return None

    def _rewrite_person(self, owner: Owner, found: Sequence[MessageKey]) -> None:
        """Rewrite events and recompute the person, inside a transaction."""
        connection = self._connection
        self._recomputation.refresh(connection)
        stored = read_person(connection, owner.workspace, owner.profile, lock=True)
        if stored is None or not set(owner.leaves) <= stored.remains.identifiers.keys():
            raise StalePersonError(owner.profile)
        named: list[set[IdentifierKey]] = []
        for start in range(0, len(found), self._event_page):
            rows = neighbours.events_of(connection, found[start : start + self._event_page])
            named += self._rewrite_events(owner.workspace, rows)
        rebuilt = self._recomputation.person(
            owner.workspace, stored, read_events(connection, owner.profile)
        )
        write_person(connection, rebuilt)
        neighbours.count(connection, named)

    def _rewrite_events(
        self, workspace: WorkspaceId, rows: Sequence[EventRow]
    ) -> Iterable[set[IdentifierKey]]:
        """Rewrite events; what each of them named."""
        read = [event for row in rows if (event := self._read(workspace, row))]
        named = list(self._erased_in(read))
        kept: list[Event] = []
        dropped: list[MessageKey] = []
        for event, keys in named:
            erased = [item for item in event.identifiers if item.key in keys]
            after = self._recomputation.without(event, erased)
            if after is not None and after.type == event.type:
                kept.append(after)
            else:
                dropped.append(event.message_key)
        neighbours.rewrite(self._connection, kept)
        neighbours.drop(self._connection, dropped)
        return [keys for _, keys in named]
