"""One table from errors to answers.

Problem+json (RFC 9457) below ``/cdp``, OpenDSR's own below ``/opendsr``, else the collector's.

Nothing that a client sent is repeated in an answer, and no message of an unexpected error leaves
the process: both may hold personal data.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final, NamedTuple

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.web.paging import BadCursorError
from api.web.problems import FieldProblem, Problem, problem_of
from domain.values import Json
from sinks.intake.log import LogFullError, LogUnavailableError
from store.activation.commands import AudienceCommandError, UnknownAudienceError
from store.activation.settings import FixedNameError
from store.definitions.errors import DefinitionError, InvalidDefinitionError, MissingDefinitionError
from store.errors import StoreUnavailable
from store.gate.commands import GateCommandError
from store.unify.history import EVENTS_LIMIT, TooEventfulError

QUERY_PREFIX: Final = "/cdp/"
DSR_PREFIX: Final = "/opendsr/"
API_PREFIXES: Final = (QUERY_PREFIX, DSR_PREFIX)
"""Below which requests need an API key, and bodies have a limit."""
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
    """Too many requests with one key, or too many failed logins of one address.

    Args:
        retry_after_s: when the next one may come.
        detail: of what.
    """

    status, code = HTTPStatus.TOO_MANY_REQUESTS, "rate_limited"

    def __init__(
        self, retry_after_s: float, detail: str = "Too many requests with this key."
    ) -> None:
        super().__init__(detail)
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


class ClientDisconnectedError(ApiError):
    """The client has closed the connection: its answer is seen in metrics only."""

    status, code = HTTPStatus.REQUEST_TIMEOUT, "client_disconnected"

    def __init__(self) -> None:
        super().__init__("The client has closed the connection.")


_CODES: Final = {
    kind.status: kind.code
    for kind in (
        BadRequestError,
        UnauthorizedError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        GoneError,
        TooLargeError,
        RangeError,
        UnprocessableError,
    )
}


class _Rule(NamedTuple):
    status: HTTPStatus
    code: str
    detail: str
    retry_after_s: float | None = None


def _rule(error: Exception) -> _Rule:
    rule = next(rule for kind, rule in _TABLE.items() if isinstance(error, kind))
    return rule if isinstance(rule, _Rule) else rule(error)


def _api(error: ApiError) -> _Rule:
    return _Rule(error.status, error.code, error.detail, error.retry_after_s)


def _http(error: HTTPException) -> _Rule:
    """What the framework refuses has the code that it has where we refuse it."""
    status = HTTPStatus(error.status_code)
    code = _CODES.get(status, status.name.lower())
    if status is HTTPStatus.BAD_REQUEST:  # it says so of bodies only
        return _Rule(status, code, "The body is no JSON: it must be UTF-8, and not too deep.")
    return _Rule(status, code, status.description or status.phrase)


def _log(error: LogUnavailableError) -> _Rule:
    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "log_unavailable"
    if isinstance(error, LogFullError):
        status, code = HTTPStatus.TOO_MANY_REQUESTS, "log_full"
    return _Rule(status, code, f"{error.reason.meaning} ({error.reason}).", error.retry_after_s)


def _sentence(error: Exception) -> str:
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


_STORE_AWAY: Final = _Rule(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "store_unavailable",
    "Postgres does not answer.",
    STORE_RETRY_AFTER_S,
)
# The first class that fits counts.
_TABLE: Final[Mapping[type[Exception], _Rule | Callable[[Any], _Rule]]] = {
    ApiError: _api,
    RequestValidationError: _Rule(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "The request does not hold; see errors."
    ),
    HTTPException: _http,
    BadCursorError: lambda error: _Rule(HTTPStatus.BAD_REQUEST, "bad_cursor", _sentence(error)),
    InvalidDefinitionError: _Rule(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_rule", "The rule does not hold; see errors."
    ),
    MissingDefinitionError: lambda error: _api(NotFoundError(error.noun)),
    DefinitionError: lambda error: _api(ConflictError(str(error))),
    UnknownAudienceError: lambda error: _api(NotFoundError(str(error))),
    FixedNameError: lambda error: _Rule(HTTPStatus.CONFLICT, "name_fixed", str(error)),
    AudienceCommandError: lambda error: _api(ConflictError(str(error))),
    TooEventfulError: _Rule(
        HTTPStatus.CONFLICT,
        ConflictError.code,
        f"This person has more than {EVENTS_LIMIT} events: too many to be explained.",
    ),
    GateCommandError: lambda error: _api(UnprocessableError(_sentence(error))),
    LogUnavailableError: _log,
    StoreUnavailable: _STORE_AWAY,
    psycopg.DataError: _Rule(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "unprocessable",
        "A text holds NUL, or a value is out of range.",
    ),
    OverflowError: _Rule(
        HTTPStatus.UNPROCESSABLE_ENTITY, "unprocessable", "A number or an instant is out of range."
    ),
    psycopg.OperationalError: _STORE_AWAY,
}


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

    Its place in a rule is a JSON path from the rule's root, without the tags that pydantic adds.
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
    if request.url.path.startswith(DSR_PREFIX):
        return _dsr_answer(rule, fields, headers)
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


def _dsr_answer(rule: _Rule, fields: list[FieldProblem], headers: dict[str, str]) -> JSONResponse:
    """The error object of OpenDSR, section 7.6; whatever is wrong with a request is a 400."""
    unprocessable = rule.status == HTTPStatus.UNPROCESSABLE_ENTITY
    status = HTTPStatus.BAD_REQUEST if unprocessable else rule.status
    told = [f"{each.field}: {each.message}" for each in fields] or [rule.detail]
    domain = "Validation" if status == HTTPStatus.BAD_REQUEST else "Stratum"
    errors = [{"domain": domain, "reason": rule.code, "message": message} for message in told]
    error = {"code": int(status), "message": rule.detail, "errors": errors}
    return JSONResponse({"error": error}, status, headers)


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

    for kind in _TABLE:
        app.add_exception_handler(kind, handler)
