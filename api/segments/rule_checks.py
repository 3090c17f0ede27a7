"""Checks rules of the right shape, or tells every problem with its JSON path.

The API and the command line both check rules here.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, TypeVar

from domain.segments.definition import RfmRule, TraitRule
from domain.segments.rule import Rule
from operators.rules.check import rfm_rule_problems, rule_problems, trait_problems
from operators.rules.references import DefinitionParams, RuleProblem
from store.definitions.errors import InvalidDefinitionError

PROBLEMS_SHOWN: Final = 50
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


def _checked(rule: T, problems: Iterator[RuleProblem]) -> T:
    found = tuple(islice(problems, PROBLEMS_SHOWN))
    if found:
        raise InvalidDefinitionError(found)
    return rule
