"""Walks the tables of one workspace and lists every difference from what the stored events say.

Two passes. The first reads all events once and keeps identifiers and link facts: only all of them
together decide who is one person. The second takes people in chunks and reads their events again.
Memory grows with identifiers and links, not with events, views or leaves.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId
from domain.keys import identifier_key
from domain.link import Link
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.profile import decode_person
from domain.segments.definition import WorkspaceDefinitions
from domain.stored import StoredEvent, StoredIdentifier, StoredMembership, StoredPerson
from oracle.compare import Difference, Expected, person_differences
from oracle.identity import Facts, Pair, Verdict, people_of
from oracle.links import link_differences
from oracle.record import Statement, read_bans, read_statement
from oracle.rules import NO_DEFINITIONS, PersonHistory, Subject
from oracle.standing import standing_differences

Progress = Callable[[str, int], None]
"""Told the step and how many more items of it are done."""


class Tables(Protocol):
    """The tables of one workspace as of one instant; every call sees the same state."""

    def events(self) -> Iterable[StoredEvent]:
        """Every event and command, in any order."""

    def events_of(
        self, leaves: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Iterable[StoredEvent]:
        """Events that the engine gave to one of these leaves, and these messages."""

    def owners(self) -> Iterable[tuple[IdentifierKey, ProfileId]]:
        """Every identifier with its person."""

    def identifiers_of(self, keys: Sequence[IdentifierKey]) -> Iterable[StoredIdentifier]:
        """Identifier rows with their leaves."""

    def profile_ids(self) -> Iterable[ProfileId]:
        """Every person."""

    def people(self, ids: Sequence[ProfileId]) -> Iterable[StoredPerson]:
        """Rows of people."""

    def links(self) -> Iterable[Link]:
        """Every link."""

    def memberships(self) -> Iterable[StoredMembership]:
        """Every membership."""


@dataclass(frozen=True)
class Rules:
    """What the workspace means by a person.

    Attributes:
        salt: its key of digests.
        definitions: its segments, computed traits and RFM as they are live.
        sweeping: a sweep is under way, so that people may still stand as an earlier revision of the
            definitions had them.
        foresee: also compute for everybody when each answer changes next: slower still.
        chunk: people compared at a time.
    """

    salt: bytes
    identity: IdentityRules
    profile: ProfileRules
    definitions: WorkspaceDefinitions = NO_DEFINITIONS
    sweeping: bool = False
    foresee: bool = False
    chunk: int = 2_000


@dataclass
class Totals:
    """How much was compared; filled while differences are read."""

    events: int = 0
    commands: int = 0
    identifiers: int = 0
    people: int = 0
    links: int = 0
    refused: int = 0
    banned: int = 0
    memberships: int = 0


@dataclass
class _Recomputed:
    facts: Facts = field(default_factory=Facts)
    misfiled: dict[MessageKey, IdentifierKey] = field(default_factory=dict)
    people: list[frozenset[IdentifierKey]] = field(default_factory=list)
    verdicts: dict[Pair, Verdict] = field(default_factory=dict)
    refused: Counter[IdentifierKey] = field(default_factory=Counter)
    last: dict[IdentifierKey, tuple[int, int]] = field(default_factory=dict)


def differences(
    tables: Tables,
    rules: Rules,
    now_ms: int,
    totals: Totals,
    progress: Progress = lambda _step, _done: None,
) -> Iterator[Difference]:
    """Recompute everything and compare.

    Args:
        tables: one consistent snapshot of a workspace.
        rules: of the workspace; they must be the ones its people were made with.
        now_ms: the instant whose stages and memberships are compared.
        totals: receives counts of what was compared.
        progress: told what is done.

    Yields:
        Every difference; none when the tables are right.
    """
    truth = _Recomputed()
    yield from _read(tables, rules, truth, totals, progress)
    truth.people, truth.verdicts = people_of(truth.facts, rules.identity)
    totals.identifiers, totals.people = len(truth.facts.kinds), len(truth.people)
    totals.links, totals.banned = len(truth.verdicts), len(truth.facts.banned)
    for pair, verdict in truth.verdicts.items():
        place = truth.facts.places[pair]
        for key in pair:
            truth.last[key] = max(
                truth.last.get(key, (place.at_ms, place.tie)), (place.at_ms, place.tie)
            )
            if verdict.status == "refused":
                truth.refused[key] += 1
        totals.refused += verdict.status == "refused"
    yield from link_differences(truth.facts, truth.verdicts, tables.links())
    sound: dict[ProfileId, frozenset[IdentifierKey]] = {}
    yield from _partition_differences(tables, truth, sound)
    memberships: dict[ProfileId, dict[SegmentId, int]] = defaultdict(dict)
    for membership in tables.memberships():
        memberships[membership.profile][membership.segment] = membership.version
        totals.memberships += 1
    people = sorted(sound.items())
    for start in range(0, len(people), rules.chunk):
        chunk = dict(people[start : start + rules.chunk])
        yield from _people_differences(tables, rules, truth, chunk, memberships, now_ms)
        progress("people", len(chunk))
    known = set(tables.profile_ids())
    for profile in sorted(memberships.keys() - known):
        yield Difference(
            "membership",
            f"person {profile.hex()}",
            "person",
            "absent",
            f"a member of {sorted(memberships[profile])}",
        )


def _read(
    tables: Tables, rules: Rules, truth: _Recomputed, totals: Totals, progress: Progress
) -> Iterator[Difference]:
    for event in tables.events():
        totals.events += 1
        if totals.events % rules.chunk == 0:
            progress("events", rules.chunk)
        if event.type == "unmerge":
            totals.commands += 1
            truth.facts.banned.update(read_bans(event))
            continue
        where = f"event {event.message_key.hex()}"
        statement = _statement(event, rules)
        if statement is None:
            yield Difference("event", where, "payload", "an event with identifiers", "unreadable")
            continue
        truth.facts.add(statement)
        strong = statement.named[0].key
        if strong != event.leaf:
            truth.misfiled[event.message_key] = strong
            yield Difference("event", where, "leaf", strong.hex(), event.leaf.hex())


def _statement(event: StoredEvent, rules: Rules) -> Statement | None:
    try:
        statement = read_statement(event, rules.salt, rules.identity, rules.profile)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
    ):  # a payload that the engine can never have accepted
        return None
    return statement if statement.named else None


def _partition_differences(
    tables: Tables, truth: _Recomputed, sound: dict[ProfileId, frozenset[IdentifierKey]]
) -> Iterator[Difference]:
    """Compare who is one person.

    Fills `sound` with the people whose identifiers are exactly right.
    """
    home = {key: number for number, members in enumerate(truth.people) for key in members}
    owners: dict[IdentifierKey, ProfileId] = dict(tables.owners())
    held: dict[ProfileId, set[IdentifierKey]] = defaultdict(set)
    for key, owner in owners.items():
        held[owner].add(key)
        if key not in home:
            yield Difference(
                "identity",
                f"identifier {key.hex()}",
                "row",
                "no event names it",
                f"of person {owner.hex()}",
            )
    profiles = set(tables.profile_ids())
    for members in truth.people:
        absent = sorted(key for key in members if key not in owners)
        for key in absent:
            yield Difference(
                "identity", f"identifier {key.hex()}", "row", truth.facts.kinds[key], "absent"
            )
        holders = sorted({owners[key] for key in members if key in owners})
        if len(holders) > 1:
            yield Difference(
                "identity",
                f"people {_hex(holders)}",
                "split",
                f"one person of {len(members)} identifiers",
                f"{len(holders)} people",
            )
        elif len(holders) == 1 and not absent and held[holders[0]] == members:
            sound[holders[0]] = members
    for owner, keys in sorted(held.items()):
        homes = {home[key] for key in keys if key in home}
        if len(homes) > 1:
            yield Difference(
                "identity",
                f"person {owner.hex()}",
                "merged",
                f"{len(homes)} people",
                f"one person of {len(keys)} identifiers",
            )
        if owner not in profiles:
            sound.pop(owner, None)
            yield Difference(
                "identity",
                f"person {owner.hex()}",
                "profile",
                f"a person of {len(keys)} identifiers",
                "absent",
            )
        elif IdentifierKey(owner) not in keys:
            yield Difference(
                "identity",
                f"person {owner.hex()}",
                "id",
                "the key of one of their identifiers",
                "not one of theirs",
            )
    for profile in sorted(profiles - held.keys()):
        yield Difference(
            "identity",
            f"person {profile.hex()}",
            "profile",
            "absent",
            "a person without identifiers",
        )


def _people_differences(
    tables: Tables,
    rules: Rules,
    truth: _Recomputed,
    chunk: dict[ProfileId, frozenset[IdentifierKey]],
    memberships: dict[ProfileId, dict[SegmentId, int]],
    now_ms: int,
) -> Iterator[Difference]:
    owner_of = {key: profile for profile, members in chunk.items() for key in members}
    events: dict[IdentifierKey, dict[MessageKey, Statement]] = defaultdict(dict)
    strays = [message for message, leaf in truth.misfiled.items() if leaf in owner_of]
    for event in tables.events_of(list(owner_of), strays):
        statement = None if event.type == "unmerge" else _statement(event, rules)
        if statement is not None and statement.named[0].key in owner_of:
            events[statement.named[0].key][event.message_key] = statement
    rows: dict[ProfileId, list[StoredIdentifier]] = defaultdict(list)
    for row in tables.identifiers_of(list(owner_of)):
        rows[row.profile].append(row)
        kind = truth.facts.kinds[row.key]
        if row.kind != kind or identifier_key(rules.salt, row.kind, row.value) != row.key:
            yield Difference(
                "identity",
                f"identifier {row.key.hex()}",
                "kind, value",
                f"{kind}, as sent",
                f"{row.kind}, another value",
            )
    for stored in tables.people(list(chunk)):
        members = chunk[stored.id]
        expected = Expected(
            kinds={key: truth.facts.kinds[key] for key in members},
            events={key: list(events[key].values()) for key in members if events.get(key)},
            refused=sum(truth.refused[key] for key in members),
            last_link=max((truth.last[key] for key in members if key in truth.last), default=None),
        )
        yield from _person_differences(
            expected, stored, rows[stored.id], memberships.get(stored.id, {}), rules, now_ms
        )


def _person_differences(
    expected: Expected,
    stored: StoredPerson,
    identifiers: list[StoredIdentifier],
    memberships: dict[SegmentId, int],
    rules: Rules,
    now_ms: int,
) -> Iterator[Difference]:
    try:
        person = decode_person(stored.doc)
    except msgspec.DecodeError:
        yield Difference("person", f"person {stored.id.hex()}", "doc", "a person", "unreadable")
        return
    yield from person_differences(expected, stored, person, identifiers, rules.profile)
    statements = [event for events in expected.events.values() for event in events]
    history = PersonHistory(statements, Counter(expected.kinds.values()), frozenset(memberships))
    subject = Subject(rules.definitions, history, rules.profile)
    yield from standing_differences(
        subject, stored, person, memberships, now_ms, sweeping=rules.sweeping, foresee=rules.foresee
    )


def _hex(keys: Iterable[bytes]) -> str:
    return ", ".join(key.hex() for key in keys)
