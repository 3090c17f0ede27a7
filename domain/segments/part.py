"""What parts of the rule language have in common: an example, formats and bounds of fields."""

from enum import Enum
from typing import Annotated, ClassVar, Final

import msgspec
from annotated_types import MaxLen
from msgspec import Meta

from domain.values import Json

CHILDREN_LIMIT: Final = 500
"""Nodes, steps or property conditions in one list."""
VALUES_LIMIT: Final = 1_000
"""Values of one list."""


class Format(Enum):
    """What a value must be beyond its Python type."""

    TEXT = "a text without NUL"
    NAME = "a text that names something"
    NUMBER = "a number that fits the database's and every client's numbers"
    SCALAR = "a text, a number or a boolean"
    SPAN = "a span as `span_ms` reads it"
    INSTANT = "an instant in ISO 8601"


Text = Annotated[str, Format.TEXT]
Name = Annotated[str, Format.NAME]
Number = Annotated[int | float, Format.NUMBER]
Scalar = Annotated[str | int | float | bool, Format.SCALAR]
Span = Annotated[str, Format.SPAN]
Instant = Annotated[str, Format.INSTANT]

FILLED: Final = Meta(extra_json_schema={"minItems": 1})
"""Not empty; `operators.rules.check` says so in better words."""
Scalars = Annotated[tuple[Scalar, ...], MaxLen(VALUES_LIMIT), FILLED]
Window = Annotated[
    Span | None,
    Meta(description="Events of this long before now count, `1m` to `731d`; null: all time."),
]


class Part(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a definition.

    Attributes:
        example: its fields as JSON, without the tag; documents the part.
    """

    example: ClassVar[dict[str, Json]] = {}
