"""An in-memory store with PostgreSQL's transactional rules: all or nothing, unique keys, versions
and offsets checked.

`MemoryTables` is what has been committed; it also answers the oracle's questions. Every worker has
its own `MemoryUnitOfWork`: the engine's own loading and cache (`store.unify.loading`) over
statements on these tables. Between the statements of a load, and around a commit, `pause` is
called: there the simulation runs other workers, cuts the connection, or kills this one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from domain.changes import Change, Changes, Counted, Erasure, HistoryEvent, LoadedState, Merge
from domain.event import Command, Event, Fence
from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId, WorkspaceId
from domain.link import Link, Pair
from domain.privacy.erasure import FOREVER_MS, Erased
from domain.profiles.profile import Person, decode_person, encode_person
from domain.stored import EventRow, StoredEvent, StoredIdentifier, StoredMembership, StoredPerson
from operators.unify.backfill import history_event
from operators.unify.read_set import ReadSet
from store.definitions.load import Registry
from store.errors import StoreUnavailable
from store.unify.erasures import IDENTIFIER, MESSAGE
from store.unify.loading import Loader
from store.unify.outcomes import DEFINITIONS, Committed, Conflict, Fenced, Outcome
from store.unify.reads import LaterRow, MemberRow, Named, Owned, PersonRow

T = TypeVar("T")
_FOUND_DUPLICATE = (
    Conflict("unique:events_message_key"),
    Conflict("unique:erased_messages_pkey"),
    Conflict(MESSAGE),
)


class BrokenError(AssertionError):
    """The core asked for something that a database would let pass and that must never happen."""


@dataclass
class Sweep:
    """A walk over everybody of a workspace, as the table of sweeps has it."""

    workspace: WorkspaceId
    revision: int
    aggregate: int
    cursor: bytes = b""
    done: bool = False


class MemoryTables:
    """Everything committed."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.offsets: dict[tuple[str, int], int] = {}
        self.events: dict[MessageKey, Event | Command] = {}
        self.identifiers: dict[IdentifierKey, StoredIdentifier] = {}
        self.owned: dict[ProfileId, set[IdentifierKey]] = defaultdict(set)
        self.workspace_of: dict[ProfileId, WorkspaceId] = {}
        self.people: dict[ProfileId, tuple[int, bytes]] = {}
        self.versions: dict[ProfileId, int] = {}
        self.links: dict[Pair, Link] = {}
        self.links_of: dict[IdentifierKey, set[Pair]] = defaultdict(set)
        self.memberships: dict[tuple[SegmentId, ProfileId], int] = {}
        self.sweeps: list[Sweep] = []
        self.outbox: list[Change] = []
        self.merges: list[Merge] = []
        self.dead_letters: dict[tuple[str, int, int, int], str] = {}
        self.observed: dict[Counted, float] = defaultdict(float)
        self.duplicates = 0
        self.ever: set[ProfileId] = set()
        self.erased: dict[IdentifierKey, Erased] = {}
        self.erased_messages: dict[MessageKey, WorkspaceId] = {}
        self.erasures: list[Erasure] = []
        self.forgotten: set[ProfileId] = set()

    def snapshot(self, workspace: WorkspaceId) -> "WorkspaceTables":
        """One workspace as the oracle reads it."""
        return WorkspaceTables(self, workspace)

    def due(self, now_ms: int) -> list[ProfileId]:
        """People whose next instant of change has come."""
        return sorted(
            profile
            for profile, (_, doc) in self.people.items()
            if 0 < decode_person(doc).wake_ms <= now_ms
        )

    def commit(self, changes: Changes, fence: Fence | None) -> Outcome:
        if fence is not None:
            position = self.offsets.get((fence.log, fence.partition), 0)
            if position != fence.start:
                return Fenced(position)
        refused = (
            DEFINITIONS if changes.revision != self.registry.revision else self._refuse(changes)
        )
        if refused:
            return Conflict(refused)
        if fence is not None:
            self.offsets[fence.log, fence.partition] = fence.next
        self._erase(changes)
        self._write_people(changes)
        self._write_identity(changes)
        self._write_facts(changes, fence)
        return Committed()

    def _refuse(self, changes: Changes) -> str:
        gone = dict(changes.gone)
        touched = [person.id for person in changes.people] + list(gone)
        stored = {profile: version for profile, (version, _) in self.people.items()}
        for person in changes.people:
            if person.id not in changes.replaced:
                if person.id in stored:
                    return "unique:profiles_pkey"
            elif stored.get(person.id) != changes.replaced[person.id]:
                return "person"
        if any(stored.get(profile) != version for profile, version in gone.items()):
            return "person"
        if len(set(touched)) != len(touched):
            raise BrokenError("one person twice in one commit")
        fresh = [row.identifier.key for row in changes.identifiers]
        if len(set(fresh)) != len(fresh):
            raise BrokenError("one new identifier twice in one commit")
        freed = {key for erasure in changes.erasures for key in erasure.stored}
        claimed = {key for erasure in changes.erasures for key in erasure.entries} - freed
        if not freed <= self.identifiers.keys() or any(
            key in self.identifiers for key in {*fresh, *claimed} - freed
        ):
            return "unique:identifiers_pkey"
        if any(event.message_key in self.events for event in changes.events):
            return "unique:events_message_key"
        named = {key for erasure in changes.erasures for key in erasure.keys}
        if any(link.pair in self.links and named.isdisjoint(link.pair) for link in changes.links):
            return "unique:links_pkey"
        changed = any(self.links.get(before.pair) != before for before, _ in changes.revised)
        return "link" if changed else self._refuse_erased(changes)

    def _refuse_erased(self, changes: Changes) -> str:
        suppressed = [message for _, message in changes.suppressed]
        if any(message in self.erased_messages for message in suppressed):
            return "unique:erased_messages_pkey"
        if any(message in self.events for message in suppressed) or any(
            event.message_key in self.erased_messages for event in changes.events
        ):
            return MESSAGE
        after = dict(self.erased)
        for erasure in changes.erasures:
            after |= _entries(after, erasure)
        keys = changes.judged_keys()
        found = {key: after[key].until_ms for key in keys & after.keys()}
        return "" if found == changes.judged else IDENTIFIER

    def _erase(self, changes: Changes) -> None:
        for erasure in changes.erasures:
            keys = set(erasure.keys)
            self.erased |= _entries(self.erased, erasure)
            for key in erasure.stored:
                row = self.identifiers.pop(key)
                self.owned[row.profile].discard(key)
            for pair in [pair for pair in self.links if not keys.isdisjoint(pair)]:
                del self.links[pair]
                for key in pair:
                    self.links_of[key].discard(pair)
            for message, event in list(self.events.items()):
                if (
                    isinstance(event, Event)
                    and event.identifiers[0].key in keys
                    and event.occurred_ms <= erasure.until_ms
                ):
                    del self.events[message]
                    self.erased_messages[message] = event.workspace
            gone = [m for m in self.merges if not keys.isdisjoint({m.survivor, m.other})]
            self.merges = [merge for merge in self.merges if merge not in gone]
            self.forgotten.update(erasure.people, *({m.survivor, m.other} for m in gone))
            self.memberships = {
                member: version
                for member, version in self.memberships.items()
                if member[1] not in erasure.people
            }
            self.erasures.append(erasure)
        self.erased_messages |= {message: work for work, message in changes.suppressed}

    def _write_people(self, changes: Changes) -> None:
        for profile, _ in changes.gone:
            del self.people[profile]
        for person in changes.people:
            if person.version <= self.versions.get(person.id, 0):
                raise BrokenError(
                    "a version that somebody may remember of an earlier person of this id"
                )
            self.versions[person.id] = person.version
            self.people[person.id] = person.version, encode_person(person)
            self.workspace_of[person.id] = person.workspace
            self.ever.add(person.id)

    def _own(self, key: IdentifierKey, profile: ProfileId) -> None:
        row = self.identifiers[key]
        self.owned[row.profile].discard(key)
        self.identifiers[key] = row._replace(profile=profile)
        self.owned[profile].add(key)

    def _write_identity(self, changes: Changes) -> None:
        for loser, survivor in changes.absorbed:
            for key in list(self.owned[loser]):
                self._own(key, survivor)
        for key, profile in changes.moves.items():
            self._own(key, profile)
        for key, leaf in changes.leaves.items():
            self.identifiers[key] = self.identifiers[key]._replace(leaf=leaf)
        for new in changes.identifiers:
            key, kind, value = new.identifier
            self.identifiers[key] = StoredIdentifier(key, kind, value, new.owner, new.leaf)
            self.owned[new.owner].add(key)
        for link in (*changes.links, *(after for _, after in changes.revised)):
            self.links[link.pair] = link
            self.links_of[link.a].add(link.pair)
            self.links_of[link.b].add(link.pair)
        for profile, _ in changes.gone:
            if self.owned[profile]:
                raise BrokenError("a person went and left identifiers behind")
        for person in changes.people:
            if IdentifierKey(person.id) not in self.owned[person.id]:
                raise BrokenError("a person without the identifier that names them")
        self.merges += changes.merges

    def _write_facts(self, changes: Changes, fence: Fence | None) -> None:
        for event in changes.events:
            self.events[event.message_key] = event
            if isinstance(event, Event) and any(
                one.key in self.erased and event.occurred_ms <= self.erased[one.key].until_ms
                for one in event.identifiers
            ):
                raise BrokenError("an event that names somebody who was erased")
        for change in changes.memberships:
            member = change.segment, change.profile
            if change.delta < 0:
                self.memberships.pop(member, None)
        for change in changes.memberships:
            if change.delta > 0:
                self.memberships[change.segment, change.profile] = change.version
        for segment, profile, version in changes.confirmed:
            if (segment, profile) not in self.memberships:
                raise BrokenError("a membership confirmed that is not there")
            self.memberships[segment, profile] = version
        self.outbox += changes.memberships
        for letter in changes.dead_letters:
            if fence is not None:
                self.dead_letters[fence.log, fence.partition, letter.position, letter.index] = (
                    letter.failure.reason
                )
        for counted, amount in changes.observed.items():
            self.observed[counted] += amount
        self.duplicates += changes.duplicates


def _entries(
    before: Mapping[IdentifierKey, Erased], erasure: Erasure
) -> dict[IdentifierKey, Erased]:
    """What is remembered after one command of the identifiers that it concerns."""
    found = {}
    for key, new in erasure.entries.items():
        old = before.get(key, new)
        found[key] = Erased(max(old.until_ms, new.until_ms), max(old.version, new.version))
    return found


class WorkspaceTables:
    """One workspace of `MemoryTables`, as `oracle.tables.Tables`."""

    def __init__(self, tables: MemoryTables, workspace: WorkspaceId) -> None:
        self._tables = tables
        self._workspace = workspace

    def _event(self, event: Event | Command) -> StoredEvent:
        if isinstance(event, Command):
            return StoredEvent(
                event.message_key,
                "",
                event.kind,
                event.identifiers_named[0],
                event.received_ms,
                event.received_ms,
                event.payload,
            )
        source = self._tables.registry.sources.get(event.source)
        region = source.default_region if source is not None else ""
        leaf = event.identifiers[0].key
        return StoredEvent(
            event.message_key,
            region,
            event.type,
            leaf,
            event.occurred_ms,
            event.received_ms,
            event.payload,
        )

    def events(self) -> Iterable[StoredEvent]:
        return [
            self._event(event)
            for event in self._tables.events.values()
            if event.workspace == self._workspace
        ]

    def events_of(
        self, leaves: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Iterable[StoredEvent]:
        wanted, named = set(leaves), set(messages)
        return [
            event for event in self.events() if event.leaf in wanted or event.message_key in named
        ]

    def owners(self) -> Iterable[tuple[IdentifierKey, ProfileId]]:
        return [
            (row.key, row.profile)
            for row in self._tables.identifiers.values()
            if self._mine(row.profile)
        ]

    def _mine(self, profile: ProfileId) -> bool:
        return self._tables.workspace_of.get(profile) == self._workspace

    def identifiers_of(self, keys: Sequence[IdentifierKey]) -> Iterable[StoredIdentifier]:
        return [self._tables.identifiers[key] for key in keys]

    def profile_ids(self) -> Iterable[ProfileId]:
        return [profile for profile in self._tables.people if self._mine(profile)]

    def people(self, ids: Sequence[ProfileId]) -> Iterable[StoredPerson]:
        for profile in ids:
            version, doc = self._tables.people[profile]
            person = decode_person(doc)
            first, last = (
                (person.view.first_ms, person.view.last_ms) if person.view.types else (None, None)
            )
            yield StoredPerson(
                profile, version, person.stage, first, last, person.wake_ms or None, doc
            )

    def links(self) -> Iterable[Link]:
        return [link for link in self._tables.links.values() if link.workspace == self._workspace]

    def erased(self) -> Iterable[tuple[IdentifierKey, int]]:
        return [(key, erased.until_ms) for key, erased in self._tables.erased.items()]

    def memberships(self) -> Iterable[StoredMembership]:
        return [
            StoredMembership(segment, profile, version)
            for (segment, profile), version in sorted(self._tables.memberships.items())
            if self._mine(profile)
        ]


class MemoryReads:
    """`store.unify.reads.Reads` on the tables, with a pause wherever time passes between two
    statements."""

    def __init__(self, tables: MemoryTables, pause: Callable[[], None]) -> None:
        self._tables = tables
        self._pause = pause

    @contextmanager
    def whole(self) -> Iterator[None]:
        self._pause()
        pause, self._pause = self._pause, lambda: None
        try:
            yield
        finally:
            self._pause = pause
        self._pause()

    def named(
        self, pairs: Sequence[Pair], keys: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Named:
        tables = self._tables
        self._pause()
        links = [tables.links[pair] for pair in pairs if pair in tables.links]
        owned = self.owned(keys)
        self._pause()
        stored = {key for key in messages if key in tables.events or key in tables.erased_messages}
        self._pause()
        return Named(links, owned, stored)

    def owned(self, keys: Sequence[IdentifierKey]) -> Owned:
        self._pause()
        erased = self._tables.erased
        found = Owned({}, [], {key: erased[key] for key in keys if key in erased})
        for key in keys:
            row = self._tables.identifiers.get(key)
            if row is not None:
                found.leaves.setdefault(row.profile, {})[key] = row.leaf
        found.people.extend(self._rows(found.leaves))
        return found

    def _rows(self, ids: Iterable[ProfileId]) -> list[PersonRow]:
        return [
            PersonRow(profile, *self._tables.people[profile])
            for profile in ids
            if profile in self._tables.people
        ]

    def people(self, ids: Sequence[ProfileId]) -> list[PersonRow]:
        self._pause()
        found = self._rows(ids)
        self._pause()
        return found

    def members(self, ids: Sequence[ProfileId]) -> list[MemberRow]:
        keys = [key for profile in ids for key in sorted(self._tables.owned.get(profile, ()))]
        rows = [self._tables.identifiers[key] for key in keys]
        return [MemberRow(row.key, row.kind, row.profile, row.leaf) for row in rows]

    def links_of(self, ids: Sequence[ProfileId]) -> list[Link]:
        tables = self._tables
        pairs = {
            pair
            for profile in ids
            for key in tables.owned.get(profile, ())
            for pair in tables.links_of[key]
        }
        return [tables.links[pair] for pair in sorted(pairs)]

    def links_at(self, keys: Sequence[IdentifierKey]) -> list[Link]:
        pairs = {pair for key in keys for pair in self._tables.links_of.get(key, ())}
        return [self._tables.links[pair] for pair in sorted(pairs)]

    def later(self, leaves: Sequence[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        self._pause()
        since = dict(leaves)
        return [
            LaterRow(
                event.identifiers[0].key,
                event.workspace,
                EventRow(
                    event.message_key,
                    event.source,
                    event.occurred_ms,
                    event.received_ms,
                    event.payload,
                ),
            )
            for event in self._tables.events.values()
            if isinstance(event, Event)
            and event.occurred_ms > since.get(event.identifiers[0].key, FOREVER_MS)
        ]

    def events(
        self, ids: Sequence[ProfileId], names: Iterable[tuple[str, str | None]]
    ) -> dict[ProfileId, list[HistoryEvent]]:
        tables, wanted = self._tables, set(names)
        histories: dict[ProfileId, list[HistoryEvent]] = {profile: [] for profile in ids}
        for event in tables.events.values():
            if (
                isinstance(event, Command)
                or not {(event.type, event.name), (event.type, None)} & wanted
            ):
                continue
            leaf = event.identifiers[0].key
            history = histories.get(tables.identifiers[leaf].profile)
            if history is not None:
                history.append(
                    history_event(
                        leaf,
                        event.type,
                        event.name,
                        event.occurred_ms,
                        event.message_key,
                        event.payload,
                    )
                )
        return histories


class MemoryUnitOfWork:
    """One worker's way to the tables.

    Args:
        tables: what is committed.
        pause: called where another worker may get in between; may raise StoreUnavailable, as a
            connection that breaks.
        cache_people: people to remember.
        check_batches: for how many batches stored messages are asked for in advance; beyond them
            duplicates are found out by the commit.
    """

    def __init__(
        self,
        tables: MemoryTables,
        pause: Callable[[], None] = lambda: None,
        cache_people: int = 1_000,
        check_batches: int = 64,
    ) -> None:
        self._tables = tables
        self._pause = pause
        self._loader = Loader(MemoryReads(tables, pause), cache_people, check_batches)

    def load(self, wanted: ReadSet) -> LoadedState:
        with self._asking():
            return self._loader.load(wanted)

    def load_components(
        self, known: LoadedState, people: Iterable[ProfileId]
    ) -> LoadedState | Conflict:
        with self._asking():
            return known if self._loader.components(known, people) else Conflict("component")

    def load_around(
        self, known: LoadedState, keys: AbstractSet[IdentifierKey]
    ) -> LoadedState | Conflict:
        with self._asking():
            return known if self._loader.around(known, keys) else Conflict("component")

    def load_later(self, leaves: Iterable[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        with self._asking():
            return self._loader.later(leaves)

    def load_people(self, people: Iterable[ProfileId]) -> list[Person]:
        with self._asking():
            return [decode_person(row.doc) for row in self._loader.people(people)]

    def load_histories(
        self,
        known: LoadedState,
        people: Collection[ProfileId],
        names: Iterable[tuple[str, str | None]],
    ) -> LoadedState | Conflict:
        with self._asking():
            return known if self._loader.histories(known, people, names) else Conflict("history")

    def read(self, _query: Callable[..., T]) -> Registry:
        """The definitions, whatever is asked."""
        return self._tables.registry

    def serialize_retries(self, wanted: ReadSet, _attempt: int) -> None:
        self.forget(wanted)

    def release_contention_lock(self) -> None:
        pass

    def forget(self, wanted: ReadSet) -> None:
        self._loader.forget(wanted)

    def close(self) -> None:
        pass

    def commit(self, changes: Changes, fence: Fence | None) -> Outcome:
        with self._asking():
            self._pause()
            packed = [(person, encode_person(person)) for person in changes.people]
            outcome = self._tables.commit(changes, fence)
            self._pause()
        if outcome in _FOUND_DUPLICATE:
            self._loader.expect_duplicates()
        if isinstance(outcome, Committed):
            self._loader.cache_commit(changes, packed)
        return outcome

    def rehearse(self, changes: Changes, fence: Fence) -> None:
        """A commit raises nothing here, so that there is nothing to find out beforehand."""

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except StoreUnavailable:
            self._loader.forget_all()
            raise
