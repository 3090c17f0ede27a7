"""Reads a collector request: its write key, and its body within limits of size and time."""

import asyncio
import re
import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import parse_qs

from starlette.types import Receive, Scope

from api.collector.errors import Refusal

_FIRST_PIECE: Final = 512
_LARGEST_PIECE: Final = 64 * 1024
_NOT_PADDING: Final = re.compile(rb"[^\0]")
_GZIP_MAGIC: Final = b"\x1f\x8b"
_ANY_WINDOW: Final = zlib.MAX_WBITS | 32
"""zlib finds out by itself whether gzip's or zlib's header comes."""


class DisconnectedError(Exception):
    """The client went away; there is nobody to answer."""


class Packed(NamedTuple):
    """A body as it was sent.

    Attributes:
        raw: its bytes.
        encoding: ``Content-Encoding``, lower case.
    """

    raw: bytes
    encoding: str


def header(scope: Scope, name: bytes) -> str:
    """The first header of this lower-case name, or the empty string."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def basic_user(scope: Scope) -> str:
    """The user of Basic authorization: where all server SDKs put the write key.

    Empty where there is none.
    """
    scheme, _, credentials = header(scope, b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials.strip()).decode().partition(":")[0].strip()
    except (Base64Error, ValueError):
        return ""


def query_key(scope: Scope) -> str:
    """``writeKey`` of the query, where beacons put it. Empty where there is none."""
    query = scope.get("query_string", b"")
    return parse_qs(query.decode("latin-1")).get("writeKey", [""])[0].strip() if query else ""


def named_key(scope: Scope) -> str:
    """The write key that a request's head names; empty where it names none.

    It is the user of Basic authorization, else ``writeKey`` of the query.
    """
    return basic_user(scope) or query_key(scope)


async def read_body(
    scope: Scope, receive: Receive, limit_bytes: int, patience: asyncio.Timeout
) -> Packed:
    """Receive the body as it was sent.

    Args:
        scope: of the request.
        receive: of the request.
        limit_bytes: largest body.
        patience: not entered yet; whoever holds it may cut it short.

    Raises:
        Refusal: 408, 413.
        DisconnectedError: the client went away first.
    """
    announced = header(scope, b"content-length")
    if announced.isdigit() and int(announced) > limit_bytes:
        raise Refusal("body_too_large")
    try:
        async with patience:
            body = await _received(receive, limit_bytes)
    except TimeoutError:
        raise Refusal("body_timeout") from None
    return Packed(body, header(scope, b"content-encoding").strip().lower())


async def _received(receive: Receive, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise DisconnectedError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit_bytes:
            raise Refusal("body_too_large")
        if not message.get("more_body"):
            return b"".join((*chunks, chunk)) if chunks else chunk
        chunks.append(chunk)


def unpacked(body: Packed, limit_bytes: int, members_limit: int) -> bytes:
    """Take the compression off a body.

    Gzip is recognised by its first bytes, because proxies unpack it and clients forget to announce
    it.

    Args:
        body: as it was sent.
        limit_bytes: largest result.
        members_limit: most members that are put together.

    Raises:
        Refusal: 413, 415, or 400 for broken compression.
    """
    raw, encoding = body
    if raw.startswith(_GZIP_MAGIC):
        return _inflated(raw, _ANY_WINDOW, limit_bytes, members_limit)
    if encoding == "deflate" and raw:
        # RFC 1950, section 2.2: CMF and FLG are a multiple of 31.
        zlib_header = raw[0] & 0x0F == 8 and int.from_bytes(raw[:2]) % 31 == 0
        return _inflated(
            raw, _ANY_WINDOW if zlib_header else -zlib.MAX_WBITS, limit_bytes, members_limit
        )
    if encoding in {"", "identity", "gzip", "x-gzip", "deflate"}:
        return raw
    raise Refusal("unsupported_encoding")


def _inflated(body: bytes, window: int, limit_bytes: int, members_limit: int) -> bytes:
    """Decompress every member, never holding more than the limit and one byte.

    The work is linear in what goes in and what comes out: pieces begin small with every member,
    because a stream copies whatever lies behind its end in the piece that it was given.
    """
    parts: list[bytes] = []
    at, room = 0, limit_bytes + 1
    for _ in range(members_limit):
        stream, size = zlib.decompressobj(window), _FIRST_PIECE
        while not stream.eof:
            piece = body[at : at + size]
            if not piece:
                raise Refusal("invalid_encoding")
            try:
                parts.append(stream.decompress(piece, room))
            except zlib.error:
                raise Refusal("invalid_encoding") from None
            at += len(piece) - len(stream.unused_data) - len(stream.unconsumed_tail)
            room -= len(parts[-1])
            if room <= 0:
                raise Refusal("body_too_large")
            size = min(2 * size, _LARGEST_PIECE)
        # After the last member there may be zeros, as gzip(1) ignores them.
        following = _NOT_PADDING.search(body, at)
        if following is None:
            return b"".join(parts)
        at = following.start()
    raise Refusal("invalid_encoding")
