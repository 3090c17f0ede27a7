"""The OpenAPI document: whoever reads it can use every route without guessing."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from api.app import ROUTES, create_app
from api.web.values import Request, View
from config.settings import Settings

ERRORS = {"400", "401", "403", "404", "422", "429", "503"}
PUBLIC = {"/cdp/health", "/cdp/health/live"}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The document."""
    app: FastAPI = create_app(Settings())
    return app.openapi()


def operations(spec: dict[str, Any], *below: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in spec["paths"].items()
        if path.startswith(below or ("/cdp/", "/opendsr/"))
        for method, operation in methods.items()
    ]


def test_every_route_has_a_tag_a_summary_a_description_and_a_shape(spec: dict[str, Any]) -> None:
    documented = operations(spec)

    assert len(documented) == sum(
        getattr(route, "include_in_schema", True) for router in ROUTES for route in router.routes
    )
    for method, path, operation in documented:
        assert operation["tags"], path
        assert operation["summary"], path
        assert operation["description"], path
        success = next(
            answer for status, answer in operation["responses"].items() if status.startswith("2")
        )
        schemas = [each.get("schema") for each in success["content"].values()]
        assert any(schemas), (method, path)


def test_operation_ids_are_short_unique_and_in_snake_case(spec: dict[str, Any]) -> None:
    ids = [
        operation["operationId"]
        for methods in spec["paths"].values()
        for operation in methods.values()
    ]

    assert len(ids) == len(set(ids))
    assert [
        each for each in ids if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+){0,3}", each)
    ] == []


def test_no_two_schemas_share_a_name(spec: dict[str, Any]) -> None:
    # FastAPI puts the module's path, joined by "__", before names that are not unique.
    assert [name for name in spec["components"]["schemas"] if "__" in name] == []


def test_every_route_describes_its_errors_as_problems(spec: dict[str, Any]) -> None:
    for _, path, operation in operations(spec, "/cdp/"):
        if path in PUBLIC:
            continue
        assert set(operation["responses"]) >= ERRORS, path
        for status in ERRORS:
            assert list(operation["responses"][status]["content"]) == [
                "application/problem+json"
            ], (path, status)
        assert operation["security"], path


def test_opendsr_describes_its_errors_as_its_own(spec: dict[str, Any]) -> None:
    found = operations(spec, "/opendsr/")
    assert found
    for _, path, operation in found:
        refused = {each for each in operation["responses"] if not each.startswith("2")}
        assert refused >= ERRORS - {"422"}, path
        assert "422" not in refused, path
        for status in refused:
            content = operation["responses"][status]["content"]
            assert content == {
                "application/json": {"schema": {"$ref": "#/components/schemas/DsrRefusal"}}
            }, (path, status)
    schemas = spec["components"]["schemas"]
    assert not {"HTTPValidationError", "ValidationError"} & schemas.keys()


def test_every_answer_and_every_body_has_an_example(spec: dict[str, Any]) -> None:
    named = {
        name: schema
        for name, schema in spec["components"]["schemas"].items()
        if schema.get("examples")
    }
    used = set()
    for _, path, operation in operations(spec):
        contents = [
            answer["content"]
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ]
        if "requestBody" in operation:
            contents.append(operation["requestBody"]["content"])
        for content in contents:
            reference = (
                content.get("application/json", {})
                .get("schema", {})
                .get("$ref", "")
                .rpartition("/")[2]
            )
            if reference.startswith("Page_"):
                reference = reference.removeprefix("Page_").rstrip("_")
            if reference:
                used.add(reference)
                assert reference in named, (path, reference)
    assert used


def family(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [model, *(each for child in model.__subclasses__() for each in family(child))]


def test_every_example_is_valid() -> None:
    checked = 0
    for model in family(View) + family(Request):
        extra = model.model_config.get("json_schema_extra")
        for example in extra["examples"] if isinstance(extra, dict) else ():  # type: ignore[union-attr]
            model.model_validate(example)
            checked += 1

    assert checked > 20


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    known = {f"#/components/schemas/{name}" for name in spec["components"]["schemas"]}

    assert references(spec["paths"]) | references(spec["components"]) <= known


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("SegmentView", "SegmentRequest"),
        ("SegmentVersionView", "SegmentRequest"),
        ("CheckedView", "SegmentRequest"),
        ("RuleNodeView", "SegmentRequest"),
        ("TraitView", "TraitRequest"),
        ("TraitVersionView", "TraitRequest"),
        ("RfmView", "RfmRequest"),
        ("RfmVersionView", "RfmRequest"),
    ],
)
def test_a_rule_that_is_read_has_the_type_of_a_rule_that_is_sent(
    spec: dict[str, Any], answer: str, body: str
) -> None:
    def shape(schema: str) -> tuple[set[str], Any]:
        node = spec["components"]["schemas"][schema]["properties"]["rule"]
        rule = next((one for one in node.get("anyOf", ()) if one != {"type": "null"}), node)
        refs = {one["$ref"] for one in rule.get("oneOf", [rule])}
        return refs, rule.get("discriminator")

    assert shape(answer) == shape(body)


def test_what_is_any_json_is_said_here(spec: dict[str, Any]) -> None:
    free = {
        f"{name}.{field}"
        for name, schema in spec["components"]["schemas"].items()
        for field, kind in schema.get("properties", {}).items()
        if not kind.keys() & {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"}
        or (kind.get("type") == "object" and kind.get("additionalProperties") in (None, True))
    }

    assert free == {
        "AuditEntry.detail",  # by the action, and whatever a person wrote past the log
        "ComputedValue.value",  # a computed trait's value: any scalar or list of what was sent
        "EventView.payload",  # a client's
        "FeedEvent.payload",  # a client's
        "ExportedProfile.traits",
        "FunnelPart.value",  # a value of a client's property
        "GroupView.traits",  # a client's
        "PushRequestView.outcome",  # by the platform and the attempt
        "RejudgeRequest.thresholds",  # some of `GateThresholds`
        "RuleNodeView.value",  # whatever the condition was held against
        "Trait.value",  # a client's
    }
