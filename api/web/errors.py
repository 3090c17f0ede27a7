"""One table from errors to answers: problem+json (RFC 9457) below ``/cdp``, ``{"code","message"}`` where clients of the collector look.

Nothing that a client sent is repeated in an answer, and no message of an unexpected error leaves
the process: both may hold personal data.
"""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final, NamedTuple

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.web.paging import BadCursorError
from api.web.problems import problem_of
from domain.values import Json
from sinks.intake.log import LogFullError, LogUnavailableError
from store.definitions.versions import (
    DefinitionError,
    InvalidDefinitionError,
    MissingDefinitionError,
)
from store.errors import StoreUnavailable

QUERY_PREFIX: Final = "/cdp/"
STORE_RETRY_AFTER_S: Final = 2.0
"""Postgres restarts within this."""
RULE_PLACE: Final = ("body", "rule")
"""Where bodies hold rules."""


class ApiError(Exception):
    """An answer other than success. Raise one of the classes below.

    Args:
        detail: one sentence for the person who called; never personal data.
    """

    status: HTTPStatus
    code: str
    retry_after_s: float | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequestError(ApiError):
    """The request cannot be understood."""

    status, code = HTTPStatus.BAD_REQUEST, "bad_request"


class UnauthorizedError(ApiError):
    """No API key, or one that is unknown or revoked."""

    status, code = HTTPStatus.UNAUTHORIZED, "unauthorized"


class ForbiddenError(ApiError):
    """The API key lacks a scope."""

    status, code = HTTPStatus.FORBIDDEN, "forbidden"


class NotFoundError(ApiError):
    """The workspace has no such thing; whether another workspace has it is not said.

    Args:
        noun: what was looked for.
    """

    status, code = HTTPStatus.NOT_FOUND, "not_found"

    def __init__(self, noun: str) -> None:
        super().__init__(f"There is no such {noun}.")


class ConflictError(ApiError):
    """The state of things does not allow it."""

    status, code = HTTPStatus.CONFLICT, "conflict"


class GoneError(ApiError):
    """It was there and is no more."""

    status, code = HTTPStatus.GONE, "gone"


class RangeError(ApiError):
    """A part is asked for that the file does not have."""

    status, code = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "range"


class UnprocessableError(ApiError):
    """Well formed, and yet it makes no sense."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "unprocessable"


class TooLargeError(ApiError):
    """The request's body is too large."""

    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"


class RateLimitedError(ApiError):
    """Too many requests with one key.

    Args:
        retry_after_s: when the next one may come.
    """

    status, code = HTTPStatus.TOO_MANY_REQUESTS, "rate_limited"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("Too many requests with this key.")
        self.retry_after_s = retry_after_s


class BusyError(ApiError):
    """As many of these are under way as may be at once.

    Args:
        detail: what to do.
        retry_after_s: when there may be room.
    """

    status, code = HTTPStatus.TOO_MANY_REQUESTS, "busy"

    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class FieldProblem(BaseModel):
    """One field that does not hold."""

    field: str = Field(
        description="Where: `body.links.0`, `query.limit`; in a rule its JSON path, `$.of[1].window`.",
        examples=["query.limit"],
    )
    message: str = Field(examples=["Input should be less than or equal to 200"])


class Problem(BaseModel):
    """What every error looks like (RFC 9457, `application/problem+json`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:stratum:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "code": "not_found",
                    "detail": "There is no such profile.",
                    "errors": [],
                }
            ]
        }
    )

    type: str = Field(description="`urn:stratum:problem:` and the code.")
    title: str
    status: int
    code: str = Field(description="Stable; made to be compared.")
    detail: str
    errors: list[FieldProblem] = []


def _described(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


DESCRIBED: Final[dict[int | str, dict[str, Any]]] = {
    400: _described("The request cannot be understood."),
    401: _described("No API key, or one that is unknown or revoked."),
    403: _described("The API key lacks the scope."),
    404: _described("The workspace has no such thing."),
    409: _described("The state of things does not allow it."),
    413: _described("The body is too large."),
    422: _described("A field does not hold; `errors` says which."),
    429: _described("Too many requests; `Retry-After` says when to come again."),
    503: _described(
        "A server that is needed does not answer; `Retry-After` says when to come again."
    ),
}
"""What routes declare as their error answers."""


class _Rule(NamedTuple):
    status: HTTPStatus
    code: str
    detail: str
    retry_after_s: float | None = None


# Errors of the layers below; the first class that fits counts.
_TABLE: Final[Mapping[type[Exception], _Rule]] = {
    BadCursorError: _Rule(
        HTTPStatus.BAD_REQUEST, "bad_cursor", "The cursor was not handed out by this listing."
    ),
    LogFullError: _Rule(HTTPStatus.TOO_MANY_REQUESTS, "log_full", "The event log has no room."),
    LogUnavailableError: _Rule(
        HTTPStatus.SERVICE_UNAVAILABLE, "log_unavailable", "The event log takes nothing."
    ),
    StoreUnavailable: _Rule(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "store_unavailable",
        "Postgres does not answer.",
        STORE_RETRY_AFTER_S,
    ),
    psycopg.DataError: _Rule(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "unprocessable",
        "A text holds NUL, or a value is out of range.",
    ),
    OverflowError: _Rule(
        HTTPStatus.UNPROCESSABLE_ENTITY, "unprocessable", "A number or an instant is out of range."
    ),
    psycopg.OperationalError: _Rule(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "store_unavailable",
        "Postgres does not answer.",
        STORE_RETRY_AFTER_S,
    ),
}


def _rule(error: Exception) -> _Rule:
    if isinstance(error, ApiError):
        return _Rule(error.status, error.code, error.detail, error.retry_after_s)
    if isinstance(error, RequestValidationError):
        return _Rule(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The request does not hold; see errors."
        )
    if isinstance(error, DefinitionError):
        return _definition_rule(error)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
        return _Rule(status, status.name.lower(), status.description or status.phrase)
    rule = next(rule for kind, rule in _TABLE.items() if isinstance(error, kind))
    if isinstance(error, LogUnavailableError):
        return rule._replace(
            retry_after_s=error.retry_after_s, detail=f"{error.reason.meaning} ({error.reason})."
        )
    return rule


def _definition_rule(error: DefinitionError) -> _Rule:
    if isinstance(error, InvalidDefinitionError):
        return _Rule(
            HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_rule", "The rule does not hold; see errors."
        )
    if isinstance(error, MissingDefinitionError):
        return _rule(NotFoundError(error.noun))
    return _Rule(HTTPStatus.CONFLICT, "conflict", str(error))


def _fields(error: Exception) -> list[FieldProblem]:
    if isinstance(error, InvalidDefinitionError):
        return [
            FieldProblem(field=problem.path, message=problem.message) for problem in error.problems
        ]
    return (
        [_field(item, error.body) for item in error.errors()]
        if isinstance(error, RequestValidationError)
        else []
    )


def _field(item: Mapping[str, Any], body: Json) -> FieldProblem:
    """One error of pydantic.

    In a rule its place is told as a JSON path from the rule's root, without the tags that pydantic
    puts in.
    """
    location = item["loc"]
    if location[:2] == RULE_PLACE and isinstance(body, Mapping):
        problem = problem_of(item, location[len(RULE_PLACE) :], body.get(RULE_PLACE[-1]))
        return FieldProblem(field=problem.path, message=problem.message)
    return FieldProblem(field=".".join(str(part) for part in location), message=item["msg"])


def whole_seconds(seconds: float) -> str:
    """A span as ``Retry-After`` takes it: whole seconds, at least one."""
    return str(max(1, ceil(seconds)))


def answer(request: Request, error: Exception) -> JSONResponse:
    """The answer to an error, in the form that the path's clients understand."""
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return _answer(request, _rule(error), _fields(error), headers)


def _answer(
    request: Request, rule: _Rule, fields: list[FieldProblem], headers: dict[str, str]
) -> JSONResponse:
    if rule.retry_after_s is not None:
        headers["Retry-After"] = whole_seconds(rule.retry_after_s)
    if rule.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if not request.url.path.startswith(QUERY_PREFIX):
        return JSONResponse({"code": rule.code, "message": rule.detail}, rule.status, headers)
    problem = Problem(
        type=f"urn:stratum:problem:{rule.code}",
        title=rule.status.phrase,
        status=rule.status,
        code=rule.code,
        detail=rule.detail,
        errors=fields,
    )
    return JSONResponse(problem.model_dump(), rule.status, headers, "application/problem+json")


def unexpected(request: Request) -> JSONResponse:
    """The answer to an exception that nobody foresaw: nothing of it is told."""
    return _answer(
        request,
        _Rule(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            "Something unexpected happened; the log has the place.",
        ),
        [],
        {},
    )


def handle_errors(app: FastAPI) -> None:
    """Register the table with an application."""

    async def handler(request: Request, error: Exception) -> JSONResponse:
        return answer(request, error)

    for kind in (ApiError, DefinitionError, RequestValidationError, HTTPException, *_TABLE):
        app.add_exception_handler(kind, handler)
