"""The engine's evaluator and the oracle answer alike: the same members, the same trait values, and
no flip is ever late."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import pytest
from hypothesis import given, settings

from domain.event import Event, Order
from domain.ids import MessageKey, ProfileId, SegmentId, SourceId, TraitId, WorkspaceId
from domain.profiles.leaf import Leaf, decode_leaf, encode_leaf, tie_of
from domain.profiles.profile import Person
from domain.segments.conditions import Equals
from domain.segments.definition import ComputedTrait, Segment, TraitRule, WorkspaceDefinitions
from domain.segments.event_filter import EventFilter, Where
from domain.segments.rule import Behaviour, Rule, Step
from domain.segments.rule import Sequence as SequenceRule
from operators.profiles.compose import compose
from operators.profiles.fold import fold
from operators.profiles.lifecycle import stage_at
from operators.rules.windows import NEVER
from operators.segments.compile_definitions import compile_program
from operators.segments.compile_rules import Compiler
from operators.segments.nodes import Subject
from operators.segments.program import Program
from operators.segments.touches import fold_matched, matched
from oracle.flips import next_flip
from oracle.rules import PersonHistory, trait_values
from oracle.rules import Subject as Naive
from oracle.statements.record import Statement
from tests.support.rules_generators import RULES, Case, case, cases, with_aggregates

SEEDS = 150


def event_of(statement: Statement) -> Event:
    """The statement as the engine receives it."""
    return Event(
        workspace=WorkspaceId(1), source=SourceId(1), type=statement.type, name=statement.name,
        message_key=MessageKey(statement.message), message_id="", identifiers=(),
        occurred_ms=statement.at_ms, received_ms=statement.at_ms,
        payload=b"", traits=statement.traits, consent=dict(statement.consent),
        order=Order(*statement.order) if statement.order else None,
        properties=statement.properties,
    )  # fmt: skip


@dataclass
class Engine:
    """The engine's way from events to answers for one person: events dealt to several leaves,
    stored, read again and composed."""

    asked: Case
    leaves: int = 3

    def __post_init__(self) -> None:
        self.definitions = with_aggregates(self.asked.definitions)
        self.program: Program = compile_program(self.definitions)
        held = [Leaf() for _ in range(self.leaves)]
        for number, statement in enumerate(self.asked.history.statements):
            event, leaf = event_of(statement), held[number % self.leaves]
            fold(leaf, event, self.asked.rules)
            found = matched(self.program.touches(event.type, event.name), event.properties or {})
            fold_matched(
                leaf, found, event.properties or {}, event.occurred_ms, tie_of(event.message_key)
            )
        stored = [decode_leaf(encode_leaf(leaf)) for leaf in held]
        self.view = compose(stored, self.asked.rules, self.program.aggregates)

    def subject(self, now_ms: int) -> Subject:
        versions = {segment.id: segment.version for segment in self.definitions.segments}
        members = {segment: versions[segment] for segment in self.asked.history.members}
        person = Person(
            ProfileId(bytes(16)),
            WorkspaceId(1),
            1,
            self.view,
            dict(self.asked.history.kinds),
            segments=members,
        )
        person.stage, wake_ms = stage_at(person, self.asked.rules, now_ms)
        return Subject(person, now_ms, wake_ms or NEVER)

    def answers(self, now_ms: int) -> dict[SegmentId, tuple[bool, int]]:
        """Of every segment whether the person is in it, and until when that is sure."""
        subject = self.subject(now_ms)
        for segment, node, _ in self.program.segments:
            member = segment.id in self.asked.history.members
            subject.answers[segment.id] = (
                node.test(subject) if node is not None else (member, NEVER)
            )
        return dict(subject.answers)

    def traits(self, now_ms: int) -> dict[str, object]:
        """Values of computed traits that are not missing."""
        compiler, subject = Compiler(self.definitions), self.subject(now_ms)
        values = {
            trait.name: compiler.trait_value(trait, subject) for trait in self.definitions.traits
        }
        return {name: value for name, value in values.items() if value is not None}


def agree(asked: Case) -> None:
    """Compare at the instant of the case, and at the flips that follow."""
    engine, naive = Engine(asked), Naive(asked.definitions, asked.history, asked.rules)
    now_ms = asked.now_ms
    for _ in range(3):
        answers = engine.answers(now_ms)
        expected = {
            segment.id: naive.member(segment.id, now_ms) for segment in asked.definitions.segments
        }
        assert {segment: holds for segment, (holds, _) in answers.items()} == expected
        assert engine.traits(now_ms) == trait_values(
            asked.definitions, asked.history, now_ms, asked.rules
        )
        flips = {}
        for segment in asked.definitions.segments:
            flip = next_flip(naive, segment.rule, now_ms) if segment.rule is not None else None
            until = answers[segment.id][1]
            assert now_ms < until
            assert until <= (flip or NEVER), (
                f"segment {segment.id} flips at {flip}, {until - (flip or 0)} ms before it is"
                " looked at"
            )
            flips[segment.id] = flip
        now_ms = min((flip for flip in flips.values() if flip), default=now_ms + 1)


@pytest.mark.parametrize("part", range(4))
def test_seeded_cases_agree(part: int) -> None:
    for seed in range(part * SEEDS, (part + 1) * SEEDS):
        try:
            agree(case(random.Random(seed)))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


@given(cases())
@settings(max_examples=100)
@pytest.mark.long
def test_generated_cases_agree(asked: Case) -> None:
    agree(asked)


NOW, DAY = 1_700_000_000_000, 86_400_000
VIEWED = EventFilter("Viewed")


def viewed(number: int, at_ms: int, x: object) -> Statement:
    message = blake2b(b"%d" % number, digest_size=16).digest()
    tie = int.from_bytes(message[:8], "big", signed=True)
    return Statement(message, at_ms, tie, "track", "Viewed", (), properties={"x": x})


def having(x: str | float) -> EventFilter:
    return EventFilter("Viewed", where=(Where("x", Equals(x)),))


def asking(told: Sequence[Statement], *rules: Rule, traits: Sequence[TraitRule] = ()) -> Case:
    segments = tuple(
        Segment(SegmentId(number), WorkspaceId(1), 1, rule) for number, rule in enumerate(rules, 1)
    )
    computed = tuple(
        ComputedTrait(TraitId(number), f"t{number}", 1, trait)
        for number, trait in enumerate(traits, 1)
    )
    definitions = WorkspaceDefinitions(WorkspaceId(1), 1, "Europe/Berlin", segments, computed)
    return Case(definitions, PersonHistory(told), RULES, NOW)


def many(different: int) -> list[Statement]:
    rng = random.Random(different)
    return [
        viewed(number, NOW - rng.randrange(200 * DAY), f"v{number % different}")
        for number in range(2 * different)
    ]


VALUES = [
    TraitRule(function, VIEWED, "x", window)
    for function in ("unique", "most_frequent")
    for window in (None, "2h", "90d")
]
ONE_THEN_TWO = SequenceRule((Step(having(1)), Step(having(2))))
SELDOM = {
    "1 and true in two rules": asking(
        [viewed(1, NOW - 5, 1)], Behaviour(having(1)), Behaviour(having(True))
    ),
    "1 and true in one sequence": asking(
        [viewed(n, NOW - n, 1) for n in (1, 2)], SequenceRule((Step(having(1)), Step(having(True))))
    ),
    **{
        f"{different} different values": asking(many(different), traits=VALUES)
        for different in (199, 200, 201, 255, 256, 257, 700)
    },
    "long texts": asking(
        [viewed(n, NOW - n, "a" * (254 + n // 2)) for n in range(9)], traits=VALUES
    ),
    "the 256th latest mark": asking(
        [viewed(1, NOW - 999, 1), *(viewed(n, NOW - 999 + n, 2) for n in range(2, 257))],
        ONE_THEN_TWO,
    ),
    "the 257th latest mark": asking(
        [viewed(1, NOW - 999, 1), *(viewed(n, NOW - 999 + n, 2) for n in range(2, 258))],
        ONE_THEN_TWO,
    ),
    "rounding": asking(
        [viewed(n, NOW - n, n * 0.0000005) for n in range(20)],
        traits=[TraitRule("sum", VIEWED, "x")],
    ),
    "large amounts": asking(
        [
            viewed(n, NOW - n, x)
            for n, x in enumerate((999_999_999_999.9, -1e12, 10**12 - 1, 2**53, 0.1))
        ],
        traits=[
            TraitRule(function, VIEWED, "x")
            for function in ("sum", "average", "minimum", "maximum")
        ],
    ),
}


@pytest.mark.parametrize("name", SELDOM)
def test_what_is_seldom_drawn_agrees(name: str) -> None:
    agree(SELDOM[name])


@pytest.mark.parametrize("seed", range(5))
def test_long_histories_agree(seed: int) -> None:
    agree(case(random.Random(seed), size=150))
