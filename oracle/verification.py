"""Walks the tables of one workspace and lists every difference from what the stored events say.

Two passes. The first reads all events once and keeps identifiers and link facts: only all of them
together decide who is one person. The second takes people in chunks and reads their events again.
Memory grows with identifiers and links, not with events, views or leaves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from domain.event import COMMANDS
from domain.ids import IdentifierKey, MessageKey, ProfileId, SegmentId
from domain.keys import identifier_key
from domain.privacy.erasure import NEVER_MS
from domain.profiles.profile import decode_person
from domain.stored import StoredEvent, StoredIdentifier, StoredPerson
from oracle.compare import Difference, Expected, person_differences
from oracle.identity import Facts, Pair, Ruling, Verdict, people_of
from oracle.links import link_differences
from oracle.partition import Partition, partition_differences
from oracle.rules import PersonHistory, Subject
from oracle.standing import Standing, standing_differences
from oracle.statements.record import Statement, read_pairs, read_statement
from oracle.tables import Progress, Rules, Tables, Totals


@dataclass
class _Recomputed:
    facts: Facts = field(default_factory=Facts)
    erased: dict[IdentifierKey, int] = field(default_factory=dict)
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
    truth = _Recomputed(erased=dict(tables.erased()))
    yield from _read(tables, rules, truth, totals, progress)
    _decide(truth, rules, totals)
    yield from link_differences(truth.facts, truth.verdicts, tables.links())
    sound: dict[ProfileId, frozenset[IdentifierKey]] = {}
    stored = Partition(dict(tables.owners()), set(tables.profile_ids()))
    yield from partition_differences(stored, truth.people, truth.facts.kinds, sound)
    memberships: dict[ProfileId, dict[SegmentId, int]] = defaultdict(dict)
    for membership in tables.memberships():
        memberships[membership.profile][membership.segment] = membership.version
        totals.memberships += 1
    people = sorted(sound.items())
    for start in range(0, len(people), rules.chunk):
        chunk = dict(people[start : start + rules.chunk])
        yield from _people_differences(tables, rules, truth, chunk, memberships, now_ms)
        progress("people", len(chunk))
    for profile in sorted(memberships.keys() - stored.profiles):
        where, segments = f"person {profile.hex()}", sorted(memberships[profile])
        yield Difference("membership", where, "person", "absent", f"a member of {segments}")


def _decide(truth: _Recomputed, rules: Rules, totals: Totals) -> None:
    """Who is one person by all facts together, and the verdict on each fact."""
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


def _read(
    tables: Tables, rules: Rules, truth: _Recomputed, totals: Totals, progress: Progress
) -> Iterator[Difference]:
    for event in tables.events():
        totals.events += 1
        if totals.events % rules.chunk == 0:
            progress("events", rules.chunk)
        if event.type in COMMANDS:
            totals.commands += 1
            pairs, reason = read_pairs(event)
            bans = event.type == "unmerge"
            for pair in pairs:
                if any(truth.erased.get(key, NEVER_MS) >= event.received_ms for key in pair):
                    continue
                truth.facts.rule(pair, Ruling(event.received_ms, bans, reason if bans else ""))
            continue
        where = f"event {event.message_key.hex()}"
        statement = _statement(event, rules)
        if statement is None:
            yield Difference("event", where, "payload", "an event with identifiers", "unreadable")
            continue
        if truth.erased.get(event.leaf, NEVER_MS) >= event.occurred_ms:
            yield Difference("event", where, "row", "erased", "stored")
        truth.facts.add(statement, truth.erased)
        strong = statement.named[0].key
        if strong != event.leaf:
            truth.misfiled[event.message_key] = strong
            yield Difference("event", where, "leaf", strong.hex(), event.leaf.hex())


def _statement(event: StoredEvent, rules: Rules) -> Statement | None:
    try:
        statement = read_statement(event, rules.salt, rules.identity, rules.profile)
    except (ValueError, TypeError, KeyError, AttributeError):
        # A payload that the engine can never have accepted.
        return None
    return statement if statement.named else None


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
        statement = None if event.type in COMMANDS else _statement(event, rules)
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
        subject,
        Standing(stored, person, memberships),
        now_ms,
        sweeping=rules.sweeping,
        foresee=rules.foresee,
    )
