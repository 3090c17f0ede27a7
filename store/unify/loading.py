"""Loads and caches what a batch needs, always of exactly one version per person.

Statements are asked of `Reads`, so that PostgreSQL and the simulation's in-memory store run this
same code, cache included.

Three rules keep the law:

- what one statement finds is of one instant; where it shows that somebody has changed since they
  were found earlier (in the cache, or by an earlier statement), what was found earlier is dropped
  and asked for again, or the batch is restarted;
- what is cached of a person is one `CachedPerson`: a version, its document, and leaves of that
  version;
- a commit carries leaves over to the new version only from the cached entry of the very version
  that it replaced.
"""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

from domain.changes import Changes, LoadedState, Member
from domain.ids import IdentifierKey, ProfileId
from domain.link import Pair
from domain.profiles.profile import Person
from operators.unify.read_set import ReadSet
from store.unify.cache import PeopleCache
from store.unify.reads import LaterRow, Named, Owned, PersonRow, Reads


class Loader:
    """Reads and caches for one worker.

    Args:
        reads: the statements.
        cache_people: people to cache.
        check_batches: after a batch with duplicates, ask for stored messages in advance for this
            many batches; otherwise a duplicate is found out by the unique index, at the price of a
            second try.
    """

    def __init__(self, reads: Reads, cache_people: int, check_batches: int) -> None:
        self._reads = reads
        self._cache = PeopleCache(cache_people)
        self._check_batches = check_batches
        self._checks_left = check_batches

    def load(self, read_set: ReadSet) -> LoadedState:
        """Load a batch's identifiers, pairs and messages.

        From the cache, the rest in one round trip.
        """
        loaded = LoadedState()
        absent: list[IdentifierKey] = []
        for key in read_set.identifiers:
            found = self._cache.find(key)
            if found is None:
                absent.append(key)
                continue
            owner, person = found
            loaded.people[owner] = person.doc
            _own(loaded, key, owner, person.leaves[key])
        unlinked: list[Pair] = []
        unknown = set(absent)
        for pair in read_set.pairs:
            # A cached fact holds as long as its ends do: an erasure takes both away.
            link = self._cache.links.get(pair) if unknown.isdisjoint(pair) else None
            if link is None:
                unlinked.append(pair)
            else:
                loaded.links[pair] = link
        messages = list(read_set.messages) if self._checks_left else []
        if absent or unlinked or messages:
            self._take_named(loaded, self._reads.named(unlinked, absent, messages))
        if loaded.erased:
            self._read_again(loaded, read_set.pairs)
        return loaded

    def _read_again(self, loaded: LoadedState, pairs: Iterable[Pair]) -> None:
        """Read the links of erased identifiers once more.

        They were read before the identifiers, which may have been erased in between.
        """
        again = [pair for pair in pairs if not loaded.erased.keys().isdisjoint(pair)]
        for pair in again:
            loaded.links.pop(pair, None)
            self._cache.links.drop(pair)
        if again:
            named = self._reads.named(again, (), ())
            loaded.links |= {link.pair: link for link in named.links}

    def _take_named(self, loaded: LoadedState, named: Named) -> None:
        for link in named.links:
            self._cache.links.put(link.pair, link)
            loaded.links[link.pair] = link
        loaded.stored.update(named.messages)
        again = self._learn(loaded, named.owned)
        while again:
            again = self._learn(loaded, self._reads.owned(again))

    def _learn(self, loaded: LoadedState, owned: Owned) -> list[IdentifierKey]:
        """Take in people of one instant.

        Answers identifiers that were found of an older version: they are unknown now.
        """
        stale = {row.id for row in owned.people if loaded.people.get(row.id, row.doc) != row.doc}
        again = [key for key, owner in loaded.owners.items() if owner in stale] if stale else []
        for key in again:
            del loaded.owners[key]
            loaded.leaves.pop(key, None)
        loaded.erased |= owned.erased
        for row in owned.people:
            leaves = owned.leaves[row.id]
            self._cache.put(row.id, row.version, row.doc, _lasting(leaves, owned.erased))
            loaded.people[row.id] = row.doc
            for key, leaf in leaves.items():
                _own(loaded, key, row.id, leaf)
        return again

    def around(self, loaded: LoadedState, keys: AbstractSet[IdentifierKey]) -> bool:
        """Add all links of identifiers, and whole components of everybody at their ends.

        As of one instant; a pair that an operator banned has ends, too.

        Returns:
            False where somebody has changed since they were found; then `loaded` is of no use any
            more.
        """
        with self._reads.whole():
            links = self._reads.links_at(list(keys))
            known = {pair: link for pair, link in loaded.links.items() if keys.isdisjoint(pair)}
            loaded.links = known | {link.pair: link for link in links}
            ends = {*keys, *(key for link in links for key in link.pair)}
            owned = self._reads.owned(list(ends))
            stored = {key for leaves in owned.leaves.values() for key in leaves}
            if ends & loaded.owners.keys() - stored or self._learn(loaded, owned):
                return False
            waiting = [row.id for row in owned.people if row.id not in loaded.members]
            if not self._connect(loaded, waiting):
                return False
        loaded.around.update(keys)
        return True

    def components(self, loaded: LoadedState, people: Iterable[ProfileId]) -> bool:
        """Add people's whole components, including everyone whom facts connect, as of one instant.

        Returns:
            False where somebody has changed since they were found; then `loaded` is of no use any
            more.
        """
        with self._reads.whole():
            waiting = [person for person in people if person not in loaded.members]
            return self._connect(loaded, waiting)

    def _connect(self, loaded: LoadedState, waiting: list[ProfileId]) -> bool:
        while waiting:
            reached = self._members(loaded, waiting)
            if reached is None:
                return False
            waiting = reached
        return True

    def _members(self, loaded: LoadedState, people: list[ProfileId]) -> list[ProfileId] | None:
        """Add people with their members and links.

        Returns the people they lead to, or None where somebody changed meanwhile.
        """
        found = self._reads.people(people)
        if len(found) != len(people) or not _unchanged(loaded, found):
            return None
        loaded.members |= {owner: [] for owner in people}
        for row in self._reads.members(people):
            loaded.members[row.owner].append(Member(row.key, row.kind))
            if not _own(loaded, row.key, row.owner, row.leaf):
                return None
        links = self._reads.links_of(people)
        loaded.links |= {link.pair: link for link in links}
        ends = {key for link in links if link.holds for key in link.pair}
        beyond = [key for key in ends if key not in loaded.owners]
        if beyond and self._learn(loaded, self._reads.owned(beyond)):
            return None
        return list(
            {loaded.owners[key] for key in ends if key in loaded.owners} - loaded.members.keys()
        )

    def histories(
        self,
        loaded: LoadedState,
        people: Collection[ProfileId],
        names: Iterable[tuple[str, str | None]],
    ) -> bool:
        """Add leaves and events of some people, as of one instant.

        Args:
            loaded: extended in place.
            people: stored people; those who are gone have no history.
            names: event types and names that matter; a name None is any.

        Returns:
            False where one of them has changed since they were found; then `loaded` is of no use
            any more.
        """
        ids = list(people)
        with self._reads.whole():
            found = self._reads.people(ids)
            here = {row.id for row in found}
            if any(
                person in loaded.people and person not in here for person in ids
            ) or not _unchanged(loaded, found):
                return False
            if not all(
                _own(loaded, row.key, row.owner, row.leaf) for row in self._reads.members(ids)
            ):
                return False
            loaded.histories |= self._reads.events(ids, names)
        return True

    def later(self, leaves: Iterable[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        """The stored events of leaves from after an instant each, ms."""
        return self._reads.later(sorted(leaves))

    def people(self, ids: Iterable[ProfileId]) -> list[PersonRow]:
        """People by id, those that exist, fresh from the store."""
        return self._reads.people(list(ids))

    def forget(self, read_set: ReadSet) -> None:
        """Drop the cached entries of a batch's identifiers and pairs, after a conflict."""
        for key in read_set.identifiers:
            found = self._cache.find(key)
            if found is not None:
                self._cache.forget(found[0])
        for pair in read_set.pairs:
            self._cache.links.drop(pair)

    def forget_all(self) -> None:
        """Drop the whole cache: the result of the last commit is unknown."""
        self._cache = PeopleCache(self._cache.size)

    def expect_duplicates(self) -> None:
        """Ask for stored messages in advance, for a while."""
        self._checks_left = self._check_batches

    def cache_commit(self, changes: Changes, packed: Iterable[tuple[Person, bytes]]) -> None:
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
        # Whose identifiers these were is not told; what is not remembered is asked for.
        if changes.moves or changes.erasures:
            leaves = {profile: {} for profile in leaves}
        for row in changes.identifiers:
            if row.identifier.key not in changes.judged:
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

        Returns their cached leaves, if they are of the version that was replaced.
        """
        before = self._cache.forget(profile)
        return before.leaves if before is not None and before.version == replaced else {}


def _lasting(
    leaves: Mapping[IdentifierKey, bytes | None], erased: Collection[IdentifierKey]
) -> dict[IdentifierKey, bytes | None]:
    """The identifiers that may be cached.

    Those that were erased once are asked for each time: what is remembered of them is not cached.
    """
    return {key: leaf for key, leaf in leaves.items() if key not in erased}


def _own(loaded: LoadedState, key: IdentifierKey, owner: ProfileId, leaf: bytes | None) -> bool:
    """Note an identifier; False where it was known as somebody else's."""
    same = loaded.owners.get(key, owner) == owner
    loaded.owners[key] = owner
    if leaf is None:
        loaded.leaves.pop(key, None)
    else:
        loaded.leaves[key] = leaf
    return same


def _unchanged(loaded: LoadedState, rows: Iterable[PersonRow]) -> bool:
    """Note people; False where one was known of another version."""
    same = True
    for row in rows:
        same &= loaded.people.get(row.id, row.doc) == row.doc
        loaded.people[row.id] = row.doc
    return same
