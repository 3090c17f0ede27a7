"""Every block of JSON in the documentation of segments is valid, and holds for whom the text says
it does, by oracle and engine alike."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import msgspec
import pytest

from api.segments.definitions_schemas import RfmRequest, TraitRequest
from api.segments.rule_checks import checked_rfm_rule, checked_trait_rule
from domain.ids import SegmentId, TraitId, WorkspaceId
from domain.instants import DAY_MS
from domain.policies import IdentityRules, ProfileRules
from domain.segments import conditions
from domain.segments import rule as language
from domain.segments.definition import (
    ComputedTrait,
    Function,
    RfmBreaks,
    RfmDefinition,
    Segment,
    WorkspaceDefinitions,
)
from domain.segments.rfm import RFM_GRID
from domain.segments.rule import Measure, Rule
from operators.rules.check import function_problems
from operators.rules.references import DefinitionParams, RuleScope, placed, reference_problems
from oracle.rules import Subject as Naive
from tests.docs.examples import RULES, TRAITS
from tests.docs.histories import NOW, Person, nobody
from tests.oracle.test_rule_properties import Engine
from tests.support.rule_reading import read_rule
from tests.support.rules_generators import Case

DOCS: Final = Path(__file__).parents[2] / "docs"
WORKSPACE: Final = WorkspaceId(1)
NAMED: Final = {SegmentId(7): "Repeat buyers"}
ASKED: Final = SegmentId(100)
BREAKS: Final = RfmBreaks(
    (10 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS, 180 * DAY_MS),
    (1, 2, 4, 6),
    (20_000_000, 60_000_000, 100_000_000, 400_000_000),
    50,
    NOW,
)


class Block(NamedTuple):
    """A block of JSON: the heading above it, and what it says."""

    heading: str
    document: Any

    @property
    def kind(self) -> str:
        """Whether it is a rule, a computed trait or RFM."""
        return "rule" if "type" in self.document else "trait" if "name" in self.document else "rfm"


@cache
def blocks(name: str) -> tuple[Block, ...]:
    """Blocks of a page, in order."""
    found, heading = [], ""
    for part in re.finditer(
        r"^#+ ([^\n]*)$|^```json\n(.*?)^```", (DOCS / name).read_text(), re.MULTILINE | re.DOTALL
    ):
        if part[1] is None:
            found.append(Block(heading, json.loads(part[2])))
        else:
            heading = part[1]
    return tuple(found)


def all_blocks() -> list[Block]:
    return [*blocks("cookbook.md"), *blocks("segments.md")]


def of_kind(kind: str) -> list[Any]:
    return [pytest.param(block, id=block.heading) for block in all_blocks() if block.kind == kind]


@cache
def definitions() -> WorkspaceDefinitions:
    """Everything that the pages define, live."""
    traits = [
        TraitRequest.model_validate(block.document)
        for block in all_blocks()
        if block.kind == "trait"
    ]
    rfm = next(
        RfmRequest.model_validate(block.document) for block in all_blocks() if block.kind == "rfm"
    )
    rules = {block.heading: block.document for block in all_blocks() if block.kind == "rule"}
    return WorkspaceDefinitions(
        WORKSPACE,
        1,
        "Europe/Berlin",
        segments=tuple(
            Segment(number, WORKSPACE, 1, read_rule(rules[name], DefinitionParams()))
            for number, name in NAMED.items()
        ),
        traits=tuple(
            ComputedTrait(TraitId(number), trait.name, 1, checked_trait_rule(trait.rule))
            for number, trait in enumerate(traits, 1)
        ),
        rfm=RfmDefinition(1, checked_rfm_rule(rfm.rule), BREAKS),
    )


def case(person: Person, rule: Rule | None = None) -> Case:
    """A person under the definitions of the pages, and one more segment."""
    live = definitions()
    if rule is not None:
        live = msgspec.structs.replace(
            live, segments=(*live.segments, Segment(ASKED, WORKSPACE, 1, rule))
        )
    return Case(live, person.history(), ProfileRules(), NOW)


def answers(person: Person, rule: Rule) -> tuple[bool, bool]:
    """Whether the rule holds, by the oracle and by the engine."""
    asked = case(person, rule)
    naive = Naive(asked.definitions, asked.history, asked.rules)
    return naive.member(ASKED, NOW), Engine(asked).answers(NOW)[ASKED][0]


@pytest.mark.parametrize("block", of_kind("rule"))
def test_a_rule_of_the_documentation_holds_for_whom_it_should(block: Block) -> None:
    rule = read_rule(block.document, DefinitionParams())
    holding, failing = RULES[block.heading]
    assert holding
    assert failing
    assert [answers(person, rule) for person in holding] == [(True, True)] * len(holding)
    assert [answers(person, rule) for person in failing] == [(False, False)] * len(failing)


@pytest.mark.parametrize("block", of_kind("rule"))
def test_a_rule_of_the_documentation_refers_to_what_is_there(block: Block) -> None:
    live = definitions()
    rule = read_rule(block.document, DefinitionParams())
    functions: dict[str, Function] = {trait.name: trait.rule.function for trait in live.traits}
    segments = {segment.id: segment.rule for segment in live.segments if segment.rule is not None}
    known = RuleScope(segments, NAMED, functions, IdentityRules().kinds, rfm=True)
    assert not list(reference_problems(rule, None, known))
    assert not list(function_problems(rule, functions))


@pytest.mark.parametrize("block", of_kind("trait"))
def test_a_computed_trait_of_the_documentation_has_the_value_that_it_should(block: Block) -> None:
    name = TraitRequest.model_validate(block.document).name
    person, expected, empty = TRAITS[block.heading]
    for history, value in ((person, expected), (nobody(), empty)):
        asked = case(history)
        assert Naive(asked.definitions, asked.history, asked.rules).trait(name, NOW) == value
        assert Engine(asked).traits(NOW).get(name) == value


def test_histories_are_of_examples_that_are_there() -> None:
    assert set(RULES) == {block.heading for block in all_blocks() if block.kind == "rule"}
    assert set(TRAITS) == {block.heading for block in all_blocks() if block.kind == "trait"}


def test_a_heading_has_one_rule() -> None:
    headings = [block.heading for block in all_blocks() if block.kind == "rule"]
    assert len(headings) == len(set(headings))


def test_everything_that_rules_can_say_has_an_example() -> None:
    texts = [json.dumps(block.document) for block in blocks("cookbook.md")]
    ops = {condition.__struct_config__.tag for condition in get_args(conditions.Condition)}
    assert [op for op in ops if not any(f'"op": "{op}"' in text for text in texts)] == []
    rules = [
        read_rule(block.document, DefinitionParams())
        for block in blocks("cookbook.md")
        if block.kind == "rule"
    ]
    assert {type(node) for rule in rules for _, _, node in placed(rule)} == set(
        get_args(language.Rule)
    )
    measures = {
        node.measure
        for rule in rules
        for _, _, node in placed(rule)
        if isinstance(node, language.Behaviour)
    }
    assert measures == set(get_args(Measure))
    assert {trait.rule.function for trait in definitions().traits} == set(get_args(Function))


VALUES: Final[dict[str, tuple[list[Any], list[Any]]]] = {
    # op → values of which the example in the table of conditions holds, and does not hold
    "equals": (["pro"], ["Pro", None]),
    "in": (["DE"], ["de", None]),
    "contains": (["a vip", ["vip"]], [["a vip"], None]),
    "ends_with": (["ada@example.com"], ["ada@example.org", None]),
    "exists": ([0, ""], [None]),
    "at_least": ([18, 18.5], [17, "18", None]),
    "between": ([1, 5, 2.5], [0, 5.1, None]),
    "before": (["2025-12-31T22:59:59Z"], ["2026-01-01", None]),
    "after": (["2026-01-01T12:00:00Z"], ["2026-01-01T11:59:59Z", None]),
    "within_last": (
        ["2026-03-10T12:00:00Z", "2026-02-08T12:00:01Z"],
        ["2026-02-08T12:00:00Z", "2026-03-10T12:00:01Z"],
    ),
    "within_next": (["2026-03-17T12:00:00Z"], ["2026-03-10T12:00:00Z", "2026-03-17T12:00:01Z"]),
    "not_equals": (["free", None, 1], ["pro"]),
}
INLINE: Final = [
    json.loads(text) for text in re.findall(r"`(\{.*?\})`", (DOCS / "segments.md").read_text())
]


@pytest.mark.parametrize(
    "document", [pytest.param(document, id=document["op"]) for document in INLINE]
)
def test_a_condition_of_the_table_holds_for_these_values(document: Any) -> None:
    rule = read_rule({"type": "trait", "name": "x", "condition": document}, DefinitionParams())
    holding, failing = VALUES[document["op"]]
    assert holding
    assert [answers(nobody().is_(x=value), rule) for value in holding] == [(True, True)] * len(
        holding
    )
    assert [answers(nobody().is_(x=value), rule) for value in failing] == [(False, False)] * len(
        failing
    )


def test_the_table_of_rfm_segments_is_the_one_that_decides() -> None:
    rows = re.findall(
        r"^\| \*\*(\d)\*\* \| (.*) \|$", (DOCS / "cookbook.md").read_text(), re.MULTILINE
    )
    assert {int(recency): tuple(names.split(" | ")) for recency, names in rows} == dict(
        enumerate(RFM_GRID, 1)
    )
