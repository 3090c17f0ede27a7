"""Reads rules from JSON values as the API does: their shape, then everything beyond it."""

from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from api.segments import rules_schemas as rules
from api.segments.rule_checks import checked_rule, checked_trait_rule
from api.web.problems import problem_of
from domain.segments.definition import TraitRule
from domain.segments.rule import Rule
from domain.values import Json
from operators.rules.references import DefinitionParams
from store.definitions.errors import InvalidDefinitionError

_RULE: Final[TypeAdapter[Rule]] = TypeAdapter(rules.Rule)
_TRAIT_RULE: Final[TypeAdapter[TraitRule]] = TypeAdapter(rules.TraitRule)

T = TypeVar("T")


def read_rule(document: Json, params: DefinitionParams) -> Rule:
    """A segment's rule; raises like `checked_rule`."""
    return checked_rule(_read(_RULE, document), params)


def read_trait_rule(document: Json) -> TraitRule:
    """A computed trait's rule; raises like `checked_trait_rule`."""
    return checked_trait_rule(_read(_TRAIT_RULE, document))


def _read(adapter: TypeAdapter[T], document: Json) -> T:
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = tuple(problem_of(item, item["loc"], document) for item in found)
        raise InvalidDefinitionError(problems) from None
