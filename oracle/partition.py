"""How who is one person, as stored, differs from what all link facts say."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from domain.ids import IdentifierKey, ProfileId
from oracle.compare import Difference

Members = frozenset[IdentifierKey]


@dataclass
class Partition:
    """Who is one person, as stored.

    Attributes:
        owners: identifier → person.
        profiles: people who have a row.
        held: person → their identifiers; made from `owners`.
    """

    owners: Mapping[IdentifierKey, ProfileId]
    profiles: Collection[ProfileId]
    held: dict[ProfileId, set[IdentifierKey]] = field(
        default_factory=lambda: defaultdict(set), init=False
    )

    def __post_init__(self) -> None:
        for key, owner in self.owners.items():
            self.held[owner].add(key)


def partition_differences(
    stored: Partition,
    people: Iterable[Members],
    kinds: Mapping[IdentifierKey, str],
    sound: dict[ProfileId, Members],
) -> Iterator[Difference]:
    """Compare who is one person.

    Args:
        stored: as the tables have it.
        people: identifiers of each person, as the facts have it.
        kinds: of every identifier that an event names.
        sound: filled with the people whose identifiers are exactly right.
    """
    people = list(people)
    home = {key: number for number, members in enumerate(people) for key in members}
    for key, owner in stored.owners.items():
        if key not in home:
            yield _of_identifier(key, "no event names it", f"of person {owner.hex()}")
    for members in people:
        yield from _split(stored, members, kinds, sound)
    for owner, keys in sorted(stored.held.items()):
        homes = {home[key] for key in keys if key in home}
        if len(homes) > 1:
            yield _of_person(
                owner, "merged", f"{len(homes)} people", f"one person of {len(keys)} identifiers"
            )
        yield from _row(stored, owner, sound)
    for profile in sorted(set(stored.profiles) - stored.held.keys()):
        yield _of_person(profile, "profile", "absent", "a person without identifiers")


def _split(
    stored: Partition,
    members: Members,
    kinds: Mapping[IdentifierKey, str],
    sound: dict[ProfileId, Members],
) -> Iterator[Difference]:
    """Whether one person's identifiers are there, and are of one stored person."""
    absent = sorted(key for key in members if key not in stored.owners)
    for key in absent:
        yield _of_identifier(key, kinds[key], "absent")
    holders = sorted({stored.owners[key] for key in members if key in stored.owners})
    if len(holders) > 1:
        yield Difference(
            "identity",
            f"people {', '.join(holder.hex() for holder in holders)}",
            "split",
            f"one person of {len(members)} identifiers",
            f"{len(holders)} people",
        )
    elif len(holders) == 1 and not absent and stored.held[holders[0]] == members:
        sound[holders[0]] = members


def _row(
    stored: Partition, owner: ProfileId, sound: dict[ProfileId, Members]
) -> Iterator[Difference]:
    """Whether a person who has identifiers has a row, and is named by one of them."""
    keys = stored.held[owner]
    if owner not in stored.profiles:
        sound.pop(owner, None)
        yield _of_person(owner, "profile", f"a person of {len(keys)} identifiers", "absent")
    elif IdentifierKey(owner) not in keys:
        yield _of_person(owner, "id", "the key of one of their identifiers", "not one of theirs")


def _of_identifier(key: IdentifierKey, expected: str, found: str) -> Difference:
    return Difference("identity", f"identifier {key.hex()}", "row", expected, found)


def _of_person(person: ProfileId, what: str, expected: str, found: str) -> Difference:
    return Difference("identity", f"person {person.hex()}", what, expected, found)
