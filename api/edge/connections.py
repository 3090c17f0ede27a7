"""Bounds what a connection may take before its client is known: time, unread bytes, its place.

Nothing here looks at a key. What finds out that a request carries a valid one calls `prove`; from
then on its connection gives way to nobody. Of the others, whoever has been here longest gives way
to a newcomer, so that half-sent requests cannot keep others out; first those of the newcomer's own
address, where it has many.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final

import msgspec
from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from api.edge import metrics
from api.edge.crowd import PROVE, Crowd, neighbourhood
from api.edge.parser import BoundedParser, Part
from api.edge.refusals import REFUSALS
from api.edge.stopping import CUT, STOPPING

_LINGER_S: Final = 1.0
"""A refused client may continue sending for so long, so that it can read the response."""


class BoundedProtocol(BoundedParser):
    """Uvicorn's protocol with limits; made by `api.edge.serving.protocol`.

    Attributes:
        crowd: all connections of the process.
        address: of the client, as it is counted.
    """

    crowd: ClassVar[Crowd]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._owed = ""
        self._answering: RequestResponseCycle | None = None
        self._late: asyncio.TimerHandle | None = None
        self._late_of = (0, Part.NOTHING)
        self._unread: asyncio.TimerHandle | None = None
        self._unread_bytes = 0
        self._stopping = asyncio.Event()
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

    def shutdown(self) -> None:
        """The server stops: whoever answers without end hears of it."""
        self._stopping.set()
        super().shutdown()

    def displace(self) -> None:
        """Make room for another connection."""
        self._abort("displaced")

    def _cut(self) -> None:
        """Close, because nobody reads what an answer without end says."""
        self._abort("too_slow")

    def _abort(self, reason: str) -> None:
        metrics.CONNECTIONS_REFUSED.labels(reason).inc()
        self.crowd.leave(self)
        self.refused = reason
        self._stop_waiting()
        self._drop_answers()
        self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["state"] |= {PROVE: self._prove, STOPPING: self._stopping, CUT: self._cut}

    def on_headers_complete(self) -> None:
        """The head is whole."""
        super().on_headers_complete()
        # Uvicorn's cycle writes, closes, and asks whether it is closing.
        self.cycle.transport = self._answers  # type: ignore[assignment]

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    # Patience.

    def _wait(self) -> None:
        """Give whatever is under way its time, once.

        Bytes between two requests that begin none get that of a head.
        """
        if self._part is Part.NOTHING and self._is_answering():
            self._stop_waiting()
            return
        if self._late is not None and self._late_of == (self._message, self._part):
            return
        self._stop_waiting()
        patience = self.limits.body_timeout if self._part is Part.BODY else self.limits.head_timeout
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
        if self._part is Part.BODY:
            self._refuse("body_late")
        elif self._is_answering():
            self._wait()  # the previous response is still being sent
        elif self._part is Part.HEAD:
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
        """A response is written. Before a connection closes, the client has to read it."""
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
        """Send the refusal after the responses to earlier requests, and close.

        What still comes is read and thrown away for a moment.

        A request whose response has begun gets no second one.
        """
        self.refused = reason
        self._stop_waiting()
        metrics.CONNECTIONS_REFUSED.labels(reason).inc()
        refused = self.cycle if self._part is Part.BODY else None
        if self.transport.is_closing() or (refused is not None and refused.response_started):
            self._drop_answers()
            self.transport.abort()
            return
        if refused is not None:
            self._drop(refused)
        self._owed = reason
        self._pay()

    def _pay(self) -> None:
        """Give a refusal that is owed, once no earlier request waits for its response."""
        if (
            not self._owed
            or self.pipeline
            or not (self._answering is None or _is_over(self._answering))
        ):
            return
        status, message = REFUSALS[self._owed]
        body = msgspec.json.encode({"code": self._owed, "message": message})
        head = (
            b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncache-control: no-store\r\n"
            b"x-content-type-options: nosniff\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n"
        )
        self._owed = ""
        self.transport.write(head % (status.value, status.phrase.encode(), len(body)) + body)
        self._linger()

    def _finish(self) -> None:
        """Close after a response.

        Where its request is still coming, the client first gets time to read the response.
        """
        if self._part is Part.BODY and not self.transport.is_closing():
            self.refused, self._owed = "answered", ""  # nothing follows this answer
            self._stop_waiting()
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Close for writing, then read and drop what still comes, so that the client can read."""
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
        """Drop a request without a response."""
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        if not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()


def _is_over(cycle: RequestResponseCycle) -> bool:
    return cycle.response_complete or cycle.disconnected


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
