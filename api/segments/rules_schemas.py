"""The rule language at the edge: JSON is validated and documented by the types of the domain.

Every `Part` becomes a model of pydantic, which reports all problems of shape with their paths,
documents the part in OpenAPI, and gives the part itself. There is nothing to add here for a new
node or condition. What else must hold is `operators.rules.check`.
"""

import math
from functools import cache
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import FieldInfo, fields, replace
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from domain.segments import definition, event_filter, rule
from domain.segments.part import Format, Part
from domain.segments.span import span_ms
from domain.values import Json
from operators.rules.windows import instant_of

TEXT_LIMIT: Final = 1_000
"""Characters of a text in a rule."""
NUMBER_LIMIT: Final = 2.0**63
"""Numbers of a rule are below this: they fit the database's and every client's numbers."""
_UTC: Final = ZoneInfo("UTC")
_NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL's JSON cannot hold the character NUL."""


def _number(value: Json) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("number", "This is a number; no text, no true or false.")
    if (
        not (math.isfinite(value) if isinstance(value, float) else True)
        or abs(value) >= NUMBER_LIMIT
    ):
        raise PydanticCustomError("number_range", "A number lies between -2^63 and 2^63.")
    return value


def _scalar(value: Json) -> str | int | float | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if (
            len(value) > TEXT_LIMIT
            or "\x00" in value
            or any("\ud800" <= sign <= "\udfff" for sign in value)
        ):
            raise PydanticCustomError(
                "text",
                "A text has at most {limit} characters, none of them NUL.",
                {"limit": TEXT_LIMIT},
            )
        return value
    if isinstance(value, int | float):
        return _number(value)
    raise PydanticCustomError("scalar", "This is a text, a number, true or false.")


def _span(value: Json) -> str:
    try:
        span_ms(value)
    except (TypeError, ValueError, IndexError):
        raise PydanticCustomError(
            "span", "A span is a whole number and a unit, s, m, h, d or w, like 30m; at most 731d."
        ) from None
    return str(value)


def _instant(value: Json) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LIMIT or instant_of(value, _UTC) is None:
        raise PydanticCustomError(
            "instant", "An instant is an ISO 8601 text: 2026-02-28, or 2026-02-28T12:00:00Z."
        )
    return value


Name = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=TEXT_LIMIT, pattern=_NO_NUL)
]
"""A text that names something."""
Span = Annotated[
    str,
    PlainValidator(_span),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhdw]$", "examples": ["30m", "7d"]}),
]
_FORMATS: Final[dict[Format, Any]] = {
    Format.TEXT: Annotated[
        str, StringConstraints(strict=True, max_length=TEXT_LIMIT, pattern=_NO_NUL)
    ],
    Format.NAME: Name,
    Format.NUMBER: Annotated[
        int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})
    ],
    Format.SCALAR: Annotated[
        str | int | float | bool,
        PlainValidator(_scalar),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "string", "maxLength": TEXT_LIMIT},
                    {"type": "number"},
                    {"type": "boolean"},
                ]
            }
        ),
    ],
    Format.SPAN: Span,
    Format.INSTANT: Annotated[
        str,
        PlainValidator(_instant),
        WithJsonSchema(
            {
                "type": "string",
                "description": "ISO 8601; a date is its midnight, and no zone is the workspace's.",
            }
        ),
    ],
}
_STRICT: Final[dict[Any, Any]] = {int: StrictInt, bool: StrictBool}
_STRICT_SHAPE: Final = ConfigDict(
    extra="forbid",
    defer_build=True,
    # One schema for bodies and answers: a rule that was read is edited and sent again.
    json_schema_mode_override="validation",
)
_NAMES: Final[dict[type[Part], str]] = {
    rule.Any: "AnyOf",
    rule.Trait: "TraitNode",
    rule.Member: "SegmentMember",
}
"""Names in OpenAPI, where they are not those of the types."""


class _Reads:
    """Marks a `Part`, or a union of them by tag, for pydantic: validates JSON and gives the part.

    Models are looked up when their schema is built, so that parts may contain each other.
    """

    def __get_pydantic_core_schema__(
        self,
        kind: Any,  # noqa: ANN401 - any type form
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        if isinstance(kind, type):
            return handler.generate_schema(_model(kind))
        parts = get_args(kind)
        return handler.generate_schema(
            Annotated[
                Union[tuple(_model(part) for part in parts)],  # noqa: UP007 - built at run time
                Field(discriminator=parts[0].__struct_config__.tag_field),
            ]
        )


READS: Final = _Reads()
Rule = Annotated[rule.Rule, READS]
EventFilter = Annotated[event_filter.EventFilter, READS]
TraitRule = Annotated[definition.TraitRule, READS]
RfmRule = Annotated[definition.RfmRule, READS]


@cache
def _model(part: type[Part]) -> type[BaseModel]:
    """The model that reads one kind of part."""
    tag = _tag(part)
    members = fields(part)

    def to_part(model: Any) -> Part:  # noqa: ANN401 - of the class made here
        return part(*[getattr(model, member.name) for member in members])

    annotated: dict[str, Any] = {name: (Literal[text], ...) for name, text in tag.items()}
    annotated |= {member.name: (_annotation(member.type), _default(member)) for member in members}
    validator: Any = model_validator(mode="after")(to_part)
    model: type[BaseModel] = create_model(
        _NAMES.get(part, part.__name__),
        __config__=example(**tag, **part.example) | _STRICT_SHAPE,
        __doc__=(part.__doc__ or "").partition("\n\n    Attributes:")[0],
        __module__=__name__,
        __validators__={"to_part": validator},
        **annotated,
    )
    return model


def _tag(part: type[Part] | Part) -> dict[str, Json]:
    """The field that tells a part from others in a union; empty for parts that are in none."""
    settings = part.__struct_config__
    return {} if settings.tag_field is None else {settings.tag_field: settings.tag}


def _annotation(kind: Any) -> Any:  # noqa: ANN401 - any type form, for pydantic
    """A field's type as pydantic reads it."""
    origin, args = get_origin(kind), get_args(kind)
    if isinstance(kind, NewType):
        return _annotation(kind.__supertype__)
    if origin is Annotated:
        formats = [_FORMATS[mark] for mark in kind.__metadata__ if isinstance(mark, Format)]
        plain = formats[0] if formats else _annotation(args[0])
        marks = tuple(mark for mark in map(_mark, kind.__metadata__) if mark is not None)
        return Annotated[(plain, *marks)] if marks else plain
    if origin is tuple:
        return tuple.__class_getitem__(
            tuple(arg if arg is ... else _annotation(arg) for arg in args)
        )
    if kind in _STRICT:
        return _STRICT[kind]
    if args and origin is not Literal:
        if all(isinstance(arg, type) and issubclass(arg, Part) for arg in args):
            return Annotated[kind, READS]
        return Union[tuple(_annotation(arg) for arg in args)]  # noqa: UP007 - built at run time
    return Annotated[kind, READS] if isinstance(kind, type) and issubclass(kind, Part) else kind


def _mark(mark: Any) -> Any:  # noqa: ANN401 - whatever a type is annotated with
    """An annotation of a type as pydantic reads it; None for what says the type itself."""
    if isinstance(mark, msgspec.Meta):
        return Field(
            description=mark.description,
            examples=mark.examples,
            json_schema_extra=mark.extra_json_schema,
        )
    return None if isinstance(mark, Format) else mark


def _default(field: FieldInfo) -> Json:
    """A field's default as `create_model` takes it.

    A part is copied: msgspec leaves out the very default, and stored rules name every part.
    """
    if field.required or not isinstance(field.default, Part):
        return ... if field.required else field.default
    default = field.default
    return Field(
        default_factory=lambda: replace(default),
        json_schema_extra={"default": with_defaults(default)},
    )


def with_defaults(value: Json | Part) -> Json:
    """A part as JSON, with what it says by default."""
    if isinstance(value, Part):
        return _tag(value) | {
            name: with_defaults(getattr(value, name)) for name in value.__struct_fields__
        }
    return [with_defaults(one) for one in value] if isinstance(value, tuple) else value


def example(**fields: Json) -> ConfigDict:
    """The configuration of a model with one example."""
    return ConfigDict(json_schema_extra={"examples": [fields]})
