"""Whatever is asked, the answer is one that the API documents: no value anywhere makes it fail."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from tests.api.conftest import Api, Tenant
from tests.api.test_access import problem

INSTANTS: Final = (
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-02-30",
    "2026-01-01T00:00:00",
    "1e30",
    "-62135596800001",
)
TEXTS: Final = (
    "",
    "\0",
    "\ud83d",
    "a" * 3_000,
    "%",
    "'; --",
    "NaN",
    "-1",
    "0",
    "9223372036854775808",
    "1e400",
    "true",
    "[]",
    "\u202e",
)
VALUES: Final[tuple[Any, ...]] = (
    *INSTANTS[:2],
    "",
    "\0",
    "\ud83d",
    "a" * 3_000,
    "x",
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    10**400,
    1e308,
    [],
    [None],
    {"": None},
)
IDS: Final = (
    "1",
    "00000000-0000-0000-0000-000000000001",
    "9223372036854775808",
    "-1",
    "%00",
    "x",
    "source:1",
    "a" * 2_000,
)


def _request(method: str, path: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return method, path, more


def _bodies(schema: dict[str, Any], document: dict[str, Any]) -> list[Any]:
    """Examples of a request body."""
    named = schema.get("$ref", "").rpartition("/")[2]
    found = document["components"]["schemas"].get(named, schema)
    return list(found.get("examples", [{}]))


def _changed(value: Any) -> Iterator[Any]:
    """A JSON value with an odd one in each of its places, one at a time."""
    yield from VALUES
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in _changed(inner))
        yield {**value, "unknown": 1}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], other, *value[index + 1 :]] for other in _changed(inner))


def requests(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """One odd thing per request, in every parameter and every place of every body that the document
    names."""
    for template, operations in document["paths"].items():
        if not template.startswith("/cdp/"):
            continue
        for method, operation in operations.items():
            parameters = operation.get("parameters", [])
            path = template
            for parameter in parameters:
                if parameter["in"] == "path":
                    path = path.replace("{" + parameter["name"] + "}", "1")
            for parameter in parameters:
                name = parameter["name"]
                if parameter["in"] == "query":
                    for value in (*INSTANTS, *TEXTS):
                        yield _request(
                            method, f"{path}?{quote(name)}={quote(value, errors='surrogatepass')}"
                        )
                elif parameter["in"] == "path":
                    yield from (
                        _request(
                            method,
                            template.replace("{" + name + "}", one)
                            .replace("{", "")
                            .replace("}", ""),
                        )
                        for one in IDS
                    )
                else:
                    yield from (
                        _request(method, path, headers={name: value})
                        for value in ('"1"', "1", "*", "x" * 500, "bytes=9-1", "W/")
                    )
            if "requestBody" in operation:
                (media,) = operation["requestBody"]["content"].values()
                for raw in (
                    b"",
                    b"{",
                    b"\xff",
                    b"[" * 5_000,
                    b"1" * 5_000,
                    b'"\\ud800"',
                    b'{"a":1e999}',
                ):
                    yield _request(method, path, content=raw)
                for body in _bodies(media["schema"], document):
                    yield from (
                        _request(method, path, content=json.dumps(value).encode())
                        for value in _changed(body)
                    )


def test_no_value_anywhere_is_unforeseen(
    app: FastAPI, address: str, tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant.feed(tenant.event("identify", userId="u1", traits={"email": "u1@example.com"}))
    seen: Counter[int] = Counter()
    failed: list[str] = []

    def ask(client: httpx.Client, method: str, path: str, more: dict[str, Any]) -> None:
        headers = {
            "authorization": f"Bearer {tenant.admin}",
            "content-type": "application/json",
            **more.pop("headers", {}),
        }
        answer = client.request(method, path, headers=headers, **more)
        for _ in range(5):  # a busy machine says when to come again; what stays is a failure
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                break
            time.sleep(float(answer.headers["retry-after"]))
            answer = client.request(method, path, headers=headers, **more)
        seen[answer.status_code] += 1
        if answer.status_code >= 500:
            failed.append(f"{answer.status_code} {method} {path[:150]} {str(more)[:150]}")

    with httpx.Client(base_url=address, timeout=120) as client, ThreadPoolExecutor(8) as asking:
        for done in [asking.submit(ask, client, *request) for request in requests(app.openapi())]:
            done.result()

    assert not failed, "\n".join(failed) + capsys.readouterr().out[-3_000:]
    assert sum(seen.values()) > 2_000
    assert seen[200] > 100


@pytest.mark.parametrize("instant", INSTANTS[:2])
def test_an_instant_that_no_calendar_holds_is_named(
    asks: Callable[[str], Any], tenant: Tenant, instant: str
) -> None:
    found = asks(tenant.read).get("/cdp/audit", 422, since=instant)

    assert [problem["field"] for problem in found["errors"]] == ["query.since"]
    assert "no calendar holds this instant" in found["errors"][0]["message"]


@pytest.mark.parametrize("value", [False, True, "x", 0.5, None])
@pytest.mark.parametrize("field", ["after", "limit"])
def test_what_is_no_whole_number_is_refused_in_a_body(api: Api, field: str, value: Any) -> None:
    found = api.post("/cdp/dead-letters/retry", {field: value}, 422)
    assert [problem["field"] for problem in found["errors"]] == [f"body.{field}"]


def test_a_method_that_a_path_does_not_take_is_refused_as_such(app: FastAPI, api: Api) -> None:
    for path, operations in app.openapi()["paths"].items():
        if path.startswith("/cdp/") and "{" not in path:
            for method in {"get", "post", "put", "patch", "delete"} - set(operations):
                assert (path, method, api.http.request(method, path, json={}).status_code) == (
                    path,
                    method,
                    405,
                )


@pytest.mark.parametrize("body", [b'{"rule": "\xff"}', b"[" * 50_000 + b"]" * 50_000])
def test_what_is_no_json_is_called_so(api: Api, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = api.http.post("/cdp/segments/preview", content=body, headers=headers)
    problem(answer, 400, "bad_request")
    assert answer.json()["detail"] == "The body is no JSON: it must be UTF-8, and not too deep."
