"""Pages: a bounded list and an opaque cursor that leads to the next one.

Nothing is skipped or repeated by rows that come in between.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from fastapi import Path, Query
from pydantic import Field

from api.web.values import Count, View

T = TypeVar("T")

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Items per page.")]
RowId = Annotated[int, Path(ge=0, lt=2**63)]
CursorText = Annotated[
    str | None,
    Query(
        alias="cursor",
        max_length=2_000,
        description="`next` of the page before; leave out for the first page.",
    ),
]


class Page(View, Generic[T]):
    """One page."""

    items: list[T]
    next: str | None = Field(
        description="Cursor of the next page; null at the end. A filtered page may be short and yet have one."
    )
    total: Count | None = Field(
        default=None, description="On first pages, where counting is cheap."
    )


class BadCursorError(ValueError):
    """The cursor was not handed out by this listing."""


def encode_cursor(*parts: str | int | datetime | UUID) -> str:
    """Pack where a page ends.

    >>> decode_cursor(encode_cursor(5), (int,))
    (5,)
    """
    return urlsafe_b64encode(msgspec.msgpack.encode(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str, types: tuple[type, ...]) -> tuple[Any, ...]:
    """Read what `encode_cursor` packed.

    Args:
        cursor: from a client.
        types: of the parts.

    Raises:
        BadCursorError: anything else; instants must carry UTC.
    """
    try:
        packed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        parts: tuple[Any, ...] = msgspec.msgpack.decode(packed, type=tuple.__class_getitem__(types))
    except (ValueError, msgspec.DecodeError):
        raise BadCursorError("the cursor is not one of this listing") from None
    if any(isinstance(part, datetime) and part.tzinfo is None for part in parts):
        raise BadCursorError("the cursor is not one of this listing")
    if any(isinstance(part, int) and not -(2**63) <= part < 2**63 for part in parts):
        raise BadCursorError("the cursor is not one of this listing")
    try:
        return tuple(part.astimezone(UTC) if isinstance(part, datetime) else part for part in parts)
    except OverflowError:
        raise BadCursorError("the cursor is not one of this listing") from None


def after_id(cursor: str | None) -> int | None:
    """Read a cursor that is one row id; None for the first page."""
    if cursor is None:
        return None
    (row,) = decode_cursor(cursor, (int,))
    return int(row)
