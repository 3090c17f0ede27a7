"""Evaluates rules, memberships and computed traits slowly and plainly.

Every question looks at every event again. `operators` answers the same questions from bounded
state; this file shares nothing with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from domain.ids import SegmentId, WorkspaceId
from domain.policies import ProfileRules
from domain.profiles.profile import Stage
from domain.segments import rule
from domain.segments.definition import RfmDefinition, TraitRule, WorkspaceDefinitions
from domain.segments.event_filter import EventFilter
from domain.segments.rfm import RFM_GRID
from domain.segments.rule import Rule, encode_rule
from domain.segments.span import span_ms
from domain.values import Json
from oracle.conditions import satisfies
from oracle.measures import MatchingEvent, matches, measure, plausible, value_at
from oracle.sequences import completions, holds_at
from oracle.statements.record import Statement
from oracle.view import View, stage_at, view_of
from oracle.windows import expiry

NO_DEFINITIONS: Final = WorkspaceDefinitions(WorkspaceId(0))
PLAIN: Final = ProfileRules()


@dataclass(frozen=True)
class PersonHistory:
    """Everything that is known about one person.

    Attributes:
        statements: what the events of all their leaves say, each once, in any order.
        kinds: identifiers per kind.
        members: segments that list them now; read for paused segments only, which keep the members
            they had.
    """

    statements: Sequence[Statement] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    members: frozenset[SegmentId] = frozenset()


@dataclass(frozen=True)
class RfmScores:
    """Scores 1 to 5, and the name of the segment that they make."""

    recency: int
    frequency: int
    monetary: int
    segment: str


@dataclass(frozen=True)
class Subject:
    """One person under the definitions of their workspace; answers are as of an instant."""

    definitions: WorkspaceDefinitions
    history: PersonHistory
    rules: ProfileRules

    @cached_property
    def statements(self) -> list[Statement]:
        """All events in canonical order."""
        return sorted(self.history.statements, key=lambda event: (event.at_ms, event.tie))

    @cached_property
    def view(self) -> View:
        """What all events add up to."""
        return view_of(self.statements, self.rules)

    @cached_property
    def _matching(self) -> dict[bytes, list[Statement]]:
        return {}

    @cached_property
    def _completed(self) -> dict[bytes, set[int]]:
        return {}

    def matching(self, event_filter: EventFilter) -> list[Statement]:
        """Events of a filter, in canonical order."""
        # Filters of 1 and of true are equal in Python, and spelled differently.
        spelled = encode_rule(rule.Behaviour(event_filter))
        if spelled not in self._matching:
            self._matching[spelled] = [
                event
                for event in self.statements
                if matches(event_filter, event, self.definitions.time_zone)
            ]
        return self._matching[spelled]

    def completed(self, sequence: rule.Sequence) -> set[int]:
        """Instants at which a sequence completes."""
        spelled = encode_rule(sequence)
        if spelled not in self._completed:
            zone = self.definitions.time_zone
            self._completed[spelled] = completions(
                sequence, self.statements, lambda wanted, event: matches(wanted, event, zone)
            )
        return self._completed[spelled]

    def expiry(self, at_ms: int, window: str, *, calendar: bool = False) -> int:
        """The instant from which an event no longer counts in a window."""
        return expiry(at_ms, span_ms(window), self.definitions.time_zone, calendar=calendar)

    def matching_events(
        self, event: EventFilter, prop: str | None, window: str | None, now_ms: int
    ) -> list[MatchingEvent]:
        """Matching events as a measure sees them at an instant."""
        return [
            MatchingEvent(
                event.at_ms,
                event.tie,
                value_at(event.properties, prop),
                window is None or now_ms < self.expiry(event.at_ms, window),
            )
            for event in self.matching(event)
        ]

    def trait(self, name: str, now_ms: int) -> Json:
        """A computed trait's value; None for missing, and where no live trait has the name."""
        return next(
            (
                self.value(trait.rule, now_ms)
                for trait in self.definitions.traits
                if trait.name == name
            ),
            None,
        )

    def value(self, trait: TraitRule, now_ms: int) -> Json:
        """What a computed trait computes."""
        events = self.matching_events(trait.event, trait.property, trait.window, now_ms)
        return measure(trait.function, events, now_ms, windowed=trait.window is not None)

    def member(self, segment: SegmentId, now_ms: int) -> bool:
        """Whether the person is in a segment; nobody is in one that does not exist.

        Nor is anybody who is restricted.
        """
        if self.view.is_restricted:
            return False
        for found in self.definitions.segments:
            if found.id == segment:
                return (
                    segment in self.history.members
                    if found.rule is None
                    else self.holds(found.rule, now_ms)
                )
        return False

    def holds(self, node: Rule, now_ms: int) -> bool:
        """Whether a rule holds."""
        match node:
            case rule.All(of=children):
                return all(self.holds(child, now_ms) for child in children)
            case rule.Any(of=children):
                return any(self.holds(child, now_ms) for child in children)
            case rule.Not(of=child):
                return not self.holds(child, now_ms)
            case rule.Member(segment=segment):
                return self.member(segment, now_ms)
            case rule.Sequence():
                return holds_at(node, self.completed(node), now_ms)
        return self._leaf_holds(node, now_ms)

    def _leaf_holds(self, node: Rule, now_ms: int) -> bool:
        match node:
            case rule.Behaviour(event=wanted, property=prop, window=window):
                amount = measure(
                    node.measure,
                    self.matching_events(wanted, prop, window, now_ms),
                    now_ms,
                    windowed=window is not None,
                )
                return satisfies(node.condition, amount, now_ms, self.definitions.time_zone)
            case rule.Trait(name=name, condition=condition):
                value = self.view.traits[name][0] if name in self.view.traits else None
                return satisfies(condition, value, now_ms, self.definitions.time_zone)
            case rule.Computed(name=name, condition=condition):
                return satisfies(
                    condition, self.trait(name, now_ms), now_ms, self.definitions.time_zone
                )
            case rule.Lifecycle(stages=stages):
                return Stage(stage_at(self.view, self.history.kinds, self.rules, now_ms)) in stages
            case rule.Consent(purpose=purpose, granted=granted):
                return self.view.consents_to(purpose) is granted
            case rule.HasIdentifier(kind=kind, at_least=least):
                return self.history.kinds.get(kind, 0) >= least
            case rule.Rfm():
                return self._rfm_holds(node, now_ms)
        raise TypeError("not a rule")

    def _rfm_holds(self, node: rule.Rfm, now_ms: int) -> bool:
        scores = self.scores(now_ms)
        if scores is None:
            return False
        demanded = (
            (node.recency, scores.recency),
            (node.frequency, scores.frequency),
            (node.monetary, scores.monetary),
        )
        within = all(
            demand is None or demand[0] <= score <= demand[1] for demand, score in demanded
        )
        return within and (not node.segments or scores.segment in node.segments)

    def scores(self, now_ms: int) -> RfmScores | None:
        """RFM scores.

        None without a purchase that counts, and where the population has no bounds yet.
        """
        rfm = self.definitions.rfm
        if rfm is None or rfm.breaks is None:
            return None
        amounts = self.purchases(rfm, now_ms)
        if amounts is None:
            return None
        age_ms, frequency, monetary = amounts
        recency = 5 - sum(bound < age_ms for bound in rfm.breaks.recency_ms)
        often = 1 + sum(bound < frequency for bound in rfm.breaks.frequency)
        much = 1 + sum(bound < monetary for bound in rfm.breaks.monetary)
        mean = -(-(often + much) // 2)  # halves are rounded up
        return RfmScores(recency, often, much, RFM_GRID[recency - 1][mean - 1])

    def purchases(self, rfm: RfmDefinition, now_ms: int) -> tuple[int, int, int] | None:
        """Age of the latest purchase (ms), number of purchases, their sum (millionths), or None."""
        counting = [
            event
            for event in self.matching(rfm.rule.event)
            if now_ms < self.expiry(event.at_ms, rfm.rule.look_back, calendar=True)
        ]
        if not counting:
            return None
        numbers = [plausible(value_at(event.properties, rfm.rule.property)) for event in counting]
        return (
            now_ms - counting[-1].at_ms,
            len(counting),
            int(sum(number * 10**6 for number in numbers if number is not None)),
        )


def holds(
    node: Rule,
    history: PersonHistory,
    now_ms: int,
    definitions: WorkspaceDefinitions = NO_DEFINITIONS,
    rules: ProfileRules = PLAIN,
) -> bool:
    """Whether a rule holds for a person at an instant.

    Args:
        node: the rule.
        history: the person.
        now_ms: the instant.
        definitions: segments, traits and RFM that the rule may mention, and the workspace's time
            zone.
        rules: what a purchase is, and when a customer churns.
    """
    return Subject(definitions, history, rules).holds(node, now_ms)


def member_segments(
    definitions: WorkspaceDefinitions,
    history: PersonHistory,
    now_ms: int,
    rules: ProfileRules = PLAIN,
) -> dict[SegmentId, bool]:
    """Of every live and paused segment whether the person is in it at an instant."""
    subject = Subject(definitions, history, rules)
    return {segment.id: subject.member(segment.id, now_ms) for segment in definitions.segments}


def trait_values(
    definitions: WorkspaceDefinitions,
    history: PersonHistory,
    now_ms: int,
    rules: ProfileRules = PLAIN,
) -> dict[str, Any]:
    """Values of computed traits at an instant, by name; missing ones are absent."""
    subject = Subject(definitions, history, rules)
    values = {trait.name: subject.value(trait.rule, now_ms) for trait in definitions.traits}
    return {name: value for name, value in values.items() if value is not None}
