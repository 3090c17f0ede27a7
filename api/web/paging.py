"""Pages: a bounded list and an opaque cursor that leads to the next one.

Nothing is skipped or repeated by rows that come in between.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from fastapi import Depends, Path, Query
from pydantic import Field

from api.web.values import Count, View

T = TypeVar("T")
Row = TypeVar("Row")
Item = TypeVar("Item")
Part = str | int | datetime | UUID | None
"""Part of a cursor."""

LIMIT_DEFAULT: Final = 50
LIMIT_MAX: Final = 200

RowId = Annotated[int, Path(ge=0, lt=2**63)]

_ID: Final = attrgetter("id")


def _row_id(row: object) -> tuple[Part, ...]:
    return (_ID(row),)


class Page(View, Generic[T]):
    """One page."""

    items: list[T]
    next: str | None = Field(
        description="Cursor of the next page; null at the end. A filtered page may be short"
        " and yet have one."
    )
    total: Count | None = Field(
        default=None, description="On first pages, where counting is cheap."
    )


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a listing is asked for.

    Attributes:
        limit: items of the page.
        cursor: where the page before it ended; None for the first page.
    """

    limit: int
    cursor: str | None

    def after(self, *types: type | UnionType) -> tuple[Any, ...] | None:
        """Decode the cursor, None for the first page.

        Raises:
            BadCursorError: it has other parts than these types.
        """
        return None if self.cursor is None else decode_cursor(self.cursor, types)

    @property
    def after_id(self) -> int | None:
        """The cursor of a listing that is ordered by row id."""
        after = self.after(int)
        return None if after is None else int(after[0])

    def page(
        self,
        rows: Sequence[Row],
        view: Callable[[Row], Item],
        cursor_of: Callable[[Row], tuple[Part, ...]] = _row_id,
        total: Count | None = None,
    ) -> "Page[Item]":
        """Build the page; a full one leads to the next.

        Args:
            rows: at most `limit`, in the listing's order.
            view: turns a row into an item.
            cursor_of: what the cursor of the next page is made of; default the row's id.
            total: see `Page`.
        """
        full = len(rows) == self.limit
        following = encode_cursor(*cursor_of(rows[-1])) if full else None
        return Page(items=[view(row) for row in rows], next=following, total=total)


async def _paging(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Items per page.")] = LIMIT_DEFAULT,
    cursor: Annotated[
        str | None,
        Query(
            max_length=2_000,
            description="`next` of the page before; leave out for the first page.",
        ),
    ] = None,
) -> Paging:
    return Paging(limit, cursor)


PagingDep = Annotated[Paging, Depends(_paging)]
"""Parameter of a route that answers in pages."""


class BadCursorError(ValueError):
    """The cursor was not handed out by this listing."""


def encode_cursor(*parts: Part) -> str:
    """Pack where a page ends.

    >>> decode_cursor(encode_cursor(5), (int,))
    (5,)
    """
    return urlsafe_b64encode(msgspec.msgpack.encode(parts)).rstrip(b"=").decode()


def decode_cursor(cursor: str, types: tuple[type | UnionType, ...]) -> tuple[Any, ...]:
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
        raise BadCursorError("the cursor was not handed out by this listing") from None
    if any(isinstance(part, datetime) and part.tzinfo is None for part in parts):
        raise BadCursorError("the cursor was not handed out by this listing")
    if any(isinstance(part, int) and not -(2**63) <= part < 2**63 for part in parts):
        raise BadCursorError("the cursor was not handed out by this listing")
    try:
        return tuple(part.astimezone(UTC) if isinstance(part, datetime) else part for part in parts)
    except OverflowError:
        raise BadCursorError("the cursor was not handed out by this listing") from None
