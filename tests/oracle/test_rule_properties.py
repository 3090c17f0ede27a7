"""The engine's evaluator and the oracle answer alike: the same members, the same trait values, and no flip is ever late."""

import random
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings

from domain.event import Event, Order
from domain.ids import MessageKey, ProfileId, SegmentId, SourceId, WorkspaceId
from domain.leaf import Leaf, decode_leaf, encode_leaf
from domain.profile import Person
from operators.compile_rules import Compiler, compile_program
from operators.compose import compose
from operators.fold import fold, tie_of
from operators.lifecycle import stage_at
from operators.program import Program, Subject, fold_matched, matched
from operators.windows import NEVER
from oracle.flips import next_flip
from oracle.record import Statement
from oracle.rules import Subject as Naive
from oracle.rules import trait_values
from tests.rules_generators import Case, case, cases, with_aggregates

SEEDS = 150


def event_of(statement: Statement) -> Event:
    """The statement as the engine receives it."""
    return Event(
        workspace=WorkspaceId(1), source=SourceId(1), type=statement.type, name=statement.name,
        message_key=MessageKey(statement.message), message_id="", identifiers=(), occurred_ms=statement.at_ms, received_ms=statement.at_ms,
        payload=b"", traits=statement.traits, consent=dict(statement.consent), order=Order(*statement.order) if statement.order else None,
        properties=msgspec.json.encode(statement.properties) if statement.properties else b"",
    )  # fmt: skip


@dataclass
class Engine:
    """The engine's way from events to answers for one person: events dealt to several leaves, stored, read again and composed."""

    asked: Case
    leaves: int = 3

    def __post_init__(self) -> None:
        self.definitions = with_aggregates(self.asked.definitions)
        self.program: Program = compile_program(self.definitions)
        held = [Leaf() for _ in range(self.leaves)]
        for number, statement in enumerate(self.asked.history.statements):
            event, leaf = event_of(statement), held[number % self.leaves]
            fold(leaf, event, self.asked.rules)
            found, properties = matched(self.program.touches(event.type, event.name), event.properties)
            fold_matched(leaf, found, properties, event.occurred_ms, tie_of(event.message_key))
        stored = [decode_leaf(encode_leaf(leaf)) for leaf in held]
        self.view = compose(stored, self.asked.rules, self.program.aggregates)

    def subject(self, now_ms: int) -> Subject:
        versions = {segment.id: segment.version for segment in self.definitions.segments}
        members = {segment: versions[segment] for segment in self.asked.history.members}
        person = Person(ProfileId(bytes(16)), WorkspaceId(1), 1, self.view, dict(self.asked.history.kinds), segments=members)
        person.stage, wake_ms = stage_at(person, self.asked.rules, now_ms)
        return Subject(person, self.program, now_ms, wake_ms or NEVER)

    def answers(self, now_ms: int) -> dict[SegmentId, tuple[bool, int]]:
        """Of every segment whether the person is in it, and until when that is sure."""
        subject = self.subject(now_ms)
        for segment, node, _ in self.program.segments:
            member = segment.id in self.asked.history.members
            subject.answers[segment.id] = node.test(subject) if node is not None else (member, NEVER)
        return dict(subject.answers)

    def traits(self, now_ms: int) -> dict[str, object]:
        """Values of computed traits that are not missing."""
        compiler, subject = Compiler(self.definitions), self.subject(now_ms)
        values = {trait.name: compiler.trait_value(trait, subject) for trait in self.definitions.traits}
        return {name: value for name, value in values.items() if value is not None}


def agree(asked: Case) -> None:
    """Compare at the instant of the case, and at the flips that follow."""
    engine, naive = Engine(asked), Naive(asked.definitions, asked.history, asked.rules)
    now_ms = asked.now_ms
    for _ in range(3):
        answers = engine.answers(now_ms)
        expected = {segment.id: naive.member(segment.id, now_ms) for segment in asked.definitions.segments}
        assert {segment: holds for segment, (holds, _) in answers.items()} == expected
        assert engine.traits(now_ms) == trait_values(asked.definitions, asked.history, now_ms, asked.rules)
        flips = {}
        for segment in asked.definitions.segments:
            flip = next_flip(naive, segment.rule, now_ms) if segment.rule is not None else None
            until = answers[segment.id][1]
            assert now_ms < until
            assert until <= (flip or NEVER), f"segment {segment.id} flips at {flip}, {until - (flip or 0)} ms before it is looked at"
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
def test_generated_cases_agree(asked: Case) -> None:
    agree(asked)
