"""Compiled nodes of rules, and what they are asked about: one person at one instant.

A compiled node is a function of a `Subject` that returns (holds, until which instant that is sure
if nothing happens). For ``all`` and ``any`` the instant is the earliest at which the answer *can*
change: whoever is woken by it is evaluated again, nobody is woken too late.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from domain.ids import SegmentId
from domain.profiles.profile import Person, Stage
from domain.segments.aggregate import State
from domain.segments.definition import Aggregate
from domain.segments.rule import Rule
from operators.aggregates.fold import state_of
from operators.rules.windows import NEVER


class Subject:
    """One person at one instant, as rules see them. States are unpacked once, when first asked for.

    Args:
        person: composed view and identifier kinds.
        now_ms: the instant.
        stage_until: until when the stage is sure if nothing happens.
        stage: as of the instant; None: the person's own.
        members: segments that the person counts as a member of until they are answered; None: the
            person's own.
    """

    __slots__ = (
        "aggregates",
        "answers",
        "asked",
        "members",
        "now_ms",
        "person",
        "stage",
        "stage_until",
        "states",
    )

    def __init__(
        self,
        person: Person,
        now_ms: int,
        stage_until: int = NEVER,
        stage: Stage | None = None,
        members: Mapping[SegmentId, int] | None = None,
    ) -> None:
        self.person = person
        self.aggregates = person.view.aggregates
        self.now_ms = now_ms
        self.stage = person.stage if stage is None else stage
        self.stage_until = stage_until
        self.members = person.segments if members is None else members
        self.answers: dict[SegmentId, Answer] = {}
        self.asked: dict[int, Answer] = {}
        self.states: dict[int, State | None] = {}

    def state(self, aggregate: Aggregate) -> State | None:
        """What the view keeps for an aggregate; None where no event matched."""
        number = aggregate.id
        if number not in self.states:
            self.states[number] = state_of(self.person.view, aggregate)
        return self.states[number]

    def member(self, segment: SegmentId) -> "Answer":
        """Whether the person is in a segment: as evaluated just now, else as stored."""
        known = self.answers.get(segment)
        return known or (segment in self.members, self.person.flips.get(segment, NEVER))


Answer = tuple[bool, int]
Test = Callable[[Subject], Answer]


class Node(NamedTuple):
    """One compiled node of a rule.

    Attributes:
        rule: what it was compiled from.
        test: answers for a subject.
        children: of all, any and not.
        reading: the value that a condition was held against, for explanations; None where there is
            none to show.
    """

    rule: Rule
    test: Test
    children: tuple["Node", ...] = ()
    reading: Callable[[Subject], Any] | None = None
