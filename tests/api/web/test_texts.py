"""Texts that people write, over all routes that take some, and what is stored of them."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from fastapi import FastAPI

from config.settings import Settings
from tests.api.conftest import Api, with_meta

UNREADABLE: Final = (
    "\u200b",
    "\u3164",
    "\x1b[31mred",
    "\x9b31mred",
    "a\u202eb",
    "a\u2067b",
    "a\nb",
)
OTHERS: Final = {"RetryRequest.reason"}
"""A reason of a refusal, which is a code and written by nobody."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with Meta connected."""
    return with_meta(settings)


def bodies(document: dict[str, Any]) -> Iterator[str]:
    """Names of the schemas that clients write."""
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            for one in [schema, *schema.get("anyOf", [])]:
                if "$ref" in one:
                    yield one["$ref"].rpartition("/")[2]


def test_every_reason_name_and_description_in_a_body_has_the_rules(app: FastAPI) -> None:
    document = app.openapi()
    schemas = document["components"]["schemas"]
    fields = {
        f"{body}.{field}": schema
        for body in set(bodies(document))
        for field, schema in schemas[body].get("properties", {}).items()
        if field in {"reason", "name", "description"} and body.endswith(("Request", "Update"))
    }

    without = {
        name
        for name, schema in fields.items()
        if not any(
            "\\u202a" in one.get("pattern", "") for one in [schema, *schema.get("anyOf", [])]
        )
    }

    assert len(fields) >= 15
    assert without == OTHERS


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/cdp/keys", {"scopes": ["read"]}),
        ("/cdp/sources", {}),
        ("/cdp/segments", {"rule": {"type": "all", "of": []}}),
        ("/cdp/traits", {"rule": {"function": "count", "event": {"name": "Order Completed"}}}),
        ("/cdp/audience-sync/audiences", {"segment_id": 1, "platform": "meta"}),
    ],
)
def test_a_name_can_be_read_and_has_no_blanks_around_it(
    api: Api, path: str, body: dict[str, Any]
) -> None:
    for name in UNREADABLE:
        told = api.post(path, body | {"name": name}, 422)["errors"]
        assert [problem["field"] for problem in told] == ["body.name"], name
        assert name not in str(told)

    assert api.post(path, body | {"name": " Mary \U0001f469\u200d\U0001f52c "}, 201)["name"] == (
        "Mary \U0001f469\u200d\U0001f52c"
    )


def test_what_is_stored_already_is_still_shown(api: Api, execute: Callable[..., Any]) -> None:
    key = api.post("/cdp/keys", {"name": "old", "scopes": ["read"]}, 201)["id"]
    old = "\x1b[31mred\u202e\u200b"
    execute("UPDATE api_keys SET name = %s WHERE id = %s", old, key)

    assert old in {each["name"] for each in api.get("/cdp/keys")["items"]}
