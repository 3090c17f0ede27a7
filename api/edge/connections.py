"""Bounds what a connection may take before anybody knows who it is: bytes, fields and time of a head, time of a body, and its place.

Nothing here looks at a key. What finds out that a request carries a valid one calls `prove`; from
then on its connection gives way to nobody. Of the others, whoever has been here longest gives way
to a newcomer, so that half-sent requests cannot keep others out; first those of the newcomer's own
address, where it has many.

Every byte that is not part of a body counts: chunk sizes, extensions and trailers too. httptools
sets no limit of its own.
"""

import asyncio
import resource
from collections.abc import Callable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, ClassVar, Final

import httptools
import msgspec
from starlette.types import Scope
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from api.edge import metrics
from api.edge.crowd import Crowd, neighbourhood
from config.collector import ConnectionParams

_PROVE: Final = "prove_connection"
"""Key of a request's ASGI state."""
_FRAMING_PER_BYTE: Final = 8
"""Bytes of framing that go with a byte of body: a chunk of one byte needs five."""
_RESERVED_FILES: Final = 256
"""File descriptors that are no connections of clients: servers, libraries, files."""
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding"})
_END_OF_HEAD: Final = b"\r\n\r\n"
_LINGER_S: Final = 1.0
"""For so long a refused client may go on sending, so that it gets to read the answer."""

_REFUSALS: Final = {
    "head_too_large": (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's head is larger than the limit.",
    ),
    "too_many_fields": (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's head has more fields than the limit.",
    ),
    "framing_too_large": (
        HTTPStatus.BAD_REQUEST,
        "The body's chunks have more framing than content.",
    ),
    "malformed": (HTTPStatus.BAD_REQUEST, "This is no HTTP request."),
    "head_timeout": (HTTPStatus.REQUEST_TIMEOUT, "The request's head did not arrive in time."),
    "body_late": (HTTPStatus.REQUEST_TIMEOUT, "The request's body did not arrive in time."),
    "pipelined": (
        HTTPStatus.TOO_MANY_REQUESTS,
        "More requests are sent in advance than the limit.",
    ),
}
"""Reason → status and message.

Reasons are public, as labels of `stratum_http_connections_refused_total`.
"""


def prove(scope: Scope) -> None:
    """Tell a request's connection that it carries a valid key.

    Without effect where another server serves.
    """
    told = scope.get("state", {}).get(_PROVE)
    if told is not None:
        told()


def protocol(params: ConnectionParams) -> type["BoundedProtocol"]:
    """Uvicorn's HTTP protocol for one process, with these limits.

    Connections are also kept below the process's limit of open files, which is raised as far as it
    may be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = (
        params.limit + _RESERVED_FILES
        if hard == resource.RLIM_INFINITY
        else min(hard, params.limit + _RESERVED_FILES)
    )
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    room = max(1, min(params.limit, max(soft, files) - _RESERVED_FILES))
    return type(
        "Protocol",
        (BoundedProtocol,),
        {"limits": params, "crowd": Crowd(room, params.address_limit)},
    )


class _Part(Enum):
    """What a connection is in the middle of receiving."""

    NOTHING = auto()
    HEAD = auto()
    BODY = auto()


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol with limits; made by `protocol`.

    Attributes:
        limits: of every connection.
        crowd: all connections of the process.
        address: of the client, as it is counted.
        ended: whether what still comes is no request.
    """

    limits: ClassVar[ConnectionParams]
    crowd: ClassVar[Crowd]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._part = _Part.NOTHING
        self._message = 0
        self._head_bytes = self._fields = self._framing_bytes = self._body_bytes = 0
        self._refusal = self._owed = ""
        self.ended = False
        self._answering: RequestResponseCycle | None = None
        self._late: asyncio.TimerHandle | None = None
        self._late_of = (0, _Part.NOTHING)
        self._unread: asyncio.TimerHandle | None = None
        self._unread_bytes = 0
        self.address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; the first byte has to come as soon as a head has to be whole."""
        super().connection_made(transport)
        self.address = neighbourhood(self.client[0]) if self.client else ""
        self._answers = _Answers(transport, self._finish)
        self._late = self.loop.call_later(self.limits.head_timeout.total_seconds(), self._give_up)
        self.crowd.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.crowd.leave(self)
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def displace(self) -> None:
        """Make room for another connection."""
        metrics.CONNECTIONS_REFUSED.labels("displaced").inc()
        self.crowd.leave(self)
        self._refusal = "displaced"
        self._stop_waiting()
        self._drop_answers()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes in, as many as the limits allow."""
        if self._refusal or self.ended:
            return
        self._unset_keepalive_if_required()
        at = 0
        while at < len(data) and self.parser is not None and not (self._refusal or self.ended):
            to = len(data) if self._part is _Part.BODY else self._end_of_head(data, at)
            self._feed(data if at == 0 and to >= len(data) else data[at:to])
            at = to
        if not self._refusal:
            self._wait()

    def _end_of_head(self, data: bytes, at: int) -> int:
        """How far to read for a head at the most.

        Where it ends before, to there, so that its body comes in one piece.
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
            self._refuse(told.args[0] if isinstance(told, _TooMuchError) else "malformed")
            return
        if self._message != message or self._part is _Part.NOTHING:
            return
        if self._part is _Part.HEAD:
            self._head_bytes += len(piece)
            if self._head_bytes > self.limits.head_limit_bytes:
                self._refuse("head_too_large")
        elif part is _Part.BODY:
            self._framing_bytes += len(piece) - (self._body_bytes - body)
            if (
                self._framing_bytes
                > self.limits.head_limit_bytes + _FRAMING_PER_BYTE * self._body_bytes
            ):
                self._refuse("framing_too_large")

    def _decline(self, rest: bytes) -> None:
        """Answer a wish for another protocol as if it had not been made (RFC 9110, section 7.8).

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

    # What the parser tells.

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["state"][_PROVE] = self._prove
        self._part = _Part.HEAD
        self._message += 1
        self._head_bytes = self._fields = self._framing_bytes = self._body_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head or of the trailer came."""
        self._fields += 1
        if self._fields > self.limits.head_limit_fields:
            raise _TooMuchError("too_many_fields")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if len(self.pipeline) >= self.limits.pipelined_limit:
            raise _TooMuchError("pipelined")
        super().on_headers_complete()  # raises where a target is none; until then the cycle is that of the request before
        self._part = _Part.BODY
        self.cycle.transport = self._answers  # type: ignore[assignment]  # uvicorn's cycle writes, closes, and asks whether it is closing

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        """A piece of the body came."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._wishes_with_body():
            return
        self._part = _Part.NOTHING
        self._head_bytes = 0
        super().on_message_complete()

    # Patience.

    def _wait(self) -> None:
        """Give whatever is under way its time, once.

        Bytes between two requests that begin none get that of a head.
        """
        if self._part is _Part.NOTHING and self._is_answering():
            self._stop_waiting()
            return
        if self._late is not None and self._late_of == (self._message, self._part):
            return
        self._stop_waiting()
        patience = (
            self.limits.body_timeout if self._part is _Part.BODY else self.limits.head_timeout
        )
        self._late_of = (self._message, self._part)
        self._late = self.loop.call_later(patience.total_seconds(), self._give_up)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self._part is _Part.BODY:
            self._refuse("body_late")
        elif self._is_answering():
            self._wait()  # the answer before it is still being sent
        elif self._part is _Part.HEAD:
            self._refuse("head_timeout")
        else:
            metrics.CONNECTIONS_REFUSED.labels("head_timeout").inc()
            self.transport.close()

    # What the client does not read.

    def pause_writing(self) -> None:
        """More is written than the client has read."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """The client has read most of it."""
        super().resume_writing()
        self._stop_watching()

    def on_response_complete(self) -> None:
        """An answer is written. Before a connection closes, the client has to read it."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch()
        else:
            self._pay()

    def timeout_keep_alive_handler(self) -> None:
        """No request follows."""
        super().timeout_keep_alive_handler()
        self._watch()

    def _watch(self) -> None:
        if self._unread is None:
            self._unread_bytes = self.transport.get_write_buffer_size()
            self._unread = self.loop.call_later(
                self.limits.unread_timeout.total_seconds(), self._check_reading
            )

    def _check_reading(self) -> None:
        """Cut off a client that has read nothing since the last look."""
        self._unread = None
        if self.transport.get_write_buffer_size() < self._unread_bytes:
            self._watch()
        else:
            metrics.CONNECTIONS_REFUSED.labels("unread").inc()
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _prove(self) -> None:
        self.crowd.prove(self)

    def _refuse(self, reason: str) -> None:
        """Answer why not, behind the answers to the requests before, and close.

        What still comes is read and thrown away for a moment.

        A request whose answer is under way already gets no second one.
        """
        self._refusal = reason
        self._stop_waiting()
        metrics.CONNECTIONS_REFUSED.labels(reason).inc()
        refused = self.cycle if self._part is _Part.BODY else None
        if self.transport.is_closing() or (refused is not None and refused.response_started):
            self._drop_answers()
            self.transport.abort()
            return
        if refused is not None:
            self._drop(refused)
        self._owed = reason
        self._pay()

    def _pay(self) -> None:
        """Give a refusal that is owed, once no request before is waiting for its answer."""
        if (
            not self._owed
            or self.pipeline
            or not (self._answering is None or _is_over(self._answering))
        ):
            return
        status, message = _REFUSALS[self._owed]
        body = msgspec.json.encode({"code": self._owed, "message": message})
        head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self._owed = ""
        self.transport.write(head % (status.value, status.phrase.encode(), len(body)) + body)
        self._linger()

    def _finish(self) -> None:
        """Close after an answer.

        Where its request is still coming, once the client has had time to read the answer.
        """
        if self._part is _Part.BODY and not self.transport.is_closing():
            self._refusal, self._owed = "answered", ""  # nothing follows this answer
            self._stop_waiting()
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Close for writing, and read and throw away what still comes: closing at once would take the answer from the client."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def _drop_answers(self) -> None:
        """Nobody reads them any more."""
        self.pipeline.clear()
        for cycle in (self._answering, self.cycle):
            if cycle is not None:
                self._drop(cycle)

    def _drop(self, cycle: RequestResponseCycle) -> None:
        """Let a request go without an answer."""
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        if not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()


def _is_over(cycle: RequestResponseCycle) -> bool:
    return cycle.response_complete or cycle.disconnected


class _Body:
    """Hears of the body of a request that wished for another protocol.

    Args:
        protocol: which it is for.
    """

    def __init__(self, protocol: BoundedProtocol) -> None:
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


class _Answers:
    """What a request's answer is written to: the transport, closed with care.

    Args:
        transport: of the connection.
        finish: closes it.
    """

    def __init__(self, transport: asyncio.Transport, finish: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = finish


class _TooMuchError(Exception):
    """Raised inside a callback of the parser.

    Httptools hands it on as the context of its own error.
    """
