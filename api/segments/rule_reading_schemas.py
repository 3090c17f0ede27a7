"""From what clients wrote to rules as values, or to every problem with its JSON path.

The API and the command line both read rules here.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.segments import rules_schemas as rules
from api.web.problems import problem_of
from domain.segments.definition import RfmRule, TraitRule
from domain.segments.rule import Rule
from domain.values import Json
from operators.rules.check import rfm_rule_problems, rule_problems, trait_problems
from operators.rules.references import DefinitionParams, RuleProblem
from store.definitions.versions import InvalidDefinitionError

PROBLEMS_SHOWN: Final = 50
_RULE: Final[TypeAdapter[Any]] = TypeAdapter(rules.Rule)
T = TypeVar("T")


def problems_of(error: ValidationError, document: Json) -> Iterator[RuleProblem]:
    """Every problem that pydantic found in a document."""
    for item in error.errors(include_url=False, include_input=False)[:PROBLEMS_SHOWN]:
        yield problem_of(item, item["loc"], document)


def rule_of(model: BaseModel, params: DefinitionParams) -> Rule:
    """A segment's rule as a value.

    Args:
        model: one of `api.segments.rules_schemas.Rule`.
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


def read_rule(document: Json, params: DefinitionParams) -> Rule:
    """Read a segment's rule from JSON values; raises like `rule_of`."""
    try:
        model = _RULE.validate_python(document)
    except ValidationError as error:
        raise InvalidDefinitionError(tuple(problems_of(error, document))) from None
    return rule_of(model, params)


def read_trait_rule(document: Json) -> TraitRule:
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
