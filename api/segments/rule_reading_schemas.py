"""From what clients wrote to rules, or to every problem with its JSON path.

The API and the command line both read rules here.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from api.segments import rules_schemas as rules
from api.web.problems import problem_of
from domain.segments.definition import RfmRule, TraitRule
from domain.segments.rule import Rule
from domain.values import Json
from operators.rules.check import rfm_rule_problems, rule_problems, trait_problems
from operators.rules.references import DefinitionParams, RuleProblem
from store.definitions.errors import InvalidDefinitionError

PROBLEMS_SHOWN: Final = 50
_RULE: Final[TypeAdapter[Rule]] = TypeAdapter(rules.Rule)
_TRAIT_RULE: Final[TypeAdapter[TraitRule]] = TypeAdapter(rules.TraitRule)
T = TypeVar("T")


def checked_rule(rule: Rule, params: DefinitionParams) -> Rule:
    """A segment's rule, once everything beyond its shape holds.

    Args:
        rule: of the right shape.
        params: bounds.

    Raises:
        InvalidDefinitionError: it does not hold; every problem with its path.
    """
    return _checked(rule, rule_problems(rule, params))


def checked_trait_rule(rule: TraitRule) -> TraitRule:
    """Like `checked_rule`, for a computed trait."""
    return _checked(rule, trait_problems(rule))


def checked_rfm_rule(rule: RfmRule) -> RfmRule:
    """Like `checked_rule`, for RFM."""
    return _checked(rule, rfm_rule_problems(rule))


def read_rule(document: Json, params: DefinitionParams) -> Rule:
    """Read a segment's rule from JSON values; raises like `checked_rule`."""
    return checked_rule(_read(_RULE, document), params)


def read_trait_rule(document: Json) -> TraitRule:
    """Read a computed trait's rule from JSON values; raises like `checked_rule`."""
    return checked_trait_rule(_read(_TRAIT_RULE, document))


def _read(adapter: TypeAdapter[T], document: Json) -> T:
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:PROBLEMS_SHOWN]
        problems = tuple(problem_of(item, item["loc"], document) for item in found)
        raise InvalidDefinitionError(problems) from None


def _checked(rule: T, problems: Iterator[RuleProblem]) -> T:
    found = tuple(problem for problem, _ in zip(problems, range(PROBLEMS_SHOWN), strict=False))
    if found:
        raise InvalidDefinitionError(found)
    return rule
