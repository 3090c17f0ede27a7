"""How one stored person differs from the recomputed one, field by field.

Differences never show what a person said: values appear as short digests, enough to see that they
differ and where.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any

import msgspec

from domain.ids import IdentifierKey
from domain.policies import ProfileRules
from domain.profiles.leaf import Leaf, decode_leaf
from domain.profiles.profile import Person
from domain.stored import StoredIdentifier, StoredPerson
from domain.values import Json
from oracle.statements.record import Statement
from oracle.view import View, view_of


@dataclass(frozen=True)
class Difference:
    """One thing that the tables say and the events do not, or the other way round.

    Attributes:
        kind: what it is about, for example ``view`` or ``identity``; reports count by it.
        where: whose: keys in hexadecimal.
        what: the field.
        expected: as recomputed.
        stored: as the tables have it.
    """

    kind: str
    where: str
    what: str
    expected: str
    stored: str

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.where}: {self.what}: recomputed {self.expected}, stored"
            f" {self.stored}"
        )


@dataclass(frozen=True)
class Expected:
    """One recomputed person.

    Attributes:
        kinds: identifier → kind.
        events: leaf → its events; leaves without events are absent.
        refused: refused facts that touch the person, one between two of their own identifiers
            counted twice.
    """

    kinds: Mapping[IdentifierKey, str]
    events: Mapping[IdentifierKey, Sequence[Statement]]
    refused: int
    last_link: tuple[int, int] | None = None


def person_differences(
    expected: Expected,
    stored: StoredPerson,
    person: Person,
    identifiers: Iterable[StoredIdentifier],
    rules: ProfileRules,
) -> Iterator[Difference]:
    """Compare one person whose identifiers are the expected ones.

    What depends on the clock is for `oracle.standing`.

    Args:
        expected: the recomputed person.
        stored: their row.
        person: its document.
        identifiers: their identifier rows.
        rules: how a profile is folded.
    """
    where = f"person {stored.id.hex()}"
    view = view_of([event for events in expected.events.values() for event in events], rules)
    yield from _view_differences("view", where, view, person.view)
    yield from _row_differences(where, expected, view, stored, person)
    yield from _leaf_differences(where, expected, person, identifiers, rules)


def _view_differences(kind: str, where: str, view: View, stored: Leaf) -> Iterator[Difference]:
    for part in fields(View):
        recomputed, kept = _plain(getattr(view, part.name)), _plain(getattr(stored, part.name))
        if recomputed == kept:
            continue
        if not isinstance(recomputed, dict):
            yield Difference(kind, where, part.name, _short(recomputed), _short(kept))
            continue
        for name in sorted(recomputed.keys() | kept.keys()):
            if recomputed.get(name) != kept.get(name):
                yield Difference(
                    kind, where, f"{part.name}.{name}", _shown(recomputed, name), _shown(kept, name)
                )


def _row_differences(
    where: str, expected: Expected, view: View, stored: StoredPerson, person: Person
) -> Iterator[Difference]:
    counts: dict[str, int] = {}
    for kind in expected.kinds.values():
        counts[kind] = counts.get(kind, 0) + 1
    seen = (view.first_ms, view.last_ms) if view.types else (None, None)
    checks: list[tuple[str, Any, Any]] = [
        ("id", stored.id.hex(), bytes(person.id).hex()),
        ("version", stored.version, person.version),
        ("kinds", counts, person.kinds),
        ("refused", expected.refused, person.refused),
        ("first_seen_at, last_seen_at", list(seen), [stored.first_seen_ms, stored.last_seen_ms]),
        ("stage in doc", stored.stage, str(person.stage)),
        ("wake in doc", stored.wake_ms or 0, person.wake_ms),
    ]
    for what, recomputed, kept in checks:
        if recomputed != kept:
            yield Difference("person", where, what, str(recomputed), str(kept))
    if expected.last_link is not None and tuple(person.last_link) < expected.last_link:
        yield Difference(
            "person",
            where,
            "last_link",
            f"at least {expected.last_link}",
            str(tuple(person.last_link)),
        )


def _leaf_differences(
    where: str,
    expected: Expected,
    person: Person,
    identifiers: Iterable[StoredIdentifier],
    rules: ProfileRules,
) -> Iterator[Difference]:
    sole = next(iter(expected.events)) if len(expected.events) == 1 else None
    if person.sole != sole:
        yield Difference(
            "leaf",
            where,
            "sole",
            sole.hex() if sole else "none",
            person.sole.hex() if person.sole else "none",
        )
    for row in identifiers:
        spot = f"{where} leaf {row.key.hex()}"
        events = expected.events.get(row.key, ())
        if not events or row.key == sole:
            if row.leaf is not None:
                yield Difference("leaf", spot, "leaf", "not stored apart", "stored")
        elif row.leaf is None:
            yield Difference("leaf", spot, "leaf", f"{len(events)} events", "absent")
        else:
            try:
                leaf = decode_leaf(row.leaf)
            except msgspec.DecodeError:
                yield Difference("leaf", spot, "leaf", f"{len(events)} events", "unreadable")
            else:
                yield from _view_differences("leaf", spot, view_of(events, rules), leaf)


def _plain(value: Json) -> Json:
    """A form in which 1, 1.0 and True differ, and tuples equal the lists they were stored as.

    Registers keep their instant readable.
    """
    if isinstance(value, dict):
        return {name: _plain_entry(entry) for name, entry in value.items()}
    return value


def _plain_entry(entry: Json) -> Json:
    if isinstance(entry, tuple) and len(entry) == 3:
        value, at_ms, tie = entry
        spelled = json.dumps(value, sort_keys=True, ensure_ascii=True)
        return [f"value #{blake2b(spelled.encode(), digest_size=8).hexdigest()}", at_ms, tie]
    return list(entry) if isinstance(entry, tuple) else entry


def _shown(entries: dict[str, Any], name: str) -> str:
    entry = entries.get(name)
    return "nothing" if entry is None else str(entry)


def _short(value: Json) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}… ({len(value)} entries)"
