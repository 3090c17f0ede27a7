"""The values between the pure core and the store: what was loaded, and what a batch changes.

And what is told of a committed batch outside the database.
"""

from typing import NamedTuple

import msgspec

from domain.event import Command, DeadLetter, Event, Identifier
from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId, WorkspaceId
from domain.link import Link, Pair
from domain.privacy.erasure import Erased
from domain.profiles.profile import Person


class Member(NamedTuple):
    """One stored identifier of a person."""

    key: IdentifierKey
    kind: str


class HistoryEvent(NamedTuple):
    """The parts of a stored event that aggregates need.

    Attributes:
        leaf: the identifier that received it.
        at_ms: event time.
        message: its message key; the first half orders events of one instant.
        message_id: as the client sent it; None where it sent none.
        properties: the JSON of its properties; empty where it has none. Nothing else of it is held:
            some people have a million events.
    """

    leaf: IdentifierKey
    type: str
    name: str
    at_ms: int
    message: MessageKey
    message_id: str | None
    properties: bytes


class LoadedState(msgspec.Struct):
    """What the store has about a batch's identifiers. Never changed by the core.

    Attributes:
        owners: identifier → person, for those asked for that are stored.
        people: person → packed `Person`, for every owner.
        leaves: identifier → packed leaf, for those asked for that have one stored apart.
        links: pair → fact, for those asked for that are stored.
        stored: messages asked for that are stored already.
        members: person → all of its identifiers, for people whose whole component was asked for. A
            component is everybody whom any chain of facts that are not banned connects, refused
            ones included; its links and leaves are complete in the fields above.
        histories: person → stored events that their newer aggregates are made from, for people
            asked for; their leaves are complete in the fields above.
        erased: what is remembered of identifiers asked for that were erased.
        around: identifiers all of whose links are known.
        later: leaf → its stored events from after an erasure, for leaves asked for.
        cut: people whom the batch takes identifiers from; never loaded, the core's own note.
    """

    owners: dict[IdentifierKey, ProfileId] = {}
    people: dict[ProfileId, bytes] = {}
    leaves: dict[IdentifierKey, bytes] = {}
    links: dict[Pair, Link] = {}
    stored: set[MessageKey] = set()
    members: dict[ProfileId, list[Member]] = {}
    histories: dict[ProfileId, list[HistoryEvent]] = {}
    erased: dict[IdentifierKey, Erased] = {}
    around: set[IdentifierKey] = set()
    later: dict[IdentifierKey, list[Event]] = {}
    cut: frozenset[ProfileId] = frozenset()


class NeedMore(msgspec.Struct, frozen=True):
    """The core needs more loaded state to decide.

    Attributes:
        people: whose whole components must be known.
        histories: whose stored events must be known (`operators.unify.backfill`), as far as newer
            aggregates look at them.
        later: leaves whose stored events from after an instant, in ms, must be known.
        around: identifiers whose links must be known, with the whole components of everybody at
            their ends.
    """

    people: frozenset[ProfileId] = frozenset()
    histories: frozenset[ProfileId] = frozenset()
    later: frozenset[tuple[IdentifierKey, int]] = frozenset()
    around: frozenset[IdentifierKey] = frozenset()


class NewIdentifier(NamedTuple):
    """A row of ``identifiers`` to insert."""

    workspace: WorkspaceId
    identifier: Identifier
    owner: ProfileId
    leaf: bytes | None


class Merge(NamedTuple):
    """One entry of the merge history.

    Attributes:
        kind: merge, split (a late event changed the order of facts) or unmerge.
        survivor: merge: who absorbed; else who was split.
        other: merge: who was absorbed; else who came out.
        cause: the event or command.
        link: the fact that united them, where one did.
        occurred_ms: event time of the cause.
    """

    workspace: WorkspaceId
    kind: str
    survivor: ProfileId
    other: ProfileId
    cause: MessageKey
    link: Pair | None
    occurred_ms: int


class Change(NamedTuple):
    """One person entering (+1) or leaving (−1) a segment, or staying with other identifiers (0)."""

    workspace: WorkspaceId
    segment: SegmentId
    profile: ProfileId
    delta: int
    version: int
    cause: str
    urgent: bool


class Counted(NamedTuple):
    """Key of one observation: (workspace, signal, minute in ms, `domain.signals.metrics` name)."""

    workspace: WorkspaceId
    signal: str
    minute_ms: int
    metric: str


class Suppressed(NamedTuple):
    """An event that is not kept, because it was said of somebody who was erased."""

    event: Event


class Erasure(msgspec.Struct, frozen=True):
    """What one command removes.

    Attributes:
        command: message key of the command.
        keys: identifiers that it names.
        stored: those of them that are stored.
        people: whose they are.
        joined: other identifiers of these people, which they keep.
        neighbours: identifiers whose stored events may name an erased one.
        until_ms: events that happened until then are erased.
        entries: identifier → what is remembered of it.
    """

    workspace: WorkspaceId
    command: MessageKey
    keys: tuple[IdentifierKey, ...]
    stored: tuple[IdentifierKey, ...]
    people: tuple[ProfileId, ...]
    joined: tuple[IdentifierKey, ...]
    neighbours: tuple[IdentifierKey, ...]
    until_ms: int
    entries: dict[IdentifierKey, Erased]


class Withdrawal(NamedTuple):
    """People who no longer consent to a purpose; ids that they had or have.

    Attributes:
        purpose: `domain.profiles.consent.ANY_USE` where they are restricted: then it is every file.
    """

    workspace: WorkspaceId
    purpose: str
    people: tuple[ProfileId, ...]


class Changes(msgspec.Struct):
    """Everything a batch does, to be written in one transaction or not at all.

    Attributes:
        events: accepted events and commands.
        dead_letters: records that could not be processed.
        identifiers: new identifier rows.
        absorbed: (loser, survivor): every stored identifier of the loser moves.
        moves: identifier → person, for stored identifiers that move one by one.
        leaves: identifier → packed leaf, or None where the owner's view now stands for it; only
            stored identifiers.
        people: rows with their new version.
        replaced: person → the version that was read of them, which must still be the stored one;
            who is not in it is an insert.
        gone: (person, version) rows to delete.
        links: facts to insert; one that somebody else has inserted meanwhile is a conflict.
        revised: (as known, as it is now): facts to replace; one that is no longer as it was known
            is a conflict.
        merges: history.
        memberships: outbox rows; memberships follow from them.
        confirmed: (segment, person, version): members who stay under a newer version of the
            definition.
        revision: of the definitions that all this was decided with; another one at the commit is a
            conflict.
        observed: additive counters.
        duplicates: events whose message was stored before.
        redriven: dead letters that this batch settles.
        suppressed: (workspace, message) of events that are not kept; another copy is a duplicate.
        erasures: what commands remove, before everything else is written.
        withdrawals: consent that was granted before.
        stated: messages of operators' statements.
        judged: of `judged_keys`, until when events of those that were erased before are not kept;
            anything else at the commit is a conflict.
    """

    now_ms: int
    events: list[Event | Command] = []
    dead_letters: list[DeadLetter] = []
    identifiers: list[NewIdentifier] = []
    absorbed: list[tuple[ProfileId, ProfileId]] = []
    moves: dict[IdentifierKey, ProfileId] = {}
    leaves: dict[IdentifierKey, bytes | None] = {}
    people: list[Person] = []
    replaced: dict[ProfileId, int] = {}
    gone: list[tuple[ProfileId, int]] = []
    links: list[Link] = []
    revised: list[tuple[Link, Link]] = []
    merges: list[Merge] = []
    memberships: list[Change] = []
    confirmed: list[tuple[SegmentId, ProfileId, int]] = []
    revision: int = 0
    observed: dict[Counted, float] = {}
    duplicates: int = 0
    redriven: list[int] = []
    suppressed: list[tuple[WorkspaceId, MessageKey]] = []
    erasures: list[Erasure] = []
    withdrawals: list[Withdrawal] = []
    stated: list[MessageKey] = []
    judged: dict[IdentifierKey, int] = {}

    def judged_keys(self) -> set[IdentifierKey]:
        """Identifiers that this was decided about without their person's version to vouch for it.

        New ones, the ends of new links, and those that an event names beside the one whose person
        it changes.
        """
        keys = {row.identifier.key for row in self.identifiers}
        keys.update(key for link in self.links for key in link.pair)
        for event in self.events:
            if isinstance(event, Event):
                keys.update([one.key for one in event.identifiers[1:]])
        return keys


class Facts(NamedTuple):
    """Consequences of one commit, for projections and pictures.

    Attributes:
        profiles: people who changed or are gone.
        identifiers: identifiers that belong to somebody else now.
        events: events accepted.
    """

    profiles: tuple[ProfileId, ...] = ()
    identifiers: tuple[IdentifierKey, ...] = ()
    events: int = 0
