"""Counts per node of a rule agree with the nodes' own answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ids import ProfileId, WorkspaceId
from domain.profiles.leaf import Leaf, Register
from domain.profiles.profile import Person, Stage
from domain.segments.conditions import Equals
from domain.segments.definition import WorkspaceDefinitions
from domain.segments.rule import All, Lifecycle, Not, Rule, Trait
from domain.segments.rule import Any as AnyOf
from operators.rules.references import placed
from operators.segments.compile_rules import Compiler
from operators.segments.node_counts import NodeCounts
from operators.segments.nodes import Node, Subject
from operators.segments.sampling import estimate

LEAVES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(Trait, st.sampled_from("abc"), st.builds(Equals, st.integers(0, 1))),
    st.builds(Lifecycle, st.lists(st.sampled_from(list(Stage)), min_size=1).map(tuple)),
)
RULES: st.SearchStrategy[Rule] = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.builds(All, st.lists(below, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(below, max_size=3).map(tuple)),
        st.builds(Not, below),
    ),
    max_leaves=8,
)
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(list(Stage)), st.dictionaries(st.sampled_from("abc"), st.integers(0, 1))
    ),
    max_size=8,
)


def subject(stage: Stage, traits: dict[str, int]) -> Subject:
    view = Leaf(traits={name: Register(value, 1, 1) for name, value in traits.items()})
    return Subject(Person(ProfileId(b"p" * 16), WorkspaceId(1), 1, view, {}, stage=stage), 10)


def compiled(rule: Rule) -> Node:
    return Compiler(WorkspaceDefinitions(WorkspaceId(1), 0)).compile(rule)


@settings(deadline=None)
@given(RULES, PEOPLE)
def test_each_node_holds_for_those_for_whom_it_holds_alone(
    rule: Rule, people: list[tuple[Stage, dict[str, int]]]
) -> None:
    counts = NodeCounts(compiled(rule))
    whole = [counts.add(subject(*person)) for person in people]

    alone = [compiled(node.node).test for node in placed(rule)]
    expected = [[test(subject(*person))[0] for person in people] for test in alone]
    assert counts.holds == [sum(answers) for answers in expected]
    assert whole == expected[0]
    exact = [estimate(holds, len(people), len(people)) for holds in counts.holds]
    assert all(one.low == one.value == one.high for one in exact if people)
