"""Errors of pydantic as problems with JSON paths. Nothing that a client wrote is repeated."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

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

    >>> json_path(("all", "of", 1, "event", "window"), {"type": "all", "of": [{}, {"type": "event", "window": 5}]})
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
