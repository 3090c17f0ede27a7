"""Rules in answers: documented as bodies name them, answered as they are stored.

A stored rule is not held against today's bounds again: one that was lowered since must not hide the
rules that it would refuse now.
"""

from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from api.segments.rules_schemas import READS
from domain.segments import definition, rule
from domain.values import Json


class _Shows:
    """Marks a part of the rule language, or a union of them, for pydantic: JSON of its shape."""

    def __get_pydantic_core_schema__(
        self,
        kind: Any,  # noqa: ANN401 - any type form
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            _as_stored,
            READS.__get_pydantic_core_schema__(kind, handler),
            serialization=core_schema.plain_serializer_function_ser_schema(_as_it_is),
        )


def _as_stored(value: Json, _read: core_schema.ValidatorFunctionWrapHandler) -> Json:
    return value


def _as_it_is(value: Json) -> Json:
    return value


_SHOWS: Final = _Shows()
ShownRule = Annotated[rule.Rule, _SHOWS]
"""A segment's rule, or one node of it."""
ShownTraitRule = Annotated[definition.TraitRule, _SHOWS]
ShownRfmRule = Annotated[definition.RfmRule, _SHOWS]
