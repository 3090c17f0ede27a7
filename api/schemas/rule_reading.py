"""From what clients wrote to rules as values, or to every problem with its JSON path. The API and the command line both read rules here."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.schemas import rules
from domain.definition import RfmRule, TraitRule
from domain.rule import Rule
from operators.references import DefinitionParams, RuleProblem
from operators.rule_checks import rfm_rule_problems, rule_problems, trait_problems
from store.definition_rows import InvalidDefinitionError

PROBLEMS_SHOWN: Final = 50
_TAGS: Final = ("type", "op")
_RULE: Final[TypeAdapter[Any]] = TypeAdapter(rules.Rule)
_MESSAGES: Final = {
    "model_attributes_type": "A JSON object is needed here.",
    "tuple_type": "A JSON list is needed here.",
    "missing": "This field is missing.",
    "extra_forbidden": "There is no such field here: remove it.",
    "recursion_depth_exceeded": "The rule is nested too deep: make a part of it a segment.",
}
T = TypeVar("T")


def json_path(location: Sequence[str | int], document: Any) -> str:  # noqa: ANN401 - JSON
    """Where in a document an error of pydantic is, as a JSON path; tags of unions, which pydantic names too, are left out.

    Args:
        location: as pydantic gives it, from the document's root.
        document: what was validated.

    >>> json_path(("all", "of", 1, "event", "window"), {"type": "all", "of": [{}, {"type": "event", "window": 5}]})
    '$.of[1].window'
    """
    path, entered = "$", False
    for part in location:
        if not entered and isinstance(document, Mapping) and part in [document.get(tag) for tag in _TAGS]:
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


def problem_of(error: Mapping[str, Any], location: Sequence[str | int], document: Any) -> RuleProblem:  # noqa: ANN401 - JSON
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
        message = f"This is one of {known}." if known else f"A JSON object with {tag} is needed here."
        return RuleProblem(f"{path}.{tag}", message)
    return RuleProblem(path, _MESSAGES.get(kind, str(error["msg"])))


def problems_of(error: ValidationError, document: Any) -> Iterator[RuleProblem]:  # noqa: ANN401 - JSON
    """Every problem that pydantic found in a document."""
    for item in error.errors(include_url=False, include_input=False)[:PROBLEMS_SHOWN]:
        yield problem_of(item, item["loc"], document)


def rule_of(model: BaseModel, params: DefinitionParams) -> Rule:
    """A segment's rule as a value.

    Args:
        model: one of `api.schemas.rules.Rule`.
        params: bounds.

    Raises:
        InvalidDefinitionError: it does not hold; every problem with its path.
    """
    found: Rule = msgspec.convert(model.model_dump(mode="json"), Rule)
    _refuse(rule_problems(found, params))
    return found


def trait_rule_of(model: rules.TraitRule) -> TraitRule:
    """Like `rule_of`, for a computed trait."""
    found = msgspec.convert(model.model_dump(mode="json"), TraitRule)
    _refuse(trait_problems(found))
    return found


def rfm_rule_of(model: rules.RfmRule) -> RfmRule:
    """Like `rule_of`, for RFM."""
    found = msgspec.convert(model.model_dump(mode="json"), RfmRule)
    _refuse(rfm_rule_problems(found))
    return found


def read_rule(document: Any, params: DefinitionParams) -> Rule:  # noqa: ANN401 - JSON
    """Read a segment's rule from JSON values; raises like `rule_of`."""
    try:
        model = _RULE.validate_python(document)
    except ValidationError as error:
        raise InvalidDefinitionError(tuple(problems_of(error, document))) from None
    return rule_of(model, params)


def read_trait_rule(document: Any) -> TraitRule:  # noqa: ANN401 - JSON
    """Read a computed trait's rule from JSON values; raises like `rule_of`."""
    try:
        model = rules.TraitRule.model_validate(document)
    except ValidationError as error:
        raise InvalidDefinitionError(tuple(problems_of(error, document))) from None
    return trait_rule_of(model)


def _refuse(problems: Iterator[RuleProblem]) -> None:
    found = tuple(problem for problem, _ in zip(problems, range(PROBLEMS_SHOWN), strict=False))
    if found:
        raise InvalidDefinitionError(found)
