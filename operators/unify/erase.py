"""Erases identifiers: what is stored without them, as if no event had ever named them.

The law: people, links and memberships are what they would be had no event that happened until the
erasure named an erased identifier. So the answer is a function of the events alone; it does not
depend on when the command is read among them.

An identifier may have been used again between the command's arrival and its turn. These later
events are stored; they are taken in once more, as those of new identifiers.
"""

from collections.abc import Sequence

import msgspec

from domain.changes import Change, Changes, Erasure, LoadedState, NeedMore
from domain.event import Erase, Event
from domain.ids import IdentifierKey, MessageKey, ProfileId
from domain.link import BANNED, LIFTED, Link
from domain.privacy.erasure import FOREVER_MS, NEVER_MS, Erased, void
from domain.profiles.leaf import Leaf, decode_leaf
from domain.profiles.profile import FactKey, Person, decode_person, encode_person
from operators.identity.resolve import Resolver
from operators.unify.later import LaterEvents

CAUSE = "erasure"
"""Why somebody left a segment: they were erased."""


def missing(commands: Sequence[Erase], loaded: LoadedState) -> NeedMore | None:
    """What must be loaded before these commands can be carried out; None where all of it is.

    Args:
        commands: of one batch, not stored yet.
        loaded: what is stored of their identifiers.
    """
    keys = frozenset(key for command in commands for key in command.identifiers)
    if not keys <= loaded.around:
        return NeedMore(around=keys)
    since: dict[IdentifierKey, int] = {}
    for command in commands:
        if command.until_ms < FOREVER_MS:
            for leaf in (*_stored(command, loaded), *_neighbours(command, loaded)):
                since[leaf] = min(since.get(leaf, command.until_ms), command.until_ms)
    later = frozenset((leaf, at_ms) for leaf, at_ms in since.items() if leaf not in loaded.later)
    return NeedMore(later=later) if later else None


def own(commands: Sequence[Erase], loaded: LoadedState) -> list[Erase]:
    """Commands without identifiers that somebody of another workspace has."""
    return [
        msgspec.structs.replace(
            command,
            identifiers=tuple(
                key
                for key in command.identifiers
                if key not in loaded.owners
                or decode_person(loaded.people[loaded.owners[key]]).workspace == command.workspace
            ),
        )
        for command in commands
    ]


def _stored(command: Erase, loaded: LoadedState) -> list[IdentifierKey]:
    return [key for key in command.identifiers if key in loaded.owners]


def _neighbours(command: Erase, loaded: LoadedState) -> list[IdentifierKey]:
    """Other identifiers that some event may name together with one that is erased."""
    erased = set(command.identifiers)
    ends = {end for pair in loaded.links if not erased.isdisjoint(pair) for end in pair}
    return sorted(ends - erased)


class Erasing:
    """The erasures of one batch.

    Args:
        commands: not stored yet, at least one; `missing` has nothing more to ask.
        loaded: everything stored that they concern; not changed.

    Attributes:
        rest: what is stored without the erased identifiers.
    """

    def __init__(self, commands: Sequence[Erase], loaded: LoadedState) -> None:
        self._commands = commands
        self._before = loaded
        self._keys = frozenset(key for command in commands for key in command.identifiers)
        self._gone = self._keys | self._unnamed()
        self._people = {
            owner: decode_person(loaded.people[owner])
            for owner in sorted({loaded.owners[key] for key in self._gone & loaded.owners.keys()})
        }
        self._told: set[ProfileId] = set()
        self._erased = self._entries()
        untils = {key: erased.until_ms for key, erased in self._erased.items()}
        self.rest = self._without()
        self._later = LaterEvents(loaded, self._keys, untils)

    def _unnamed(self) -> frozenset[IdentifierKey]:
        """Other identifiers that no event names any more.

        They received no event, and all that state them name an erased identifier, too.
        """
        loaded, keys = self._before, self._keys
        stated = {
            end
            for pair, link in loaded.links.items()
            if link.is_stated and keys.isdisjoint(pair)
            for end in pair
        }
        return frozenset(
            end
            for command in self._commands
            for end in _neighbours(command, loaded)
            if end in loaded.owners
            and end not in stated
            and not self._receives(end)
            and end not in keys
        )

    def _receives(self, key: IdentifierKey) -> bool:
        """Whether an identifier received any event."""
        packed = self._before.leaves.get(key)
        if packed is not None:
            return not decode_leaf(packed).is_empty
        return decode_person(self._before.people[self._before.owners[key]]).sole == key

    def _entries(self) -> dict[IdentifierKey, Erased]:
        """What is remembered of every identifier from now on."""
        found = dict(self._before.erased)
        untils: dict[IdentifierKey, int] = dict.fromkeys(self._gone, NEVER_MS)
        for command in self._commands:
            for key in command.identifiers:
                untils[key] = max(untils[key], command.until_ms)
        for key, until_ms in untils.items():
            known = found.get(key, Erased(NEVER_MS, 0))
            owner = self._before.owners.get(key)
            version = self._people[owner].version if owner is not None else 0
            found[key] = Erased(max(known.until_ms, until_ms), max(known.version, version))
        return found

    def _without(self) -> LoadedState:
        loaded, gone = self._before, self._gone
        return msgspec.structs.replace(
            loaded,
            owners={key: owner for key, owner in loaded.owners.items() if key not in gone},
            people=loaded.people
            | {owner: encode_person(self._stripped(one)) for owner, one in self._people.items()},
            leaves={key: leaf for key, leaf in loaded.leaves.items() if key not in gone},
            links={
                pair: link for pair, link in loaded.links.items() if self._keys.isdisjoint(pair)
            },
            members={
                owner: [member for member in members if member.key not in gone]
                for owner, members in loaded.members.items()
            },
            histories={
                owner: [event for event in events if event.leaf not in gone]
                for owner, events in loaded.histories.items()
            },
            erased=self._erased,
            cut=frozenset(self._people),
        )

    def _stripped(self, person: Person) -> Person:
        """A person as if nothing had been evaluated of them yet, without an only leaf that goes."""
        gone = person.sole in self._gone
        return Person(
            person.id,
            person.workspace,
            person.version,
            Leaf() if gone else person.view,
            person.kinds,
            None if gone else person.sole,
            built=person.built,
        )

    def apply(self, resolver: Resolver) -> None:
        """Have everybody concerned decided afresh, and the facts of later events taken in.

        Args:
            resolver: of the batch, over `rest`; nothing else has been taken in.
        """
        first = {command.workspace: command for command in reversed(self._commands)}
        concerned = self._concerned()
        for workspace, command in first.items():
            people = [
                profile
                for profile in concerned
                if decode_person(self.rest.people[profile]).workspace == workspace
            ]
            resolver.reopen(people, workspace, (command.message_key, command.received_ms))
        for pair, link in sorted(self._before.links.items()):
            own = first.get(link.workspace)
            if own is not None and not self._keys.isdisjoint(pair) and self._is_ruled(link):
                resolver.facts[pair] = _unstated(link, own.message_key)
        self._later.restate(resolver)

    def _is_ruled(self, link: Link) -> bool:
        """Whether a command about a pair arrived after the erasure of its ends."""
        return link.ruled_ms > 0 and not void(link.pair, link.ruled_ms, self._erased)

    def _concerned(self) -> set[ProfileId]:
        """People who keep identifiers, and those whom a fact connects with what is erased."""
        owners = self.rest.owners
        joined = {owner for owner in self._people if self.rest.members[owner]}
        return joined | {
            owners[end]
            for link in self._before.links.values()
            if link.holds and not self._keys.isdisjoint(link.pair)
            for end in link.pair
            if end in owners
        }

    def received(self) -> list[Event]:
        """Later events that an erased identifier received, to be folded once more."""
        return self._later.received()

    def record(self, changes: Changes) -> None:
        """Enter what the commands remove into the changes, in place.

        Args:
            changes: of the batch, everything else decided.
        """
        written = {person.id for person in changes.people}
        absorbed = {person for person, _ in changes.gone}
        left = set(self._gone)
        for command in self._commands:
            erasure = self._erasure(command, left)
            left -= set(erasure.stored)
            changes.erasures.append(erasure)
            for person in erasure.people:
                stored = self._people[person]
                # Before whatever somebody new with the same id enters.
                changes.memberships[:0] = [
                    Change(stored.workspace, segment, person, -1, version, CAUSE, urgent=True)
                    for segment, version in sorted(stored.segments.items())
                ]
                if person in written:
                    changes.replaced.setdefault(person, stored.version)
                elif person not in absorbed:
                    changes.gone.append((person, stored.version))

    def _erasure(self, command: Erase, left: set[IdentifierKey]) -> Erasure:
        """What one command removes of what the commands before it have left."""
        before = self._before
        neighbours = _neighbours(command, before)
        unnamed = [key for key in neighbours if key not in self._keys]
        stored = [
            key for key in (*command.identifiers, *unnamed) if key in left and key in before.owners
        ]
        people = sorted({before.owners[key] for key in stored} - self._told)
        self._told.update(people)
        again = {event.identifiers[0].key for event in self.received()}
        return Erasure(
            command.workspace,
            command.message_key,
            command.identifiers,
            tuple(stored),
            tuple(people),
            tuple(member.key for person in people for member in self.rest.members[person]),
            tuple(sorted({*neighbours, *again} - (self._gone - again))),
            command.until_ms,
            {key: self._erased[key] for key in (*command.identifiers, *stored)},
        )


def _unstated(link: Link, cause: MessageKey) -> Link:
    """What an operator said of a pair, where no event states it any more."""
    banned = link.status == BANNED
    return msgspec.structs.replace(
        link,
        key=FactKey(link.ruled_ms, 0),
        cause=cause,
        rank=0,
        status=BANNED if banned else LIFTED,
        reason=link.reason if banned else "",
    )
