"""Problems of RFC 9457, and errors of pydantic as such, with JSON paths.

Nothing that a client wrote is repeated.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from domain.values import Json
from operators.rules.references import RuleProblem

_TAGS: Final = ("type", "op")
_MESSAGES: Final = {
    "model_attributes_type": "A JSON object is needed here.",
    "tuple_type": "A JSON list is needed here.",
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field here: remove it.",
    "recursion_depth_exceeded": "The rule is nested too deep: make a part of it a segment.",
}


def json_path(location: Sequence[str | int], document: Json) -> str:
    """Where in a document an error of pydantic is, as a JSON path.

    Tags of unions, which pydantic names too, are left out.

    Args:
        location: as pydantic gives it, from the document's root.
        document: what was validated.

    >>> rule = {"type": "all", "of": [{}, {"type": "event", "window": 5}]}
    >>> json_path(("all", "of", 1, "event", "window"), rule)
    '$.of[1].window'
    """
    path, entered = "$", False
    for part in location:
        if (
            not entered
            and isinstance(document, Mapping)
            and part in [document.get(tag) for tag in _TAGS]
        ):
            entered = True
            continue
        entered = False
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, Sequence) and isinstance(part, int) and part < len(document):
            document = document[part]
        else:
            document = None
    return path


def problem_of(
    error: Mapping[str, Any], location: Sequence[str | int], document: Json
) -> RuleProblem:
    """One error of pydantic as a problem; nothing that the client wrote is repeated.

    Args:
        error: as ``ValidationError.errors()`` lists it.
        location: its place from the root of `document`.
        document: what was validated.
    """
    path, kind = json_path(location, document), str(error["type"])
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        context = error["ctx"]
        tag = str(context["discriminator"]).strip("'")
        known = context.get("expected_tags")
        message = (
            f"This is one of {known}." if known else f"A JSON object with {tag} is needed here."
        )
        return RuleProblem(f"{path}.{tag}", message)
    return RuleProblem(path, _MESSAGES.get(kind, str(error["msg"])))


class FieldProblem(BaseModel):
    """One field that does not hold."""

    field: str = Field(
        description="Where: `body.links.0`, `query.limit`; in a rule its JSON path,"
        " `$.of[1].window`.",
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
"""The error answers of every route that takes an API key."""
