"""Leaves of identifiers while a batch is put together: where each is, and what is to be stored.

A person's only leaf is their view (`Person.sole`) and is not stored apart. Every other leaf is open
while events are folded into it, packed as it is to be stored, or as the store knows it.
"""

from domain.changes import LoadedState
from domain.ids import IdentifierKey
from domain.profiles.leaf import Leaf, decode_leaf, encode_leaf
from domain.profiles.profile import Person
from operators.segments.program import Program
from operators.unify.backfill import drop_retired


class Leaves:
    """The leaves of one batch.

    Args:
        loaded: what the store knows; not changed.

    Attributes:
        packed: leaves to be stored; None where an owner's view now stands for one.
    """

    def __init__(self, loaded: LoadedState) -> None:
        self._loaded = loaded
        self._open: dict[IdentifierKey, Leaf] = {}
        self._soles: dict[IdentifierKey, Leaf] = {}
        self.packed: dict[IdentifierKey, bytes | None] = {}

    def remember(self, person: Person) -> None:
        """Note a stored person's only leaf, which others may take over."""
        if person.sole is not None:
            self._soles[person.sole] = person.view

    def of(self, key: IdentifierKey) -> Leaf | None:
        """The leaf of an identifier, wherever it is; None where it has none."""
        return self._soles.get(key) or self._apart(key)

    def _apart(self, key: IdentifierKey) -> Leaf | None:
        packed = self.packed[key] if key in self.packed else self._loaded.leaves.get(key)
        return None if packed is None else decode_leaf(packed)

    def put(self, key: IdentifierKey, leaf: Leaf) -> None:
        """Store a leaf apart."""
        self.packed[key] = encode_leaf(leaf)

    def put_sole(self, person: Person) -> None:
        """Store a person's only leaf apart, where the view is one."""
        if person.sole is not None:
            self.put(person.sole, person.view)

    def make_sole(self, person: Person, key: IdentifierKey, leaf: Leaf) -> None:
        """Make a leaf the person's only one: their view."""
        person.sole, person.view = key, leaf
        self.packed[key] = None

    def receiving(self, person: Person, key: IdentifierKey, program: Program) -> Leaf | None:
        """The leaf that an event is to be folded into; None where the view alone receives it.

        Args:
            person: whose; from the second leaf on, none is their only one any more.
            key: strongest identifier of the event.
            program: whose aggregates the leaf keeps.
        """
        if person.sole == key or person.view.is_empty:
            person.sole = key
            return None
        if person.sole is not None:
            self.put_sole(person)
            person.sole = None
        leaf = self._open.get(key)
        if leaf is None:
            leaf = self._open[key] = self._apart(key) or Leaf()
            drop_retired(leaf, program)
        return leaf

    def flush(self) -> None:
        """Pack what was folded into."""
        for key, leaf in self._open.items():
            self.put(key, leaf)

    def take(self, key: IdentifierKey) -> bytes | None:
        """The packed leaf of an identifier whose row is new, and is written with it."""
        return self.packed.pop(key, None)
