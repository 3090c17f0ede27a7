"""Which part of a file a download is of: Range, If-Range and If-None-Match (RFC 9110)."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header

from api.web.errors import BadRequestError, RangeError

_RANGE: Final = re.compile(
    r"\s*bytes\s*=\s*(?:(\d+)\s*-\s*\d*|-\s*\d+)\s*", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True)
class RequestedPart:
    """Which part of a file a client wants, and what it has of it.

    Attributes:
        part: ``Range``; None: the whole file.
        if_range: the ``ETag`` of the file that the part is meant of.
        if_none_match: the ``ETag`` of the file that the client has whole.
    """

    part: str | None
    if_range: str | None
    if_none_match: str | None

    def has(self, etag: str) -> bool:
        """Whether the client has the file already."""
        return self.if_none_match is not None and etag in self.if_none_match

    def range(self, etag: str, size: int) -> str:
        """What is sent, for the audit log: ``all``, or the range.

        Raises:
            BadRequestError: it is not one range of bytes.
            RangeError: the file has no such part.
        """
        if self.part is None or self.if_range not in {None, etag}:
            return "all"
        return _checked_range(self.part, size)


async def _requested_part(
    part: Annotated[
        str | None,
        Header(
            alias="range", max_length=100, description="`bytes=1000-`: from there on; one part."
        ),
    ] = None,
    if_range: Annotated[
        str | None,
        Header(
            max_length=100, description="The `ETag` seen first: another file is then sent whole."
        ),
    ] = None,
    if_none_match: Annotated[
        str | None,
        Header(max_length=500, description="The `ETag` of the file that the client has."),
    ] = None,
) -> RequestedPart:
    return RequestedPart(part, if_range, if_none_match)


RequestedPartDep = Annotated[RequestedPart, Depends(_requested_part)]
"""Parameter of a route that gives out a file or a part of it."""


def _checked_range(part: str, size: int) -> str:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise BadRequestError("Range is one part: bytes=1000- or bytes=1000-1999 or bytes=-500.")
    if size == 0 or (found[1] is not None and int(found[1]) >= size):
        raise RangeError(f"The file has {size} bytes.")
    return part.strip()
