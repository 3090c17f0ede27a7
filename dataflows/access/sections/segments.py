"""Sections: segments that the person is in, with the reason, and how they came and went.

A rule may name values of other people. Addresses and long numbers in it are told only where they
are the person's own.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from dataflows.access.gathering import Gathering
from dataflows.access.section import WITHHELD, Column, Row, Section
from domain.ids import SegmentId
from domain.profiles.profile import Person
from domain.segments.rule import Rule, decode_rule
from operators.rules.describe import to_text
from operators.segments.explain import Explanation, explain, subject_at
from operators.unify.backfill import lacks_history
from store.connection import adapt
from store.privacy.held import segments
from store.profiles.standing import read_snapshot
from store.unify.history import TooEventfulError

_TELLING: Final = re.compile(r"[^\s“”,]+@[^\s“”,]+|\+?\d{7,}")
"""What may be somebody's address or number."""
_PAUSED: Final = "the segment is paused: it has who was in it then"
_TOO_MANY: Final = "there are too many events to explain it"


def own_only(text: str, own: frozenset[str]) -> str:
    """A text in words, without addresses and numbers that are not the person's own.

    >>> own_only("the trait email is “a@x.org”, “b@x.org”", frozenset({"a@x.org"}))
    'the trait email is “a@x.org”, “[withheld]”'
    """
    return _TELLING.sub(lambda found: found[0] if found[0].lower() in own else WITHHELD, text)


def _own(gathering: Gathering) -> frozenset[str]:
    return frozenset(known.value.lower() for known in gathering.identifiers.values())


def _present(gathering: Gathering) -> Iterator[Row]:
    reasons = _Reasons(gathering)
    for segment, name, description, since, version in gathering.rows(segments.MEMBERSHIPS):
        yield segment, name, description, since, version, reasons.of(SegmentId(segment))


class _Reasons:
    """Explains memberships as of the archive's instant, by the engine's own evaluator."""

    def __init__(self, gathering: Gathering) -> None:
        self._program = program = gathering.program
        self._own = _own(gathering)
        self._subject = None
        person = self._whole(gathering)
        if person is not None:
            rules = gathering.settings.profile
            self._subject = subject_at(person, program, rules, gathering.now_ms)

    def _whole(self, gathering: Gathering) -> Person | None:
        """The person with every aggregate that rules ask for; None with too many events."""
        if not lacks_history(gathering.person, self._program):
            return gathering.person
        conn = gathering.snapshot.conn
        adapt(conn)
        try:
            found = read_snapshot(conn, self._program, gathering.profile, set())
        except TooEventfulError:
            return None
        return found and found.person

    def of(self, segment: SegmentId) -> Any:  # noqa: ANN401 - JSON
        place = self._program.place.get(segment)
        node = None if place is None else self._program.segments[place].node
        if node is None:
            return _PAUSED
        if self._subject is None:
            return _TOO_MANY
        return self._told(explain(node, self._subject))

    def _told(self, node: Explanation) -> dict[str, Any]:
        told: dict[str, Any] = {"says": own_only(to_text(node.rule), self._own)}
        told["holds"] = node.holds
        if node.value is not None:
            told["value"] = msgspec.to_builtins(node.value, enc_hook=str)
        if node.of:
            told["of"] = [self._told(child) for child in node.of]
        return told


PRESENT: Final = Section(
    "segments",
    "Segments",
    "Groups that you are in now, and why: the rule node by node, whether each holds for you, and by"
    " which value of yours.",
    (
        Column("segment", "Its number."),
        Column("name", "Its name."),
        Column("description", "In the words of whoever made it."),
        Column("since", "Since when you are in it.", "memberships.profile_id"),
        Column("version", "Of the rule that says so."),
        Column(
            "reason",
            "Each node of the rule: what it `says`, whether it `holds`, the `value` of yours that"
            " it was held against, and the nodes it is made `of`. Addresses and numbers in a rule"
            " that are not yours are withheld.",
        ),
    ),
    _present,
)

_CHANGES: Final[Mapping[int, str]] = {1: "entered", 0: "identifiers changed", -1: "left"}


def _past(gathering: Gathering) -> Iterator[Row]:
    own = _own(gathering)

    @lru_cache(maxsize=128)
    def words(_segment: int, _version: int, definition: bytes | None) -> str | None:
        return None if definition is None else own_only(_in_words(definition), own)

    for at, segment, name, delta, cause, version, definition in gathering.rows(segments.CHANGES):
        stored = None if definition is None else msgspec.json.encode(definition)
        rule = words(segment, version, stored)
        yield at, segment, name, _CHANGES.get(delta, str(delta)), cause, version, rule


def _in_words(definition: bytes) -> str:
    """A stored rule, a line per node; one that this version cannot read says so."""
    try:
        return "\n".join(_lines(decode_rule(definition), 0))
    except msgspec.ValidationError:
        return "a rule of an earlier version"


def _lines(rule: Rule, depth: int) -> Iterator[str]:
    yield "  " * depth + to_text(rule)
    below = getattr(rule, "of", ())
    for child in below if isinstance(below, tuple) else (below,):
        yield from _lines(child, depth + 1)


PAST: Final = Section(
    "segment_changes",
    "Segments entered and left",
    "When you came into groups and left them, oldest first, and why.",
    (
        Column("at", "When it was noticed."),
        Column("segment", "Its number."),
        Column("name", "Its name; nothing where it is gone."),
        Column("change", "`entered`, `left`, or `identifiers changed`.", "changes.profile_id"),
        Column(
            "cause",
            "`event`: something you did; `wake`: time passed; `consent`: what you consent to;"
            " `merge`, `unmerge`: who you are; `edit`: the rule; `erasure`: an erasure.",
        ),
        Column("version", "Of the rule by then."),
        Column("rule", "That rule in words; withheld as in `segments`."),
    ),
    _past,
)
