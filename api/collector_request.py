"""Takes a collector request off the wire: its write key, and its body within bounds of size, time and compression."""

import asyncio
import zlib
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Receive, Scope

from api.collector_errors import Refusal
from config.collector import CollectorParams

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ANY_WINDOW: Final = zlib.MAX_WBITS | 32
"""zlib finds out by itself whether gzip's or zlib's header comes."""


class DisconnectedError(Exception):
    """The client went away; there is nobody to answer."""


def header(scope: Scope, name: bytes) -> str:
    """The first header of this lower-case name, or the empty string."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def basic_user(scope: Scope) -> str:
    """The user of Basic authorization: where all server SDKs put the write key. Empty where there is none."""
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


async def read_body(scope: Scope, receive: Receive, params: CollectorParams) -> bytes:
    """Read and decompress the body.

    Raises:
        Refusal: 408, 413, 415, or 400 for broken compression.
        DisconnectedError: the client went away first.
    """
    announced = header(scope, b"content-length")
    if announced.isdigit() and int(announced) > params.body_limit_bytes:
        raise Refusal("body_too_large")
    try:
        async with asyncio.timeout(params.body_timeout.total_seconds()):
            body = await _received(receive, params.body_limit_bytes)
    except TimeoutError:
        raise Refusal("body_timeout") from None
    return _plain(body, header(scope, b"content-encoding").strip().lower(), params.body_limit_bytes)


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


def _plain(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """The body without compression. Gzip is recognised by its first bytes, because proxies unpack it and clients forget to announce it."""
    if body.startswith(_GZIP_MAGIC):
        return _inflated(body, _ANY_WINDOW, limit_bytes)
    if encoding == "deflate" and body:
        zlib_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0  # RFC 1950, section 2.2
        return _inflated(body, _ANY_WINDOW if zlib_header else -zlib.MAX_WBITS, limit_bytes)
    if encoding in {"", "identity", "gzip", "x-gzip", "deflate"}:
        return body
    raise Refusal("unsupported_encoding")


def _inflated(body: bytes, window: int, limit_bytes: int) -> bytes:
    """Decompress every member, never holding more than the limit and one byte."""
    parts: list[bytes] = []
    room = limit_bytes + 1
    while body:
        stream = zlib.decompressobj(window)
        try:
            parts.append(stream.decompress(body, room))
        except zlib.error:
            raise Refusal("invalid_encoding") from None
        room -= len(parts[-1])
        if room <= 0:
            raise Refusal("body_too_large")
        if not stream.eof:
            raise Refusal("invalid_encoding")
        body = stream.unused_data.lstrip(b"\0")  # padding after the last member, as gzip(1) ignores it
    return b"".join(parts)
