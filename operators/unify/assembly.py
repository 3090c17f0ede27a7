"""Puts settled identities and folded events together into the rows that a batch writes."""

from collections.abc import Iterable, Sequence

from domain.changes import Changes, LoadedState, NewIdentifier, Withdrawal
from domain.event import OPERATOR, Event
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.profiles.consent import ANY_USE
from domain.profiles.leaf import Leaf, tie_of
from domain.profiles.profile import Person, decode_person
from operators.identity.groups import Group
from operators.profiles.compose import compose
from operators.profiles.consent import consents, granted, restricted
from operators.profiles.fold import fold
from operators.segments.inputs import CONSENT, Token
from operators.segments.membership import Trigger, apply, evaluate, leave_all
from operators.segments.program import Program
from operators.segments.touches import NO_PROPERTIES, fold_matched, matched
from operators.unify.backfill import backfill, lacks_history, stored_leaves
from operators.unify.definitions import Definitions
from operators.unify.leaves import Leaves


class Assembly:
    """Puts settled identities and folded events together into rows."""

    def __init__(
        self, loaded: LoadedState, definitions: Definitions, now_ms: int, changes: Changes
    ) -> None:
        self._loaded = loaded
        self._definitions = definitions
        self._rules = definitions.profile
        self._now_ms = now_ms
        self._changes = changes
        self._leaves = Leaves(loaded)
        self._people: dict[ProfileId, Person] = {}
        self._read: dict[ProfileId, int] = {}
        self._touched: dict[int, set[Token]] = {}
        self._granted: dict[int, dict[str, set[ProfileId]]] = {}
        self._programs: dict[WorkspaceId, Program] = {}

    def _program(self, workspace: WorkspaceId) -> Program:
        program = self._programs.get(workspace)
        if program is None:
            program = self._programs[workspace] = self._definitions.program(workspace)
        return program

    def backfill(self, groups: Iterable[Group]) -> frozenset[ProfileId]:
        """Backfill the newest aggregates of everybody concerned.

        Returns:
            The people whose histories must be read first.
        """
        unread: set[ProfileId] = set()
        for group in groups:
            program = self._program(group.workspace)
            people = {person.id: person for person in group.people}
            for key in group.exact or ():
                owner = self._loaded.owners.get(key)
                if owner is not None and owner not in people:
                    people[owner] = self._people.get(owner) or self._decoded(owner)
            for person in people.values():
                self._people[person.id] = person
                self._read[person.id] = person.version
                if not lacks_history(person, program):
                    person.built = program.newest
                elif person.id not in self._loaded.histories:
                    unread.add(person.id)
                else:
                    self._read_history(person, program)
                self._leaves.remember(person)
        return frozenset(unread)

    def _read_history(self, person: Person, program: Program) -> None:
        leaves = stored_leaves(person, self._loaded)
        for key in backfill(person, leaves, self._loaded.histories[person.id], program):
            self._leaves.put(key, leaves[key])

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
            group = placed.get(key) or owners[self._loaded.owners[key]]
            person = people[id(group)]
            if person.version == 0 and person.view.is_empty:
                created.setdefault(event.workspace, []).append(event.message_key)
            self._fold(person, key, event)
        self._leaves.flush()
        for group in groups:
            self._finish(group, people[id(group)])
        self._changes.leaves = self._leaves.packed
        return created

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
        if group.exact is not None or len(group.people) > 1:
            owners = self._loaded.owners
            ids = {one.id for one in group.people}
            ids.update(owners[key] for key in group.exact or () if key in owners)
            self._note_granted(person, [self._people[one] for one in sorted(ids)])
        if group.exact is not None and not self._is_union(group):
            self._rebuild(group, person)
        elif len(whole) > 1 or (whole and whole[0] is not person):
            self._join(person, whole)
        person.kinds = group.kinds
        person.refused = group.refused
        person.last_link = group.last_link
        return person

    def _note_granted(self, person: Person, before: Iterable[Person]) -> None:
        """Note what is granted before the batch by those whose identifiers a person gets.

        Whoever is stored and not restricted grants any use.
        """
        found = self._granted.setdefault(id(person), {})
        for one in before:
            if one.version and not restricted(one.view):
                found.setdefault(ANY_USE, set()).add(one.id)
            for purpose in granted(one.view, one.view.consent):
                found.setdefault(purpose, set()).add(one.id)

    def _is_union(self, group: Group) -> bool:
        """Whether a group is exactly its people and new identifiers: views can be joined."""
        if any(person.id in self._loaded.cut for person in group.people):
            return False
        stored = sum(len(self._loaded.members[person.id]) for person in group.people)
        exact = set(group.exact or ())
        return stored + len(group.fresh) == len(exact) and all(
            member.key in exact
            for person in group.people
            for member in self._loaded.members[person.id]
        )

    def _join(self, person: Person, whole: Sequence[Person]) -> None:
        active = [one for one in whole if not one.view.is_empty]
        if len(active) > 1:
            for one in active:
                self._leaves.put_sole(one)
            person.view = compose(
                [one.view for one in active],
                self._rules,
                self._program(person.workspace).aggregates,
            )
            person.sole = None
        elif active:
            person.view, person.sole = active[0].view, active[0].sole

    def _rebuild(self, group: Group, person: Person) -> None:
        leaves: dict[IdentifierKey, Leaf] = {}
        for key in group.exact or ():
            leaf = self._leaves.of(key)
            if leaf is not None and not leaf.is_empty:
                leaves[key] = leaf
        if len(leaves) == 1:
            ((key, leaf),) = leaves.items()
            self._leaves.make_sole(person, key, leaf)
        else:
            for key, leaf in leaves.items():
                self._leaves.put(key, leaf)
            person.sole = None
            person.view = compose(
                leaves.values(), self._rules, self._program(person.workspace).aggregates
            )

    def _decoded(self, profile: ProfileId) -> Person:
        return decode_person(self._loaded.people[profile])

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
            if id(person) not in self._granted:
                self._note_granted(person, [person])
            touched.update([f"{CONSENT}{purpose}" for purpose in event.consent])
            if event.source == OPERATOR:
                self._changes.stated.append(event.message_key)
        at_ms, tie = event.occurred_ms, tie_of(event.message_key)
        leaf = self._leaves.receiving(person, key, program)
        if leaf is not None:
            fold(leaf, event, self._rules)
            fold_matched(leaf, found, properties, at_ms, tie)
        dropped = fold(person.view, event, self._rules)
        if dropped:
            touched.update([f"trait:{trait}" for trait in dropped])
        fold_matched(person.view, found, properties, at_ms, tie)

    def _finish(self, group: Group, person: Person) -> None:
        changes = self._changes
        cause = group.cause[2] if group.cause else "event"
        if group.merges:
            cause = group.merges[-1].kind
            changes.merges += group.merges
        cause = "merge" if cause == "split" else cause
        for identifier in group.fresh:
            leaf = self._leaves.take(identifier.key)
            changes.identifiers.append(NewIdentifier(group.workspace, identifier, person.id, leaf))
        moved = self._move(group, person)
        for loser in group.people:
            if loser.id != person.id:
                changes.gone.append((loser.id, loser.version))
                changes.memberships += leave_all(loser, person, self._program(loser.workspace))
        evaluation = evaluate(
            person,
            self._program(group.workspace),
            self._rules,
            self._now_ms,
            self._trigger(group, person, cause, moved=moved),
        )
        changes.memberships += evaluation.changes
        changes.confirmed += evaluation.confirmed
        apply(evaluation, person)
        changes.withdrawals += [
            Withdrawal(person.workspace, purpose, tuple(sorted(people | {person.id})))
            for purpose, people in sorted(self._granted.get(id(person), {}).items())
            if not _is_granted(person.view, purpose)
        ]
        if person.version:
            changes.replaced[person.id] = person.version
        person.version = self._next_version(group)
        changes.people.append(person)

    def _next_version(self, group: Group) -> int:
        """A version beyond every version of everybody whose identifiers come together here.

        So whoever holds the identifier that names a person has a version beyond all that the person
        ever had: one who was merged away or erased and comes out again does not repeat a version,
        and what a worker has cached or read of the earlier one is detected as stale.
        """
        erased = self._loaded.erased
        versions = [erased[one.key].version for one in group.fresh if one.key in erased]
        if not group.exact and not group.people:
            return 1 + max(versions, default=0)
        owners = self._loaded.owners
        came = [person.id for person in group.people]
        if group.exact:
            came += {owners[key] for key in group.exact if key in owners}
        return 1 + max([*versions, *(self._read[profile] for profile in came)], default=0)

    def _trigger(self, group: Group, person: Person, cause: str, *, moved: bool) -> Trigger:
        alone = group.exact is None and len(group.people) < 2
        if not alone:
            return Trigger(cause, None, moved)
        touched = self._touched.get(id(person), set())
        if group.fresh:
            touched.add("identifier")
        return Trigger(cause, touched, moved, newcomer=not group.people)

    def _move(self, group: Group, person: Person) -> bool:
        moved = bool(group.fresh) or len(group.people) > 1
        if group.exact is None:
            self._changes.absorbed += [
                (loser.id, person.id) for loser in group.people if loser.id != person.id
            ]
            return moved
        for key in group.exact:
            owner = self._loaded.owners.get(key)
            if owner is not None and owner != person.id:
                self._changes.moves[key] = person.id
                moved = True
        return moved


def _is_granted(view: Leaf, purpose: str) -> bool:
    return not restricted(view) if purpose == ANY_USE else consents(view, purpose)
