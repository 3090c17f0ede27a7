"""Identity resolution for one batch: the incremental form of `operators.identity.partition`.

A link fact is decided at once, from the two people it touches, whenever no other order of facts
could decide it differently:

- nobody concerned has a refused fact and the union fits all limits (then every order accepts
  everything), or
- the fact comes after every fact that touches the people concerned (then it is the next one in
  canonical order).

Anything else – a late fact near a limit, a command of an operator – is *replayed*: the whole
component of facts is partitioned afresh. State: none between batches. Oracle:
`constrained_components` over all facts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from domain.changes import LoadedState, Merge
from domain.event import Identifier, Ruling, Unmerge
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.link import BANNED, LIFTED, LINKED, REFUSED, Link, Pair, pair_of
from domain.policies import IdentityRules
from domain.privacy.erasure import void
from domain.profiles.profile import FactKey, decode_person
from operators.identity.groups import Group, absorb, root_of, survivor_of
from operators.identity.partition import breach
from operators.identity.replay import replayed


class Resolver:
    """Decides the link facts of one batch.

    Args:
        loaded: what the store knows; not changed.
        rules: priorities and limits.
    """

    def __init__(self, loaded: LoadedState, rules: IdentityRules) -> None:
        self._loaded = loaded
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
                workspace, decode_person(self._loaded.people[profile])
            )
        return group if group.into is None else root_of(group)

    def find(self, identifier: Identifier, workspace: WorkspaceId) -> Group:
        """The group that an identifier belongs to; a new identifier starts one."""
        owner = self._loaded.owners.get(identifier.key)
        if owner is not None:
            return self.person(owner, workspace)
        group = self._of_fresh.get(identifier.key)
        if group is None:
            group = self._of_fresh[identifier.key] = Group(workspace, None, identifier)
        return group if group.into is None else root_of(group)

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
        stated = self.facts.get(pair) or self._loaded.links.get(pair)
        if stated is not None and stated.status == BANNED:
            self.find(weak, workspace)  # it exists, though not through this event's leaf
            if not stated.is_stated or key < stated.key:
                self.facts[pair] = msgspec.structs.replace(stated, key=key, cause=cause, rank=rank)
            return
        ruled_ms = stated.ruled_ms if stated is not None else 0
        if stated is not None and not stated.is_stated:
            stated = None
        if stated is not None and stated.key <= key:
            return
        one, other = self.find(strong, workspace), self.find(weak, workspace)
        one.touched = other.touched = True
        fact = Link(workspace, *pair, key, cause, rank, LINKED, ruled_ms=ruled_ms)
        if one.replay or other.replay:
            self._replay(one, other, (cause, key.at_ms, "split"))
        elif stated is not None:
            fact = msgspec.structs.replace(stated, key=key, cause=cause, rank=rank)
            if one.refused or other.refused:
                self._replay(one, other, (cause, key.at_ms, "split"))
        else:
            fact = self._decide(fact, one, other)
        self.facts[pair] = fact
        group = root_of(one)
        group.last_link = max(group.last_link, key)
        group = root_of(other)
        group.last_link = max(group.last_link, key)

    def _decide(self, fact: Link, left: Group, right: Group) -> Link:
        in_order = fact.key >= max(left.last_link, right.last_link)
        free = not (left.refused or right.refused)
        if left is right:
            if not (free or in_order):
                self._replay(left, right, (fact.cause, fact.key.at_ms, "split"))
            return fact
        reason = breach(left.kinds, right.kinds, self._rules)
        if reason and in_order:
            left.refused += 1
            right.refused += 1
            return msgspec.structs.replace(fact, status=REFUSED, reason=reason)
        if reason or not (free or in_order):
            self._replay(left, right, (fact.cause, fact.key.at_ms, "split"))
        else:
            self._unite(left, right, fact)
        return fact

    def _unite(self, left: Group, right: Group, fact: Link) -> None:
        if left.people and right.people:
            best, worse = survivor_of(left.people), survivor_of(right.people)
            if survivor_of((best, worse)) is worse:
                best, worse = worse, best
            left.merges.append(
                Merge(
                    left.workspace,
                    "merge",
                    best.id,
                    worse.id,
                    fact.cause,
                    fact.pair,
                    fact.key.at_ms,
                )
            )
        absorb(left, right)

    def _replay(self, left: Group, right: Group, cause: tuple[MessageKey, int, str]) -> None:
        group = absorb(left, right)
        group.replay = self._replays = True
        group.cause = group.cause or cause

    def reopen(
        self, people: Iterable[ProfileId], workspace: WorkspaceId, cause: tuple[MessageKey, int]
    ) -> None:
        """Have the components of stored people partitioned afresh.

        Args:
            people: who.
            workspace: tenant.
            cause: the command that asks for it, and its instant.
        """
        for profile in sorted(people):
            group = self.person(profile, workspace)
            group.replay = group.touched = self._replays = True
            group.cause = (*cause, "split")

    def rule(self, command: Ruling) -> None:
        """Take in an operator's command: its links never held, or their ban is lifted.

        Pairs that no event states yet are ruled for the future; a pair with an end that was erased
        later is not ruled at all.
        """
        ban = command.reason if isinstance(command, Unmerge) else None
        for one, other in command.links:
            pair = pair_of(one, other)
            if not void(pair, command.received_ms, self._loaded.erased):
                self._rule(pair, command, ban)

    def _rule(self, pair: Pair, command: Ruling, ban: str | None) -> None:
        at_ms, cause = command.received_ms, command.message_key
        before = self.facts.get(pair) or self._loaded.links.get(pair)
        link = before or Link(command.workspace, *pair, FactKey(at_ms, 0), cause, 0, LIFTED)
        if not link.yields_to(at_ms, ban):
            return
        ruled = msgspec.structs.replace(link, ruled_ms=at_ms)
        if not link.is_stated:
            ruled = msgspec.structs.replace(ruled, key=FactKey(at_ms, 0), cause=cause)
        if ban is not None:
            ruled = msgspec.structs.replace(ruled, status=BANNED, reason=ban)
        elif not link.holds:
            status = LINKED if link.is_stated else LIFTED
            ruled = msgspec.structs.replace(ruled, status=status, reason="")
        self.facts[pair] = ruled
        if ruled.holds == link.holds:
            return
        for key in pair:
            owner = self._loaded.owners.get(key)
            group = self.person(owner, command.workspace) if owner else self._of_fresh.get(key)
            if group is not None:
                group = root_of(group)
                group.replay = group.touched = self._replays = True
                group.cause = (cause, at_ms, "split" if ban is None else "unmerge")

    def missing(self) -> frozenset[ProfileId]:
        """Add to the replays everybody whom facts connect with them.

        Returns:
            The people whose components are not loaded yet.
        """
        if not self._replays:
            return frozenset()
        beside = self._neighbours()
        waiting = [group for group in self.groups() if group.replay]
        seen: set[ProfileId] = set()
        unknown: set[ProfileId] = set()
        while waiting:
            group = root_of(waiting.pop())
            for person in list(group.people):
                if person.id in seen:
                    continue
                seen.add(person.id)
                members = self._loaded.members.get(person.id)
                if members is None:
                    unknown.add(person.id)
                    continue
                for key in (member.key for member in members):
                    group = self._absorb_owners(group, beside[key], waiting)
            for identifier in list(group.fresh):
                group = self._absorb_owners(group, beside[identifier.key], waiting)
        return frozenset(unknown)

    def _absorb_owners(
        self, group: Group, keys: Iterable[IdentifierKey], waiting: list[Group]
    ) -> Group:
        for key in keys:
            owner = self._loaded.owners.get(key)
            other = self.person(owner, group.workspace) if owner else root_of(self._of_fresh[key])
            if other is not group:
                group = absorb(group, other)
                group.replay = True
                waiting.append(group)
        return group

    def _neighbours(self) -> dict[IdentifierKey, set[IdentifierKey]]:
        neighbours: dict[IdentifierKey, set[IdentifierKey]] = defaultdict(set)
        for fact in {**self._loaded.links, **self.facts}.values():
            if fact.holds and self._exists(fact.a) and self._exists(fact.b):
                neighbours[fact.a].add(fact.b)
                neighbours[fact.b].add(fact.a)
        return neighbours

    def _exists(self, key: IdentifierKey) -> bool:
        return key in self._loaded.owners or key in self._of_fresh

    def groups(self) -> Iterator[Group]:
        """Every group that the batch touched, each once."""
        for group in (*self._of_person.values(), *self._of_fresh.values()):
            if group.into is None:
                yield group

    def resolved_groups(self) -> list[Group]:
        """The final groups: replayed components split again, the others as decided.

        Call once, after `missing` is empty.
        """
        resolved: list[Group] = []
        if not self._replays:
            return list(self.groups())
        for group in list(self.groups()):
            resolved += (
                replayed(group, self.facts, self._loaded, self._rules) if group.replay else [group]
            )
        return resolved
