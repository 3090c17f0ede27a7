"""UNIFY: a batch of events, what the store knows, and the instant → everything the batch does.

Pure and deterministic: no clock, no I/O, no randomness; the same arguments give the same changes.
The caller loads what `needed` names, and loads more when the answer is `Missing`; it commits the
`Changes` in one transaction.

Late events change the past exactly (event time decides); duplicates change only a counter.
"""

from collections.abc import Iterable, Sequence

import msgspec

from domain.changes import Changes, Known, Missing, NewIdentifier
from domain.event import DeadLetter, Event, Unmerge
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.link import Pair, pair_of
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.leaf import Leaf, decode_leaf, encode_leaf, tie_of
from domain.profiles.profile import FactKey, Person
from domain.segments.definition import WorkspaceDefinitions
from operators.identity.resolve import Group, Resolver
from operators.profiles.compose import compose
from operators.profiles.fold import fold
from operators.segments.membership import Occasion, evaluate, leave_all
from operators.segments.program import CONSENT, NO_PROPERTIES, Program, Token, fold_matched, matched
from operators.signals.observe import count_observations
from operators.unify.backfill import catch_up, drop_retired, lacks_history

Item = Event | Unmerge | DeadLetter


class Definitions(msgspec.Struct, frozen=True):
    """What a workspace means by a person and a segment.

    Attributes:
        identity: identifier rules.
        profile: folding rules.
        programs: workspace → its compiled definitions.
        revision: of all of them together.
    """

    identity: IdentityRules
    profile: ProfileRules
    programs: dict[WorkspaceId, Program]
    revision: int = 0

    def program(self, workspace: WorkspaceId) -> Program:
        """The compiled definitions of a workspace; empty where it has none."""
        return self.programs.get(workspace) or Program(
            WorkspaceDefinitions(workspace, self.revision), ()
        )


class Needed(msgspec.Struct):
    """What a batch names.

    Identifiers, pairs that its events link or its commands ban, and messages.
    """

    identifiers: set[IdentifierKey] = set()
    pairs: set[Pair] = set()
    messages: set[MessageKey] = set()


def needed(items: Iterable[Item]) -> Needed:
    """Name what must be loaded before a batch can be unified."""
    wanted = Needed()
    for item in items:
        if isinstance(item, Event):
            first = item.identifiers[0].key
            wanted.identifiers.add(first)
            wanted.messages.add(item.message_key)
            for weak in item.identifiers[1:]:
                wanted.identifiers.add(weak.key)
                wanted.pairs.add(pair_of(first, weak.key))
        elif isinstance(item, Unmerge):
            wanted.messages.add(item.message_key)
            for one, other in item.links:
                wanted.identifiers |= {one, other}
                wanted.pairs.add(pair_of(one, other))
    return wanted


def unify(
    items: Sequence[Item], known: Known, definitions: Definitions, now_ms: int
) -> Changes | Missing:
    """Decide what one batch does.

    Args:
        items: decoded records in log order.
        known: what `needed` asked for, as far as it is stored; not changed.
        definitions: rules and compiled definitions.
        now_ms: the processing instant; decides stages, memberships and wakes, and nothing else.

    Returns:
        `Changes`, or `Missing` when a component or a history must be known whole; then load it and
        call again.
    """
    changes = Changes(now_ms, revision=definitions.revision)
    fresh: list[Event | Unmerge] = []
    seen = set(known.stored)
    for item in items:
        if isinstance(item, DeadLetter):
            changes.dead_letters.append(item)
            continue
        if item.retry_of:
            changes.redriven.append(item.retry_of)
        if item.message_key in seen:
            changes.duplicates += 1
            continue
        seen.add(item.message_key)
        fresh.append(item)
    resolver = Resolver(known, definitions.identity)
    for item in fresh:
        if isinstance(item, Unmerge):
            resolver.ban(
                item.links, item.message_key, item.reason, item.received_ms, item.workspace
            )
        else:
            _link(resolver, item)
    missing = resolver.missing()
    if missing:
        return Missing(missing)
    changes.events = fresh
    assembly = _Assembly(known, definitions, now_ms, changes)
    groups = [group for group in resolver.settle() if group.touched]
    unread = assembly.catch_up(groups)
    if unread:
        return Missing(histories=unread)
    created = assembly.run(groups, [item for item in fresh if isinstance(item, Event)])
    for pair, fact in sorted(resolver.facts.items()):
        before = known.links.get(pair)
        if before is None:
            changes.links.append(fact)
        elif before != fact:
            changes.revised.append((before, fact))
    count_observations(items, fresh, created, definitions.profile, changes)
    return changes


def wake(
    people: Iterable[Person],
    known: Known,
    definitions: Definitions,
    now_ms: int,
    *,
    sweep: bool = False,
) -> Changes | Missing:
    """Evaluate people again at an instant, without an event.

    Something about them changes then, or definitions changed.

    Args:
        people: as stored; changed in place.
        known: histories and leaves of those who lack aggregates, once asked for.
        definitions: rules and compiled definitions.
        now_ms: the processing instant.
        sweep: look at everybody whom a newer definition may concern, and write those whom it
            changes; else people who are not due yet keep everything.

    Returns:
        `Changes`, or `Missing` when histories must be known.
    """
    changes = Changes(now_ms, revision=definitions.revision)
    concerned = [person for person in people if sweep or 0 < person.wake_ms <= now_ms]
    unread = frozenset(
        person.id
        for person in concerned
        if lacks_history(person, definitions.program(person.workspace))
    )
    if not unread <= known.histories.keys():
        return Missing(histories=unread - known.histories.keys())
    for person in concerned:
        program = definitions.program(person.workspace)
        told = known.histories.get(person.id, ())
        if told:
            leaves = _leaves_of(person, known)
            for key in catch_up(person, leaves, told, program):
                changes.leaves[key] = encode_leaf(leaves[key])
        changed = evaluate(
            person,
            program,
            definitions.profile,
            now_ms,
            Occasion("wake", {*program.aggregates} if told else set()),
            changes,
        )
        if changed or told or not sweep:
            person.built = program.newest
            changes.replaced[person.id] = person.version
            person.version += 1
            changes.people.append(person)
    return changes


def _leaves_of(person: Person, known: Known) -> dict[IdentifierKey, Leaf]:
    """A person's leaves that are stored apart; all of them are known once their history is."""
    if person.sole is not None:
        return {}
    return {
        key: decode_leaf(known.leaves[key])
        for key, owner in known.owners.items()
        if owner == person.id and key in known.leaves
    }


def _link(resolver: Resolver, event: Event) -> None:
    strong = event.identifiers[0]
    resolver.find(strong, event.workspace).touched = True
    if len(event.identifiers) == 1:
        return
    key = FactKey(event.occurred_ms, tie_of(event.message_key))
    for rank, weak in enumerate(event.identifiers[1:], 1):
        resolver.link(strong, weak, key, rank, event.message_key, event.workspace)


class _Assembly:
    """Puts settled identities and folded events together into rows."""

    def __init__(
        self, known: Known, definitions: Definitions, now_ms: int, changes: Changes
    ) -> None:
        self._known = known
        self._definitions = definitions
        self._rules = definitions.profile
        self._now_ms = now_ms
        self._changes = changes
        self._leaves: dict[IdentifierKey, bytes | None] = {}
        self._open: dict[IdentifierKey, Leaf] = {}
        self._caught: dict[ProfileId, Person] = {}
        self._read: dict[ProfileId, int] = {}
        self._soles: dict[IdentifierKey, Leaf] = {}
        self._touched: dict[int, set[Token]] = {}
        self._programs: dict[WorkspaceId, Program] = {}

    def _program(self, workspace: WorkspaceId) -> Program:
        program = self._programs.get(workspace)
        if program is None:
            program = self._programs[workspace] = self._definitions.program(workspace)
        return program

    def catch_up(self, groups: Iterable[Group]) -> frozenset[ProfileId]:
        """Bring everybody concerned up to the newest aggregate.

        Answers those whose histories must be read first.
        """
        unread: set[ProfileId] = set()
        for group in groups:
            program = self._program(group.workspace)
            people = {person.id: person for person in group.people}
            for key in group.exact or ():
                owner = self._known.owners.get(key)
                if owner is not None and owner not in people:
                    people[owner] = self._caught.get(owner) or self._decoded(owner)
            for person in people.values():
                self._caught[person.id] = person
                self._read[person.id] = person.version
                if not lacks_history(person, program):
                    person.built = program.newest
                elif person.id not in self._known.histories:
                    unread.add(person.id)
                else:
                    self._read_history(person, program)
                if person.sole is not None:
                    self._soles[person.sole] = person.view
        return frozenset(unread)

    def _read_history(self, person: Person, program: Program) -> None:
        leaves = _leaves_of(person, self._known)
        for key in catch_up(person, leaves, self._known.histories[person.id], program):
            self._leaves[key] = encode_leaf(leaves[key])

    def run(
        self, groups: Sequence[Group], events: Sequence[Event]
    ) -> dict[WorkspaceId, list[MessageKey]]:
        """Fill the changes; answer the workspaces' first messages of people who were created."""
        placed: dict[IdentifierKey, Group] = {}
        people: dict[int, Person] = {}
        for group in groups:
            people[id(group)] = self._person(group)
            for key in group.exact or (identifier.key for identifier in group.fresh):
                placed[key] = group
        owners: dict[ProfileId, Group] = {
            person.id: group for group in groups if group.exact is None for person in group.people
        }
        created: dict[WorkspaceId, list[MessageKey]] = {}
        for event in events:
            key = event.identifiers[0].key
            group = placed.get(key) or owners[self._known.owners[key]]
            person = people[id(group)]
            if person.version == 0 and not person.view.types:
                created.setdefault(event.workspace, []).append(event.message_key)
            self._fold(person, key, event)
        for key, leaf in self._open.items():
            self._leaves[key] = encode_leaf(leaf)
        for group in groups:
            self._finish(group, people[id(group)])
        self._changes.leaves = self._leaves
        return created

    def _leaf(self, key: IdentifierKey) -> Leaf | None:
        packed = self._leaves[key] if key in self._leaves else self._known.leaves.get(key)
        return None if packed is None else decode_leaf(packed)

    def _person(self, group: Group) -> Person:
        whole = (
            group.people
            if len(group.people) < 2
            else sorted(group.people, key=lambda person: person.id != group.id)
        )
        person = (
            whole[0]
            if whole and whole[0].id == group.id
            else Person(group.id, group.workspace, 0, Leaf(), {})
        )
        person.built = self._program(group.workspace).newest
        if group.exact is not None and not self._is_union(group):
            self._rebuild(group, person)
        elif len(whole) > 1 or (whole and whole[0] is not person):
            self._join(person, whole)
        person.kinds = group.kinds
        person.refused = group.refused
        person.last_link = group.last_link
        return person

    def _is_union(self, group: Group) -> bool:
        """Whether a group is exactly its people and new identifiers: views can be joined."""
        stored = sum(len(self._known.members[person.id]) for person in group.people)
        exact = set(group.exact or ())
        return stored + len(group.fresh) == len(exact) and all(
            member.key in exact
            for person in group.people
            for member in self._known.members[person.id]
        )

    def _join(self, person: Person, whole: Sequence[Person]) -> None:
        active = [one for one in whole if one.view.types]
        if len(active) > 1:
            for one in active:
                if one.sole is not None:
                    self._leaves[one.sole] = encode_leaf(one.view)
            person.view, person.sole = (
                compose(
                    [one.view for one in active],
                    self._rules,
                    self._program(person.workspace).aggregates,
                ),
                None,
            )
        elif active:
            person.view, person.sole = active[0].view, active[0].sole

    def _rebuild(self, group: Group, person: Person) -> None:
        leaves: dict[IdentifierKey, Leaf] = {}
        for key in group.exact or ():
            leaf = self._stored_leaf(key)
            if leaf is not None and leaf.types:
                leaves[key] = leaf
        if len(leaves) == 1:
            (person.sole, person.view), *_ = leaves.items()
            self._leaves[person.sole] = None
        else:
            for key, leaf in leaves.items():
                self._leaves[key] = encode_leaf(leaf)
            person.sole, person.view = (
                None,
                compose(leaves.values(), self._rules, self._program(person.workspace).aggregates),
            )

    def _stored_leaf(self, key: IdentifierKey) -> Leaf | None:
        return self._soles.get(key) or self._leaf(key)

    def _decoded(self, profile: ProfileId) -> Person:
        return msgspec.msgpack.decode(self._known.people[profile], type=Person)

    def _fold(self, person: Person, key: IdentifierKey, event: Event) -> None:
        program = self._program(event.workspace)
        touched = self._touched.setdefault(id(person), set())
        touches = program.touches(event.type, event.name)
        properties = event.properties or NO_PROPERTIES
        found = matched(touches, properties) if touches else []
        if found:
            touched.update([aggregate.id for aggregate, _, _ in found])
        if event.traits:
            touched.update([f"trait:{trait}" for trait in event.traits])
        if event.consent:
            touched.update([f"{CONSENT}{purpose}" for purpose in event.consent])
        # Where there is no room for all traits, one that comes drops another one.
        crowded = len(person.view.traits) + len(event.traits) > self._rules.trait_limit
        before = list(person.view.traits) if crowded else []
        if person.sole == key or not person.view.types:
            person.sole = key
        else:
            if person.sole is not None:
                self._leaves[person.sole] = encode_leaf(person.view)
                person.sole = None
            leaf = self._open.get(key)
            if leaf is None:
                leaf = self._open[key] = self._leaf(key) or Leaf()
                drop_retired(leaf, program)
            fold(leaf, event, self._rules)
            fold_matched(leaf, found, properties, event.occurred_ms, tie_of(event.message_key))
        fold(person.view, event, self._rules)
        if before:
            touched.update(
                [f"trait:{trait}" for trait in before if trait not in person.view.traits]
            )
        fold_matched(person.view, found, properties, event.occurred_ms, tie_of(event.message_key))

    def _finish(self, group: Group, person: Person) -> None:
        changes = self._changes
        cause = group.cause[2] if group.cause else "event"
        if group.merges:
            cause = group.merges[-1].kind
            changes.merges += group.merges
        cause = "merge" if cause == "split" else cause
        for identifier in group.fresh:
            leaf = self._leaves.pop(identifier.key, None)
            changes.identifiers.append(NewIdentifier(group.workspace, identifier, person.id, leaf))
        moved = self._move(group, person)
        for loser in group.people:
            if loser.id != person.id:
                changes.gone.append((loser.id, loser.version))
                leave_all(loser, person, self._program(loser.workspace), changes)
        evaluate(
            person,
            self._program(group.workspace),
            self._rules,
            self._now_ms,
            self._occasion(group, person, cause, moved=moved),
            changes,
        )
        if person.version:
            changes.replaced[person.id] = person.version
        person.version = self._next_version(group)
        changes.people.append(person)

    def _next_version(self, group: Group) -> int:
        """Beyond every version of everybody whose identifiers come together here.

        So whoever holds the identifier that names a person is beyond every version that the person
        ever had: one who was merged away and comes out again does not repeat a version, and what
        somebody remembers or has read of the earlier one is found out as stale.
        """
        if not group.exact and not group.people:
            return 1
        owners = self._known.owners
        came = [person.id for person in group.people]
        if group.exact:
            came += {owners[key] for key in group.exact if key in owners}
        return 1 + max([self._read[profile] for profile in came], default=0)

    def _occasion(self, group: Group, person: Person, cause: str, *, moved: bool) -> Occasion:
        alone = group.exact is None and len(group.people) < 2
        if not alone:
            return Occasion(cause, None, moved)
        touched = self._touched.get(id(person), set())
        if group.fresh:
            touched.add("identifier")
        return Occasion(cause, touched, moved, newcomer=not group.people)

    def _move(self, group: Group, person: Person) -> bool:
        moved = bool(group.fresh) or len(group.people) > 1
        if group.exact is None:
            self._changes.absorbed += [
                (loser.id, person.id) for loser in group.people if loser.id != person.id
            ]
            return moved
        for key in group.exact:
            owner = self._known.owners.get(key)
            if owner is not None and owner != person.id:
                self._changes.moves[key] = person.id
                moved = True
        return moved
