"""The rule language at the edge: every bound told with its path and what to do."""

from typing import Annotated, Any, get_args

import msgspec
import pytest
from pydantic import TypeAdapter

from api.segments import rules_schemas as rules
from api.segments.rule_checks import checked_rfm_rule
from domain.segments import conditions, definition, event_filter, rule
from domain.segments.part import Part
from domain.segments.rule import Rule, decode_rule, encode_rule
from operators.rules.references import DefinitionParams
from store.definitions.errors import InvalidDefinitionError
from tests.support.rule_reading import read_rule, read_trait_rule

PARAMS = DefinitionParams(depth_limit=4, node_limit=20)
CONSENT = {"type": "consent", "purpose": "advertising"}
ORDERED = {"name": "Order Completed"}
PARTS: list[type[Part]] = [*get_args(Rule), *get_args(conditions.Condition)]


def told(document: Any) -> dict[str, str]:
    """Problems of a rule: path → message."""
    with pytest.raises(InvalidDefinitionError) as caught:
        read_rule(document, PARAMS)
    return {problem.path: problem.message for problem in caught.value.problems}


def event(**fields: Any) -> dict[str, Any]:
    return {"type": "event", "event": ORDERED, **fields}


def sequence(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"type": "sequence", "steps": list(steps)}


def example_of(part: type[Part]) -> dict[str, Any]:
    settings = part.__struct_config__
    return {str(settings.tag_field): settings.tag, **part.example}


@pytest.mark.parametrize("part", PARTS)
def test_every_example_is_read_and_written_unchanged(part: type[Part]) -> None:
    example = example_of(part)
    document = (
        example if "type" in example else {"type": "trait", "name": "x", "condition": example}
    )
    found = read_rule(document, DefinitionParams())
    assert decode_rule(encode_rule(found)) == found
    assert msgspec.json.decode(encode_rule(found)) == document


@pytest.mark.parametrize("part", [event_filter.EventFilter, event_filter.Where, rule.Step])
def test_examples_of_parts_that_are_in_no_union_are_read_unchanged(part: type[Part]) -> None:
    adapter: TypeAdapter[Part] = TypeAdapter(Annotated[part, rules.READS])  # type: ignore[arg-type]
    found = adapter.validate_python(part.example)
    assert msgspec.json.decode(msgspec.json.encode(found)) == part.example


def test_a_default_is_stored_like_what_a_client_wrote() -> None:
    written = {"type": "event", "event": ORDERED, "condition": {"op": "at_least", "value": 1}}
    assert encode_rule(read_rule(event(), PARAMS)) == encode_rule(read_rule(written, PARAMS))


def test_values_keep_their_types() -> None:
    values = [True, 1, 1.5, "1", False, 0]
    found = read_rule(
        {"type": "trait", "name": "x", "condition": {"op": "in", "values": values}}, PARAMS
    )
    assert isinstance(found, rule.Trait)
    assert isinstance(found.condition, conditions.In)
    assert [(type(value), value) for value in found.condition.values] == [
        (type(value), value) for value in values
    ]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (5, "$"),
        ({"of": []}, "$.type"),
        ({"type": "maybe"}, "$.type"),
        ({"type": "all"}, "$.of"),
        ({"type": "all", "of": [CONSENT, {"type": "not", "of": {"type": "x"}}]}, "$.of[1].of.type"),
        (event(bogus=1), "$.bogus"),
        (event(window="90"), "$.window"),
        (event(window="0d"), "$.window"),
        (event(window="732d"), "$.window"),
        (event(window="59s"), "$.window"),
        (event(measure="sum"), "$.property"),
        (event(measure="count", property="revenue"), "$.property"),
        (event(measure="first_at", condition={"op": "at_least", "value": 1}), "$.condition.op"),
        (event(measure="last_at", condition={"op": "within_next", "span": "1d"}), "$.condition.op"),
        (event(condition={"op": "starts_with", "value": "1"}), "$.condition.op"),
        (event(condition={"op": "equals", "value": "1"}), "$.condition.value"),
        (event(condition={"op": "in", "values": [1, True]}), "$.condition.values[1]"),
        (event(condition={"op": "between", "low": 2, "high": 1}), "$.condition.high"),
        (event(condition={"op": "at_least", "value": True}), "$.condition.value"),
        (event(condition={"op": "at_least", "value": float("nan")}), "$.condition.value"),
        (event(condition={"op": "at_least", "value": 10**30}), "$.condition.value"),
        (event(event={"name": 3}), "$.event.name"),
        (event(event={"name": "a", "event_type": "click"}), "$.event.event_type"),
        (
            event(
                event={
                    "name": "a",
                    "where": [{"property": "at", "condition": {"op": "within_last", "span": "1d"}}],
                }
            ),
            "$.event.where[0].condition.op",
        ),
        ({"type": "trait", "name": "", "condition": {"op": "exists"}}, "$.name"),
        (
            {"type": "trait", "name": "x", "condition": {"op": "equals", "value": None}},
            "$.condition.value",
        ),
        (
            {"type": "trait", "name": "x", "condition": {"op": "equals", "value": "\x00"}},
            "$.condition.value",
        ),
        (
            {"type": "trait", "name": "x", "condition": {"op": "equals", "value": "\ud800"}},
            "$.condition.value",
        ),
        (
            {"type": "trait", "name": "x", "condition": {"op": "in", "values": []}},
            "$.condition.values",
        ),
        (
            {"type": "trait", "name": "x", "condition": {"op": "before", "instant": "yesterday"}},
            "$.condition.instant",
        ),
        (
            {"type": "trait", "name": "x", "condition": {"op": "before", "instant": "2026-02-30"}},
            "$.condition.instant",
        ),
        ({"type": "trait", "name": "x", "condition": {"op": "like"}}, "$.condition.op"),
        ({"type": "lifecycle", "stages": ["gone"]}, "$.stages[0]"),
        ({"type": "lifecycle", "stages": []}, "$.stages"),
        ({"type": "rfm"}, "$"),
        ({"type": "rfm", "recency": [0, 5]}, "$.recency[0]"),
        ({"type": "rfm", "recency": [5, 1]}, "$.recency"),
        ({"type": "rfm", "segments": ["champions", "losers"]}, "$.segments[1]"),
        ({"type": "consent", "purpose": "a", "granted": "yes"}, "$.granted"),
        ({"type": "identifier", "kind": "email", "at_least": 0}, "$.at_least"),
        ({"type": "segment", "segment": "7"}, "$.segment"),
        (sequence({"event": ORDERED}), "$.steps"),
        (sequence(*[{"event": ORDERED}] * 9), "$.steps"),
        (sequence({"event": ORDERED, "within": "1h"}, {"event": ORDERED}), "$.steps[0].within"),
        (
            sequence({"event": ORDERED, "without": [ORDERED]}, {"event": ORDERED}),
            "$.steps[0].without",
        ),
        (
            sequence(
                {"event": ORDERED},
                {"event": ORDERED, "within": "1h", "absent": True},
                {"event": ORDERED},
            ),
            "$.steps[1].absent",
        ),
        (sequence({"event": ORDERED}, {"event": ORDERED, "absent": True}), "$.steps[1].within"),
        (sequence({"event": ORDERED}, {"event": ORDERED, "within": "1x"}), "$.steps[1].within"),
    ],
)
def test_what_does_not_hold_is_told_with_its_path(document: Any, path: str) -> None:
    assert list(told(document)) == [path]


def test_every_problem_is_told_at_once() -> None:
    document = {
        "type": "any",
        "of": [
            event(measure="sum", window="1s"),
            event(condition={"op": "contains", "value": "x"}),
        ],
    }
    assert list(told(document)) == ["$.of[0].property", "$.of[0].window", "$.of[1].condition.op"]


def test_messages_say_what_to_do_and_repeat_nothing_of_the_client() -> None:
    assert "s, m, h, d or w" in told(event(window="topsecret"))["$.window"]
    assert "topsecret" not in str(told({"type": "topsecret"}))
    assert "'consent'" in told({"type": "topsecret"})["$.type"]


def test_depth_and_size_are_bounded() -> None:
    deep: Any = CONSENT
    for _ in range(4):
        deep = {"type": "not", "of": deep}
    assert list(told(deep)) == ["$.of.of.of.of"]
    assert "at most 20 nodes" in told({"type": "all", "of": [CONSENT] * 20})["$"]
    for _ in range(400):
        deep = {"type": "not", "of": deep}
    assert told(deep)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"function": "median", "event": ORDERED}, "$.function"),
        ({"function": "sum", "event": ORDERED}, "$.property"),
        ({"function": "time_since", "event": ORDERED, "property": "x"}, "$.property"),
        ({"function": "count", "event": ORDERED, "window": "30s"}, "$.window"),
    ],
)
def test_computed_traits_are_checked_alike(document: Any, path: str) -> None:
    with pytest.raises(InvalidDefinitionError) as caught:
        read_trait_rule(document)
    assert [problem.path for problem in caught.value.problems] == [path]


def test_rfm_is_checked_alike() -> None:
    found: definition.RfmRule = TypeAdapter(rules.RfmRule).validate_python({})
    assert checked_rfm_rule(found) == definition.RfmRule()
    with pytest.raises(InvalidDefinitionError) as caught:
        checked_rfm_rule(definition.RfmRule(look_back="23h", refresh_s=1))
    assert [problem.path for problem in caught.value.problems] == ["$.look_back", "$.refresh_s"]


def test_the_schema_of_a_rule_describes_every_field() -> None:
    schema = TypeAdapter(rules.Rule).json_schema()
    for name, part in schema["$defs"].items():
        assert part.get("description"), name
