"""A rule that is not live, compiled as if it were: alone, with the aggregates that it needs.

Aggregates that live definitions have too keep their numbers, so that people hold them already;
others get numbers that nobody has yet, and `operators.unify.backfill` builds them from stored
events. Other segments that the rule refers to are answered from what is stored.
"""

from collections import Counter
from collections.abc import Callable

from msgspec.structs import replace

from domain.ids import AggregateId, ProfileId, SegmentId
from domain.policies import ProfileRules
from domain.profiles.profile import Person
from domain.segments.definition import Aggregate, Segment, WorkspaceDefinitions, spec_key
from domain.segments.rule import Rule
from operators.aggregates.plan import aggregate_specs
from operators.profiles.lifecycle import stage_at
from operators.rules.references import traits_of, uses_rfm
from operators.rules.windows import NEVER
from operators.segments.compile_definitions import compile_program
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
    used = traits_of(rule)
    number = SegmentId(max((segment.id for segment in definitions.segments), default=0) + 1)
    alone = replace(
        definitions,
        segments=(Segment(number, definitions.workspace, 1, rule),),
        traits=tuple(trait for trait in definitions.traits if trait.name in used),
        rfm=definitions.rfm if uses_rfm(rule) else None,
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
    return compile_program(replace(alone, aggregates=tuple(needed), newest_aggregate=newest))


def tester(program: Program, rules: ProfileRules, now_ms: int) -> Callable[[Person], bool]:
    """Make a test of whether a draft holds for a person, whose stage it brings up to date in place.

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
        in_segment: of those evaluated, members of each segment that exists.
        in_both: of those, who would be members of the draft too.
    """

    def __init__(
        self, program: Program, rules: ProfileRules, now_ms: int, example_limit: int
    ) -> None:
        self.program = program
        self._holds = tester(program, rules, now_ms)
        self._shown = example_limit
        self.evaluated = 0
        self.members = 0
        self.examples: list[ProfileId] = []
        self.in_segment: Counter[SegmentId] = Counter()
        self.in_both: Counter[SegmentId] = Counter()

    def evaluate(self, person: Person) -> None:
        """Evaluate one person, whose stage is brought up to date in place.

        Args:
            person: with all aggregates that the draft needs.
        """
        holds = self._holds(person)
        self.evaluated += 1
        self.in_segment.update(person.segments.keys())
        if not holds:
            return
        self.members += 1
        self.in_both.update(person.segments.keys())
        if len(self.examples) < self._shown:
            self.examples.append(person.id)
