"""Loads and caches what a batch needs, always of exactly one version per person.

Statements are asked of `Reads`, so that PostgreSQL and the simulation's in-memory store run this
same code, cache included.

Three rules keep the law:

- what one statement finds is of one instant; where it shows that somebody has changed since they
  were found earlier (in the cache, or by an earlier statement), what was found earlier is dropped
  and asked for again, or the batch begins anew;
- what is remembered of a person is one `CachedPerson`: a version, its document, and leaves of that
  version;
- a commit carries leaves over to the new version only from what is remembered of the very version
  that it replaced.
"""

from collections.abc import Collection, Iterable

from domain.changes import Changes, Known, Member
from domain.ids import IdentifierKey, ProfileId
from domain.link import BANNED, Pair
from domain.profiles.profile import Person
from operators.unify.needed import Needed
from store.unify.cache import PeopleCache
from store.unify.reads import Named, Owned, PersonRow, Reads


class Loader:
    """Reads and remembers for one worker.

    Args:
        reads: the statements.
        cache_people: people to remember.
        check_batches: after a batch with duplicates, ask for stored messages in advance for this
            many batches; otherwise a duplicate is found out by the unique index, at the price of a
            second try.
    """

    def __init__(self, reads: Reads, cache_people: int, check_batches: int) -> None:
        self._reads = reads
        self._cache = PeopleCache(cache_people)
        self._check_batches = check_batches
        self._checks_left = check_batches

    def load(self, wanted: Needed) -> Known:
        """Load a batch's identifiers, pairs and messages.

        From the cache, the rest in one round trip.
        """
        known = Known()
        absent: list[IdentifierKey] = []
        for key in wanted.identifiers:
            found = self._cache.find(key)
            if found is None:
                absent.append(key)
                continue
            owner, person = found
            known.people[owner] = person.doc
            _own(known, key, owner, person.leaves[key])
        unlinked: list[Pair] = []
        for pair in wanted.pairs:
            link = self._cache.links.get(pair)
            if link is None:
                unlinked.append(pair)
            else:
                known.links[pair] = link
        messages = list(wanted.messages) if self._checks_left else []
        if absent or unlinked or messages:
            self._take_named(known, self._reads.named(unlinked, absent, messages))
        return known

    def _take_named(self, known: Known, found: Named) -> None:
        for link in found.links:
            self._cache.links.put(link.pair, link)
            known.links[link.pair] = link
        known.stored.update(found.messages)
        again = self._learn(known, found.owned)
        while again:
            again = self._learn(known, self._reads.owned(again))

    def _learn(self, known: Known, found: Owned) -> list[IdentifierKey]:
        """Take in people of one instant.

        Answers identifiers that were found of an older version: they are unknown now.
        """
        stale = {row.id for row in found.people if known.people.get(row.id, row.doc) != row.doc}
        again = [key for key, owner in known.owners.items() if owner in stale] if stale else []
        for key in again:
            del known.owners[key]
            known.leaves.pop(key, None)
        for row in found.people:
            leaves = found.leaves[row.id]
            self._cache.remember(row.id, row.version, row.doc, leaves)
            known.people[row.id] = row.doc
            for key, leaf in leaves.items():
                _own(known, key, row.id, leaf)
        return again

    def components(self, known: Known, people: Iterable[ProfileId]) -> bool:
        """Add people's whole components, with everybody whom facts connect, as of one instant.

        Returns:
            False where somebody has changed since they were found; then `known` is of no use any
            more.
        """
        with self._reads.whole():
            waiting = [person for person in people if person not in known.members]
            while waiting:
                reached = self._members(known, waiting)
                if reached is None:
                    return False
                waiting = reached
        return True

    def _members(self, known: Known, people: list[ProfileId]) -> list[ProfileId] | None:
        """Add people with their members and links.

        Answers whom they lead to, or None where somebody changed meanwhile.
        """
        found = self._reads.people(people)
        if len(found) != len(people) or not _unchanged(known, found):
            return None
        known.members |= {owner: [] for owner in people}
        for row in self._reads.members(people):
            known.members[row.owner].append(Member(row.key, row.kind))
            if not _own(known, row.key, row.owner, row.leaf):
                return None
        links = self._reads.links_of(people)
        known.links |= {link.pair: link for link in links}
        ends = {key for link in links if link.status != BANNED for key in link.pair}
        beyond = [key for key in ends if key not in known.owners]
        if beyond and self._learn(known, self._reads.owned(beyond)):
            return None
        return list(
            {known.owners[key] for key in ends if key in known.owners} - known.members.keys()
        )

    def histories(
        self, known: Known, people: Collection[ProfileId], names: Iterable[tuple[str, str | None]]
    ) -> bool:
        """Add leaves and events of some people, as of one instant.

        Args:
            known: extended in place.
            people: stored people; those who are gone have no history.
            names: event types and names that matter; a name None is any.

        Returns:
            False where one of them has changed since they were found; then `known` is of no use any
            more.
        """
        ids = list(people)
        with self._reads.whole():
            found = self._reads.people(ids)
            here = {row.id for row in found}
            if any(
                person in known.people and person not in here for person in ids
            ) or not _unchanged(known, found):
                return False
            if not all(
                _own(known, row.key, row.owner, row.leaf) for row in self._reads.members(ids)
            ):
                return False
            known.histories |= self._reads.events(ids, names)
        return True

    def people(self, ids: Iterable[ProfileId]) -> list[PersonRow]:
        """People by id, those that exist, fresh from the store."""
        return self._reads.people(list(ids))

    def forget(self, wanted: Needed) -> None:
        """Drop everything remembered of whom and what a batch names, after a conflict."""
        for key in wanted.identifiers:
            found = self._cache.find(key)
            if found is not None:
                self._cache.forget(found[0])
        for pair in wanted.pairs:
            self._cache.links.drop(pair)

    def forget_all(self) -> None:
        """Drop everything remembered: what became of the last commit is not known."""
        self._cache = PeopleCache(self._cache.size)

    def expect_duplicates(self) -> None:
        """Ask for stored messages in advance, for a while."""
        self._checks_left = self._check_batches

    def remember(self, changes: Changes, packed: Iterable[tuple[Person, bytes]]) -> None:
        """Take in what was just committed.

        Args:
            changes: what was committed.
            packed: its people with their packed documents.
        """
        if self._checks_left:
            self._checks_left = self._check_batches if changes.duplicates else self._checks_left - 1
        leaves = {
            person.id: self._carried(person.id, changes.replaced.get(person.id))
            for person, _ in packed
        }
        gone = {profile: self._carried(profile, version) for profile, version in changes.gone}
        for loser, survivor in changes.absorbed:
            leaves[survivor] |= gone[loser]
        if (
            changes.moves
        ):  # whose identifiers these were is not told; what is not remembered is asked for
            leaves = {profile: {} for profile in leaves}
        for row in changes.identifiers:
            leaves[row.owner][row.identifier.key] = row.leaf
        for known in leaves.values():
            for key in known.keys() & changes.leaves.keys():
                known[key] = changes.leaves[key]
        for person, doc in packed:
            self._cache.replace(person.id, person.version, doc, leaves[person.id])
        for link in (*changes.links, *(after for _, after in changes.revised)):
            self._cache.links.put(link.pair, link)

    def _carried(
        self, profile: ProfileId, replaced: int | None
    ) -> dict[IdentifierKey, bytes | None]:
        """Forget a person.

        Answers their remembered leaves, if they are of the version that was replaced.
        """
        before = self._cache.forget(profile)
        return before.leaves if before is not None and before.version == replaced else {}


def _own(known: Known, key: IdentifierKey, owner: ProfileId, leaf: bytes | None) -> bool:
    """Note an identifier; False where it was known as somebody else's."""
    same = known.owners.get(key, owner) == owner
    known.owners[key] = owner
    if leaf is None:
        known.leaves.pop(key, None)
    else:
        known.leaves[key] = leaf
    return same


def _unchanged(known: Known, found: Iterable[PersonRow]) -> bool:
    """Note people; False where one was known of another version."""
    same = True
    for row in found:
        same &= known.people.get(row.id, row.doc) == row.doc
        known.people[row.id] = row.doc
    return same
