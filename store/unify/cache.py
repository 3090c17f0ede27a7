"""A bounded cache of people beside one worker.

It holds whole truths: a person's document at one version, with those of its identifiers that were
asked for at that version. Forgetting is always safe; a stale entry is found out by the version
check of the commit, because versions of one id never come again. Who puts in leaves vouches that
they are of that version (`store.unify.loading`).

Eviction by generations: entries used since the last turn survive it. Memory is bounded by twice the
configured number of people.
"""

from typing import Generic, TypeVar

from domain.ids import IdentifierKey, ProfileId
from domain.link import Link, Pair

K = TypeVar("K")
V = TypeVar("V")


class TwoGenerationCache(Generic[K, V]):
    """A map of two generations that drops entries not used for a while.

    Args:
        size: entries per generation; two generations are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value, or None; using an entry keeps it young."""
        value = self._young.get(key)
        if value is None:
            value = self._old.pop(key, None)
            if value is not None:
                self.put(key, value)
        return value

    def put(self, key: K, value: V) -> None:
        """Add an entry; the old generation is dropped when the young one is full."""
        if not self._size:
            return
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def drop(self, key: K) -> V | None:
        """Remove one entry; returns its value."""
        young = self._young.pop(key, None)
        old = self._old.pop(key, None)
        return old if young is None else young

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class CachedPerson:
    """One person at one version: packed document, and leaf or None per requested identifier."""

    __slots__ = ("doc", "leaves", "version")

    def __init__(self, version: int, doc: bytes, leaves: dict[IdentifierKey, bytes | None]) -> None:
        self.version = version
        self.doc = doc
        self.leaves = leaves


class PeopleCache:
    """People, their identifiers and link facts.

    Args:
        size: people to keep, roughly.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._people: TwoGenerationCache[ProfileId, CachedPerson] = TwoGenerationCache(size)
        self._owners: TwoGenerationCache[IdentifierKey, ProfileId] = TwoGenerationCache(size * 2)
        self.links: TwoGenerationCache[Pair, Link] = TwoGenerationCache(size)

    def find(self, key: IdentifierKey) -> tuple[ProfileId, CachedPerson] | None:
        """The owner of an identifier, if both are cached."""
        owner = self._owners.get(key)
        person = self._people.get(owner) if owner is not None else None
        return (
            (owner, person)
            if owner is not None and person is not None and key in person.leaves
            else None
        )

    def put(
        self,
        profile: ProfileId,
        version: int,
        doc: bytes,
        leaves: dict[IdentifierKey, bytes | None],
    ) -> None:
        """Add identifiers of a person as just read.

        Another version than before replaces the person.
        """
        person = self._people.get(profile)
        if person is None or person.version != version:
            self.replace(profile, version, doc, leaves)
            return
        person.leaves |= leaves
        for key in leaves:
            self._owners.put(key, profile)

    def replace(
        self,
        profile: ProfileId,
        version: int,
        doc: bytes,
        leaves: dict[IdentifierKey, bytes | None],
    ) -> None:
        """Put a person as just committed."""
        self._people.put(profile, CachedPerson(version, doc, leaves))
        for key in leaves:
            self._owners.put(key, profile)

    def forget(self, profile: ProfileId) -> CachedPerson | None:
        """Drop a person; returns the cached entry."""
        return self._people.drop(profile)

    def __len__(self) -> int:
        return len(self._people)
