"""Bounds the bytes and fields of a request's head, and the framing of its body.

Every byte that is not part of a body counts: chunk sizes, extensions and trailers too. httptools
sets no limit of its own.
"""

import asyncio
from enum import Enum, auto
from typing import Any, ClassVar, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from config.collector import ConnectionParams

_FRAMING_PER_BYTE: Final = 8
"""Bytes of framing that go with a byte of body: a chunk of one byte needs five."""
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_END_OF_HEAD: Final = b"\r\n\r\n"


class Part(Enum):
    """What a connection is in the middle of receiving."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class TooMuchError(Exception):
    """Raised inside a callback of the parser.

    Httptools hands it on as the context of its own error.
    """


class BoundedParser(HttpToolsProtocol):
    """Uvicorn's protocol that refuses what goes beyond the limits.

    Attributes:
        limits: of every connection.
        refused: why nothing more is read; empty while it is.
        ended: whether what still comes is no request.
    """

    limits: ClassVar[ConnectionParams]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._part = Part.NOTHING
        self._message = 0
        self._head_bytes = self._fields = self._framing_bytes = self._body_bytes = 0
        self.refused = ""
        self.ended = False

    def _refuse(self, reason: str) -> None:
        raise NotImplementedError

    def _wait(self) -> None:
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Take bytes in, as many as the limits allow."""
        if self.refused or self.ended:
            return
        self._unset_keepalive_if_required()
        at = 0
        while at < len(data) and self.parser is not None and not (self.refused or self.ended):
            to = len(data) if self._part is Part.BODY else self._end_of_head(data, at)
            self._feed(data if at == 0 and to >= len(data) else data[at:to])
            at = to
        if not self.refused:
            self._wait()

    def _end_of_head(self, data: bytes, at: int) -> int:
        """How far to read for a head: to its end, and no further than its limit.

        Reading stops at the end of the head so that its body comes in one piece.
        """
        most = at + max(1, self.limits.head_limit_bytes + 1 - self._head_bytes)
        if most >= len(data):
            return len(data)
        end = data.find(_END_OF_HEAD, at, most)
        return most if end < 0 else end + len(_END_OF_HEAD)

    def _feed(self, piece: bytes) -> None:
        message, part, body = self._message, self._part, self._body_bytes
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as wish:
            self._decline(piece[wish.args[0] :])
            return
        except httptools.HttpParserError as error:
            if self.ended:
                return
            told = error.__context__
            self._refuse(told.args[0] if isinstance(told, TooMuchError) else "malformed")
            return
        if self._message != message or self._part is Part.NOTHING:
            return
        if self._part is Part.HEAD:
            self._head_bytes += len(piece)
            if self._head_bytes > self.limits.head_limit_bytes:
                self._refuse("head_too_large")
        elif part is Part.BODY:
            self._framing_bytes += len(piece) - (self._body_bytes - body)
            if (
                self._framing_bytes
                > self.limits.head_limit_bytes + _FRAMING_PER_BYTE * self._body_bytes
            ):
                self._refuse("framing_too_large")

    def _decline(self, rest: bytes) -> None:
        """Ignore a request for another protocol (RFC 9110, section 7.8).

        Nothing follows.

        The parser ends such a request with its head; a body that the head announces is read by
        another one.
        """
        self.cycle.keep_alive = False
        if not self._wishes_with_body():
            self.ended = True
            return
        framing = [b"%b: %b\r\n" % field for field in self.headers if field[0] in _FRAMING]
        self.parser = httptools.HttpRequestParser(_Body(self))
        self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % b"".join(framing))
        if rest and not self.ended:
            self._feed(rest)

    def _wishes_with_body(self) -> bool:
        return self.parser.should_upgrade() and any(name in _FRAMING for name, _ in self.headers)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._part = Part.HEAD
        self._message += 1
        self._head_bytes = self._fields = self._framing_bytes = self._body_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head or of the trailer came."""
        self._fields += 1
        if self._fields > self.limits.head_limit_fields:
            raise TooMuchError("too_many_fields")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if len(self.pipeline) >= self.limits.pipelined_limit:
            raise TooMuchError("pipelined")
        # Raises where a target is none; until then the cycle is that of the request before.
        super().on_headers_complete()
        self._part = Part.BODY

    def on_body(self, body: bytes) -> None:
        """A piece of the body came."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._wishes_with_body():
            return
        self._part = Part.NOTHING
        self._head_bytes = 0
        super().on_message_complete()


class _Body:
    """Hears of the body of a request that wished for another protocol.

    Args:
        protocol: which it is for.
    """

    def __init__(self, protocol: BoundedParser) -> None:
        self._protocol = protocol

    def on_body(self, body: bytes) -> None:
        """A piece of the body came."""
        if not self._protocol.ended:
            self._protocol.on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        if not self._protocol.ended:
            self._protocol.ended = True
            self._protocol.on_message_complete()
