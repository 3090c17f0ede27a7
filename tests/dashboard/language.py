"""The rule language as a table, taken from its types: what the page must know of it."""

import types
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

from msgspec.structs import FieldInfo, fields

from api.segments.rules_schemas import with_defaults
from domain.profiles.profile import Stage
from domain.segments.conditions import Before, Condition
from domain.segments.definition import Function
from domain.segments.event_filter import EventFilter, Where
from domain.segments.part import Format, Part
from domain.segments.rfm import RFM_SEGMENTS
from domain.segments.rule import Behaviour, Measure, Rule, Step
from domain.values import Json
from operators.rules.check import rule_problems, value_problems
from operators.rules.conditions import is_relative
from operators.rules.operators import OPERATORS
from operators.rules.references import DefinitionParams

_PARTS: Final[dict[type[Part], str]] = {EventFilter: "filter", Where: "where", Step: "step"}
_PLAIN: Final = {bool: "boolean", int: "whole", Stage: "stage"}
_UNIONS: Final = {get_args(Rule): "rule", get_args(Condition): "condition"}


def language() -> dict[str, Json]:
    """Every node, part and operator with its fields, and the words that fields choose from."""
    return {
        "nodes": {_tag(node): _fields(node) for node in get_args(Rule)},
        "parts": {name: _fields(part) for part, name in _PARTS.items()},
        "operators": {_tag(operator): _operator(operator) for operator in get_args(Condition)},
        "measures": {measure: _measure(measure) for measure in get_args(Measure)},
        "functions": list(get_args(Function)),
        "event_types": list(get_args(EventFilter.__annotations__["event_type"])),
        "stages": [str(stage) for stage in Stage],
        "rfm_segments": list(RFM_SEGMENTS),
    }


def _tag(part: type[Part]) -> str:
    return str(part.__struct_config__.tag)


def _measure(measure: Measure) -> dict[str, Json]:
    bare = Behaviour(EventFilter(None), measure)
    paths = [problem.path for problem in rule_problems(bare, DefinitionParams())]
    refused = [problem.path for problem in value_problems("$", Before("2026-01-01"), measure)]
    return {"property": "$.property" in paths, "kind": "number" if refused else "instant"}


def _operator(operator: type[Part]) -> dict[str, Json]:
    row = OPERATORS[operator]
    condition = operator(**operator.example)
    return {
        "fields": _fields(operator),
        "words": row.words,
        "suits": list(row.suits),
        "negative": row.negates is not None,
        "moves": is_relative(condition),  # type: ignore[arg-type]  # one of the union
    }


def _fields(part: type[Part]) -> dict[str, Json]:
    return {field.name: _field(field) for field in fields(part)}


def _field(field: FieldInfo) -> dict[str, Json]:
    kind, nullable = _kind(field.type)
    found: dict[str, Json] = {"kind": kind}
    if nullable:
        found["nullable"] = True
    if not field.required:
        found["default"] = with_defaults(field.default)
    return found


def _kind(form: Any) -> tuple[str, bool]:
    """What a field holds, and whether it may be null."""
    origin, args = get_origin(form), get_args(form)
    if isinstance(form, NewType):
        return _kind(form.__supertype__)
    if origin is Annotated:
        formats = [mark for mark in form.__metadata__ if isinstance(mark, Format)]
        kind, nullable = _kind(args[0])
        return (formats[0].name.lower() if formats else kind), nullable
    if args in _UNIONS:
        return _UNIONS[args], False
    if origin in (Union, types.UnionType):
        kinds = [_kind(arg)[0] for arg in args if arg is not type(None)]
        return " or ".join(kinds), type(None) in args
    if origin is tuple:
        many = args[1] is ...
        return ("list of " if many else f"{len(args)} of ") + _kind(args[0])[0], False
    if origin is Literal:
        return "measure" if args == get_args(Measure) else "event type", False
    return _named(form), False


def _named(form: Any) -> str:
    if isinstance(form, str) or type(form).__name__ == "ForwardRef":
        return "rule"
    return _PARTS.get(form) or _PLAIN.get(form) or form.__name__
