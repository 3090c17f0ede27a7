"""What an unmerge leaves: the people whom a batch's changes bring about, beside who they were.

Pure; nothing is decided here: the changes are those of `operators.unify.batch`, so that what is
foretold of an unmerge is what it does.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from domain.changes import Changes, LoadedState
from domain.ids import IdentifierKey, ProfileId
from domain.profiles.profile import Person, decode_person


class Part(NamedTuple):
    """One person as an unmerge leaves them.

    Attributes:
        person: their row, as it is written.
        identifiers: all that they have, in order.
        before: whoever has any of these identifiers until then.
    """

    person: Person
    identifiers: tuple[IdentifierKey, ...]
    before: tuple[Person, ...]


def unmerged(
    changes: Changes, loaded: LoadedState, concerned: Collection[IdentifierKey]
) -> list[Part]:
    """The people whose identifiers change, and everybody with one that is asked for.

    Args:
        changes: of the command alone.
        loaded: what they were decided with, whole components.
        concerned: identifiers of the person who is split.

    Returns:
        People by how many identifiers they have, most first; then by id.
    """
    gone = dict(changes.absorbed)
    held: dict[ProfileId, set[IdentifierKey]] = defaultdict(set)
    had: dict[ProfileId, set[IdentifierKey]] = defaultdict(set)
    for key, owner in loaded.owners.items():
        had[owner].add(key)
        held[changes.moves.get(key, gone.get(owner, owner))].add(key)
    before = {owner: decode_person(loaded.people[owner]) for owner in had}
    parts = [
        Part(
            person,
            tuple(sorted(held[person.id])),
            tuple(
                before[owner] for owner in sorted({loaded.owners[key] for key in held[person.id]})
            ),
        )
        for person in changes.people
        if held[person.id] != had.get(person.id) or not held[person.id].isdisjoint(concerned)
    ]
    return sorted(parts, key=lambda part: (-len(part.identifiers), part.person.id))
