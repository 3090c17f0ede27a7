"""Identity resolution for one batch: the incremental form of `operators.identity.partition`.

A link fact is decided at once, from the two people it touches, whenever no other order of facts
could decide it differently:

- nobody concerned has a refused fact and the union fits all limits (then every order accepts
  everything), or
- the fact comes after every fact that touches the people concerned (then it is the next one in
  canonical order).

Anything else – a late fact near a limit, an unmerge – is *replayed*: the whole component of facts
is partitioned afresh. State: none between batches. Oracle: `partition` over all facts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from domain.changes import Known, Merge
from domain.event import Identifier
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.link import BANNED, LINKED, REFUSED, Link, Pair, pair_of
from domain.policies import IdentityRules
from domain.profiles.profile import NEVER, FactKey, Person, decode_person
from operators.identity.partition import breach, partition


class Group:
    """People and new identifiers that belong together, as far as the batch has been read.

    Attributes:
        people: stored people in it.
        fresh: identifiers that are not stored yet.
        kinds: identifiers per kind.
        refused: refused facts that touch it.
        last_link: greatest key of any fact that touches it.
        merges: history so far.
        replay: the component must be partitioned afresh.
        cause: why it is replayed, or what somebody was taken out by: (event or command, its event
            time, kind of history entry).
        exact: identifiers, once partitioned; None where the people are whole.
        id: the person's id, once settled.
    """

    __slots__ = (
        "cause", "exact", "fresh", "id", "into", "kinds", "last_link", "merges", "people",
        "refused", "replay", "touched", "workspace",
    )  # fmt: skip

    def __init__(
        self,
        workspace: WorkspaceId,
        person: Person | None = None,
        identifier: Identifier | None = None,
    ) -> None:
        self.workspace = workspace
        self.merges: list[Merge] = []
        self.replay = False
        self.cause: tuple[MessageKey, int, str] | None = None
        self.exact: list[IdentifierKey] | None = None
        self.into: Group | None = None
        self.people: list[Person] = []
        self.fresh: list[Identifier] = []
        self.touched = person is None
        if person is not None:
            self.people.append(person)
            self.kinds = person.kinds
            self.refused = person.refused
            self.last_link = person.last_link
            self.id = person.id
            return
        self.kinds = {}
        self.refused = 0
        self.last_link = NEVER
        self.id = ProfileId(b"")
        if identifier is not None:
            self.fresh.append(identifier)
            self.kinds[identifier.kind] = 1
            self.id = ProfileId(identifier.key)


def survivor_of(people: Iterable[Person]) -> Person:
    """Who absorbs the others: most identifiers, then seen first, then smallest id."""
    return min(
        people, key=lambda person: (-sum(person.kinds.values()), person.view.first_ms, person.id)
    )


class Resolver:
    """Decides the link facts of one batch.

    Args:
        known: what the store knows; not changed.
        rules: priorities and limits.
    """

    def __init__(self, known: Known, rules: IdentityRules) -> None:
        self._known = known
        self._rules = rules
        self._of_person: dict[ProfileId, Group] = {}
        self._of_fresh: dict[IdentifierKey, Group] = {}
        self._replays = False
        self.facts: dict[Pair, Link] = {}
        """Facts of this batch: new ones, and stored ones that changed."""

    def person(self, profile: ProfileId, workspace: WorkspaceId) -> Group:
        """The group that a stored person belongs to."""
        group = self._of_person.get(profile)
        if group is None:
            group = self._of_person[profile] = Group(
                workspace, decode_person(self._known.people[profile])
            )
        return group if group.into is None else _root(group)

    def find(self, identifier: Identifier, workspace: WorkspaceId) -> Group:
        """The group that an identifier belongs to; a new identifier starts one."""
        owner = self._known.owners.get(identifier.key)
        if owner is not None:
            return self.person(owner, workspace)
        group = self._of_fresh.get(identifier.key)
        if group is None:
            group = self._of_fresh[identifier.key] = Group(workspace, None, identifier)
        return group if group.into is None else _root(group)

    def link(
        self,
        strong: Identifier,
        weak: Identifier,
        key: FactKey,
        rank: int,
        cause: MessageKey,
        workspace: WorkspaceId,
    ) -> None:
        """Take in one fact: an event named both identifiers.

        Args:
            strong: the event's strongest identifier.
            weak: another identifier of the event.
            key: canonical order of the event.
            rank: place of `weak` in the event.
            cause: the event.
            workspace: tenant.
        """
        pair = pair_of(strong.key, weak.key)
        stated = self.facts.get(pair) or self._known.links.get(pair)
        if stated is not None and stated.status == BANNED:
            self.find(weak, workspace)  # it exists, though not through this event's leaf
            return
        if stated is not None and stated.key <= key:
            return
        one, other = self.find(strong, workspace), self.find(weak, workspace)
        one.touched = other.touched = True
        fact = Link(workspace, *pair, key, cause, rank, LINKED)
        if one.replay or other.replay:
            self._replay(one, other, (cause, key.at_ms, "split"))
        elif stated is not None:
            fact = msgspec.structs.replace(stated, key=key, cause=cause, rank=rank)
            if one.refused or other.refused:
                self._replay(one, other, (cause, key.at_ms, "split"))
        else:
            fact = self._decide(fact, one, other)
        self.facts[pair] = fact
        group = _root(one)
        group.last_link = max(group.last_link, key)
        group = _root(other)
        group.last_link = max(group.last_link, key)

    def _decide(self, fact: Link, one: Group, other: Group) -> Link:
        in_order = fact.key >= max(one.last_link, other.last_link)
        free = not (one.refused or other.refused)
        if one is other:
            if not (free or in_order):
                self._replay(one, other, (fact.cause, fact.key.at_ms, "split"))
            return fact
        reason = breach(one.kinds, other.kinds, self._rules)
        if reason and in_order:
            one.refused += 1
            other.refused += 1
            return msgspec.structs.replace(fact, status=REFUSED, reason=reason)
        if reason or not (free or in_order):
            self._replay(one, other, (fact.cause, fact.key.at_ms, "split"))
        else:
            self._unite(one, other, fact)
        return fact

    def _unite(self, one: Group, other: Group, fact: Link) -> None:
        if one.people and other.people:
            best, worse = survivor_of(one.people), survivor_of(other.people)
            if survivor_of((best, worse)) is worse:
                best, worse = worse, best
            one.merges.append(
                Merge(
                    one.workspace, "merge", best.id, worse.id, fact.cause, fact.pair, fact.key.at_ms
                )
            )
        self._absorb(one, other)

    @staticmethod
    def _absorb(one: Group, other: Group) -> Group:
        if one is other:
            return one
        if len(one.people) + len(one.fresh) < len(other.people) + len(other.fresh):
            if not one.people and not other.people:
                other.id = one.id
            one, other = other, one
        other.into = one
        one.people += other.people
        one.fresh += other.fresh
        one.merges += other.merges
        one.kinds = dict(one.kinds)  # a person's own counts stay as they are stored
        for kind, count in other.kinds.items():
            one.kinds[kind] = one.kinds.get(kind, 0) + count
        one.refused += other.refused
        one.last_link = max(one.last_link, other.last_link)
        one.replay |= other.replay
        one.touched |= other.touched
        one.cause = one.cause or other.cause
        if one.people:
            one.id = survivor_of(one.people).id
        return one

    def _replay(self, one: Group, other: Group, cause: tuple[MessageKey, int, str]) -> None:
        group = self._absorb(one, other)
        group.replay = self._replays = True
        group.cause = group.cause or cause

    def ban(
        self,
        pairs: Iterable[Pair],
        command: MessageKey,
        reason: str,
        at_ms: int,
        workspace: WorkspaceId,
    ) -> None:
        """Take in an unmerge: these facts never held.

        Args:
            pairs: identifier keys in any order; ones that are not stored yet are banned for the
                future.
            command: the command's message key.
            reason: the operator's words.
            at_ms: when the command was given.
            workspace: tenant.
        """
        for one, other in pairs:
            pair = pair_of(one, other)
            stated = self.facts.get(pair) or self._known.links.get(pair)
            if stated is None:
                stated = Link(workspace, *pair, FactKey(at_ms, 0), command, 0, BANNED)
            self.facts[pair] = msgspec.structs.replace(stated, status=BANNED, reason=reason)
            for key in pair:
                owner = self._known.owners.get(key)
                group = self.person(owner, workspace) if owner else self._of_fresh.get(key)
                if group is not None:
                    group = _root(group)
                    group.replay = group.touched = self._replays = True
                    group.cause = (command, at_ms, "unmerge")

    def missing(self) -> frozenset[ProfileId]:
        """Draw everybody into the replays whom facts connect with them.

        Answer the people whose components are not known yet.
        """
        if not self._replays:
            return frozenset()
        beside = self._beside()
        waiting = [group for group in self.groups() if group.replay]
        seen: set[ProfileId] = set()
        unknown: set[ProfileId] = set()
        while waiting:
            group = _root(waiting.pop())
            for person in list(group.people):
                if person.id in seen:
                    continue
                seen.add(person.id)
                members = self._known.members.get(person.id)
                if members is None:
                    unknown.add(person.id)
                    continue
                for key in (member.key for member in members):
                    group = self._draw_in(group, beside[key], waiting)
            for identifier in list(group.fresh):
                group = self._draw_in(group, beside[identifier.key], waiting)
        return frozenset(unknown)

    def _draw_in(self, group: Group, keys: Iterable[IdentifierKey], waiting: list[Group]) -> Group:
        for key in keys:
            owner = self._known.owners.get(key)
            other = self.person(owner, group.workspace) if owner else _root(self._of_fresh[key])
            if other is not group:
                group = self._absorb(group, other)
                group.replay = True
                waiting.append(group)
        return group

    def _beside(self) -> dict[IdentifierKey, set[IdentifierKey]]:
        beside: dict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
        for fact in {**self._known.links, **self.facts}.values():
            if fact.status != BANNED and self._exists(fact.a) and self._exists(fact.b):
                beside[fact.a].add(fact.b)
                beside[fact.b].add(fact.a)
        return beside

    def _exists(self, key: IdentifierKey) -> bool:
        return key in self._known.owners or key in self._of_fresh

    def groups(self) -> Iterator[Group]:
        """Every group that the batch touched, each once."""
        for group in (*self._of_person.values(), *self._of_fresh.values()):
            if group.into is None:
                yield group

    def settle(self) -> list[Group]:
        """The final groups: replayed components partitioned afresh, the others as decided.

        Call once, after `missing` is empty.
        """
        settled: list[Group] = []
        if not self._replays:
            return list(self.groups())
        for group in list(self.groups()):
            settled += self._partition(group) if group.replay else [group]
        return settled

    def _partition(self, group: Group) -> list[Group]:
        fresh = {identifier.key: identifier for identifier in group.fresh}
        kinds = {key: identifier.kind for key, identifier in fresh.items()}
        for person in group.people:
            kinds |= {member.key: member.kind for member in self._known.members[person.id]}
        facts = {
            pair: fact
            for pair, fact in {**self._known.links, **self.facts}.items()
            if fact.status != BANNED and fact.a in kinds and fact.b in kinds
        }
        components, verdicts = partition(kinds, facts.values(), self._rules)
        for pair, (status, reason) in verdicts.items():
            fact = facts[pair]
            if (fact.status, fact.reason) != (status, reason):
                self.facts[pair] = facts[pair] = msgspec.structs.replace(
                    fact, status=status, reason=reason
                )
        founders = {IdentifierKey(person.id): person for person in group.people}
        parts: dict[IdentifierKey, Group] = {}
        for keys in components:
            part = Group(group.workspace)
            part.people = [founders[key] for key in keys if key in founders]
            part.fresh = [fresh[key] for key in keys if key in fresh]
            part.exact = sorted(keys)
            for key in keys:
                part.kinds[kinds[key]] = part.kinds.get(kinds[key], 0) + 1
                parts[key] = part
            if part.people:
                part.id = survivor_of(part.people).id
            else:
                part.id = ProfileId(
                    min(
                        keys,
                        key=lambda key: (self._rules.kinds[kinds[key]].priority, kinds[key], key),
                    )
                )
        for fact in facts.values():
            for part in (parts[fact.a], parts[fact.b]):
                part.last_link = max(part.last_link, fact.key)
                part.refused += fact.status == REFUSED
        self._record_history(group, parts)
        return list({id(part): part for part in parts.values()}.values())

    def _record_history(self, group: Group, parts: dict[IdentifierKey, Group]) -> None:
        if group.cause is None:  # pragma: no cover - a replay always has a cause
            return
        cause, at_ms, kind = group.cause
        for person in group.people:
            now_in = {
                id(part): part
                for key, _ in self._known.members[person.id]
                for part in (parts[key],)
            }
            lives = parts[IdentifierKey(person.id)].id == person.id
            for part in now_in.values():
                if part.id != person.id:
                    entry = (kind, person.id, part.id) if lives else ("merge", part.id, person.id)
                    part.merges.append(Merge(group.workspace, *entry, cause, None, at_ms))
                    parts[IdentifierKey(person.id)].cause = group.cause


def _root(group: Group) -> Group:
    while group.into is not None:
        if group.into.into is not None:
            group.into = group.into.into
        group = group.into
    return group
