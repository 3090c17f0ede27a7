"""A rule that is not live, compiled as if it were: alone, with the aggregates that it needs.

Aggregates that live definitions have too keep their numbers, so that people hold them already;
others get numbers that nobody has yet, and `operators.unify.backfill` builds them from stored
events. Other segments that the rule refers to are answered from what is stored, or, for an
explanation, evaluated with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from domain.ids import AggregateId, ProfileId, SegmentId
from domain.policies import ProfileRules
from domain.profiles.profile import Person
from domain.segments.definition import Aggregate, Segment, WorkspaceDefinitions, spec_key
from domain.segments.rule import Rule
from operators.aggregates.plan import aggregate_specs, nodes
from operators.profiles.consent import restricted
from operators.profiles.lifecycle import stage_at
from operators.rules.references import traits_of, uses_rfm
from operators.rules.windows import NEVER
from operators.segments.compile_definitions import compile_program, compile_sound
from operators.segments.inputs import references
from operators.segments.node_counts import NodeCounts
from operators.segments.nodes import Subject
from operators.segments.program import Program


def draft_program(definitions: WorkspaceDefinitions, rule: Rule) -> Program:
    """Compile a draft.

    Args:
        definitions: what is live.
        rule: refers to nothing else than what is live (`operators.rules.references`).

    Returns:
        A program with one segment.
    """
    return compile_program(_beside(definitions, rule, ())[0])


def draft_with_referred(definitions: WorkspaceDefinitions, rule: Rule) -> tuple[Program, SegmentId]:
    """Compile a draft with the live segments that it refers to, directly or through others.

    They are evaluated with it, so that it is known when their answers change by themselves.

    Args:
        definitions: what is live.
        rule: refers to nothing else than what is live (`operators.rules.references`).

    Returns:
        The program, and the number that the draft has in it.
    """
    by_id = {segment.id: segment for segment in definitions.segments}
    referred: dict[SegmentId, Segment] = {}
    waiting = [rule]
    while waiting:
        for number in references(nodes(waiting.pop())):
            other = by_id.get(number)
            if other is not None and other.rule is not None and number not in referred:
                referred[number] = other
                waiting.append(other.rule)
    alone, draft = _beside(definitions, rule, referred.values())
    return compile_sound(alone)[0], draft


def _beside(
    definitions: WorkspaceDefinitions, rule: Rule, others: Iterable[Segment]
) -> tuple[WorkspaceDefinitions, SegmentId]:
    """Definitions of a draft, of other segments, and of what they all need."""
    number = SegmentId(max((segment.id for segment in definitions.segments), default=0) + 1)
    segments = (*others, Segment(number, definitions.workspace, 1, rule))
    rules = [segment.rule for segment in segments if segment.rule is not None]
    used = frozenset[str]().union(*map(traits_of, rules))
    alone = replace(
        definitions,
        segments=segments,
        traits=tuple(trait for trait in definitions.traits if trait.name in used),
        rfm=definitions.rfm if any(map(uses_rfm, rules)) else None,
    )
    known = {spec_key(aggregate.spec): aggregate for aggregate in definitions.aggregates}
    newest, needed = definitions.newest_aggregate, []
    for spec in aggregate_specs(alone):
        found = known.get(spec_key(spec))
        if found is None:
            newest = AggregateId(newest + 1)
            found = Aggregate(AggregateId(newest), spec)
        needed.append(found)
    needed.sort(key=lambda aggregate: aggregate.id)
    return replace(alone, aggregates=tuple(needed), newest_aggregate=newest), number


def tester(program: Program, rules: ProfileRules, now_ms: int) -> Callable[[Person], bool]:
    """Make a test of whether a draft holds for a person, whose stage it brings up to date in place.

    It holds for nobody who is restricted.

    Args:
        program: of the draft (`draft_program`).
        rules: lifecycle.
        now_ms: the instant of evaluation.

    Raises:
        ValueError: the program has no rule.
    """
    node = program.segments[0].node
    if node is None:
        raise ValueError("a draft has a rule")
    test = node.test

    def holds(person: Person) -> bool:
        person.stage, stage_until = stage_at(person, rules, now_ms)
        if restricted(person.view):
            return False
        return test(Subject(person, now_ms, stage_until or NEVER))[0]

    return holds


class PreviewCounts:
    """Evaluates people under a draft and counts them.

    Args:
        program: of the draft (`draft_program`).
        rules: lifecycle.
        now_ms: the instant of evaluation.
        example_limit: members named as examples.

    Attributes:
        evaluated: people.
        members: those who would be members.
        examples: the first of them.
        nodes: how many each node of the rule holds for.
        in_segment: of those evaluated, members of each segment that exists.
        in_both: of those, who would be members of the draft too.
    """

    def __init__(
        self, program: Program, rules: ProfileRules, now_ms: int, example_limit: int
    ) -> None:
        self.program = program
        node = program.segments[0].node
        if node is None:
            raise ValueError("a draft has a rule")
        self._rules, self._now_ms = rules, now_ms
        self.nodes = NodeCounts(node)
        self._shown = example_limit
        self.evaluated = 0
        self.members = 0
        self.examples: list[ProfileId] = []
        self.in_segment: Counter[SegmentId] = Counter()
        self.in_both: Counter[SegmentId] = Counter()

    def evaluate(self, person: Person) -> bool:
        """Evaluate one person, whose stage is brought up to date in place.

        Answers whether they would be a member. Nothing holds for whoever is restricted.

        Args:
            person: with all aggregates that the draft needs.
        """
        person.stage, stage_until = stage_at(person, self._rules, self._now_ms)
        self.evaluated += 1
        if restricted(person.view):
            return False
        holds = self.nodes.add(Subject(person, self._now_ms, stage_until or NEVER))
        self.in_segment.update(person.segments.keys())
        if not holds:
            return False
        self.members += 1
        self.in_both.update(person.segments.keys())
        if len(self.examples) < self._shown:
            self.examples.append(person.id)
        return True
