"""Completes the OpenAPI document: the collector's paths, which are plain ASGI, and problems."""

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.collector.collector import BATCH_PATHS, SINGLE_PATHS
from api.collector.errors import REFUSALS
from api.collector.settings import RUDDER_PATHS, SEGMENT_PATH
from api.web.deps import SCHEMES
from api.web.errors import DSR_PREFIX
from api.web.problems import Problem

PUBLIC_PATHS: Final = frozenset({"/cdp/health", "/cdp/health/live"})
"""What is answered without an API key."""
_TAG: Final = "collector"
_HOW: Final = """JSON under any content type, plain or gzip.

The write key comes as user of Basic authorization, as `writeKey` in the body,
or as `?writeKey=`."""
_WRITE_KEY: Final = {
    "write_key": {
        "type": "http",
        "scheme": "basic",
        "description": "The source's write key as user, no password.",
    }
}
_EVENT: Final[dict[str, Any]] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "0b1c9e52-7f3a-4d0e-9a51-2f6d6c1f8a77",
    "userId": "u1",
    "anonymousId": "a1",
    "timestamp": "2026-03-01T09:30:00Z",
    "properties": {"revenue": 24.95, "currency": "USD"},
    "context": {"consent": {"categoryPreferences": {"advertising": True}}},
}
_ACCEPTED: Final = {
    "description": "The event log has every event durably.",
    "content": {"application/json": {"example": {"success": True}}},
}
_REFUSED: Final = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "enum": list(REFUSALS)},
        "message": {"type": "string"},
    },
}


def _refusals() -> dict[str, Any]:
    """One answer per status, listing its codes."""
    codes: dict[int, list[str]] = {}
    for code, rule in REFUSALS.items():
        codes.setdefault(int(rule.status), []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"`{code}`: {REFUSALS[code].message}" for code in names),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refused"}}},
        }
        for status, names in sorted(codes.items())
    }


def _intake(summary: str, path: str, example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tags": [_TAG],
        "summary": summary,
        "operationId": "collect" + path.replace("/", "_"),
        "description": _HOW,
        "security": [{"write_key": []}, {}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": example}},
        },
        "responses": {"200": _ACCEPTED, **_refusals()},
    }


def _settings(path: str, operation: str) -> dict[str, Any]:
    refused = _refusals()
    names = [("write_key", "path")] if "{" in path else [("writeKey", "query")]
    return {
        "tags": [_TAG],
        "summary": "Read what browser SDKs want to know of a source",
        "operationId": operation,
        "parameters": [
            {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
            for name, place in names
        ],
        "responses": {
            "200": {"description": "In the SDK's own shape."},
            **{code: refused[code] for code in ("401", "503")},
        },
    }


def collector_paths() -> dict[str, Any]:
    """The collector's part of the document: path → operations."""
    batches = {
        path: {"post": _intake("Send a batch of events", path, {"batch": [_EVENT]})}
        for path in BATCH_PATHS
    }
    singles = {
        path: {"post": _intake(f"Send one {kind} event", path, {**_EVENT, "type": kind})}
        for path, kind in SINGLE_PATHS.items()
    }
    return {
        **batches,
        **singles,
        SEGMENT_PATH: {"get": _settings(SEGMENT_PATH, "get_segment_settings")},
        RUDDER_PATHS[0]: {"get": _settings(RUDDER_PATHS[0], "get_rudder_settings")},
    }


def document(app: FastAPI) -> None:
    """Make an application's OpenAPI document whole."""
    generate = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = generate()
            for path, operations in found["paths"].items():
                if path not in PUBLIC_PATHS:
                    for operation in operations.values():
                        # Where the key comes in the body, no scheme is needed: [{}].
                        operation["security"] = operation.get("security") or [
                            {name: []} for name in SCHEMES
                        ]
                if path.startswith(DSR_PREFIX):
                    for operation in operations.values():
                        operation["responses"].pop("422", None)  # it is a 400 there
            found["paths"].update(collector_paths())
            components = found.setdefault("components", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = components.setdefault("schemas", {})
            for unanswered in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unanswered, None)
            schemas.update({**problem.pop("$defs", {}), "Problem": problem, "Refused": _REFUSED})
            components.setdefault("securitySchemes", {}).update({**_WRITE_KEY, **SCHEMES})
            app.openapi_schema = found
        return app.openapi_schema

    # FastAPI's documented way to extend the document.
    app.openapi = whole  # type: ignore[method-assign]
    _serve_document(app)


def _serve_document(app: FastAPI) -> None:
    """Build the document once and in a thread: it takes seconds, and asking takes no key."""
    building, made = Lock(), list[bytes]()

    def answer(_request: Request) -> Response:  # starlette runs plain functions in a thread
        with building:
            if not made:
                made.append(msgspec.json.encode(app.openapi()))
        return Response(made[0], media_type="application/json")

    routes = app.router.routes
    routes[:] = [route for route in routes if getattr(route, "path", "") != app.openapi_url]
    app.add_route(str(app.openapi_url), answer, include_in_schema=False)
