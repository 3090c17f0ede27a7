"""Members of an audience at a platform that matches people, not rows (Meta, Google)."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

IdT = TypeVar("IdT", bound=Hashable)


@dataclass
class People(Generic[IdT]):
    """People as sets of identifiers.

    Attributes:
        people: who is in it.
        by_identifier: identifier → people who hold it.
    """

    people: set[frozenset[IdT]] = field(default_factory=set, init=False)
    by_identifier: defaultdict[IdT, set[frozenset[IdT]]] = field(
        default_factory=lambda: defaultdict(set), init=False
    )

    @property
    def size(self) -> int:
        """People in it."""
        return len(self.people)

    def add(self, person: frozenset[IdT]) -> None:
        """Put a person in."""
        self.people.add(person)
        for identifier in person:
            self.by_identifier[identifier].add(person)

    def remove(self, person: frozenset[IdT]) -> None:
        """Take out everybody who shares an identifier with this one."""
        for identifier in person:
            for held in list(self.by_identifier.get(identifier, ())):
                self.people.discard(held)
                for other in held:
                    self.by_identifier[other].discard(held)
