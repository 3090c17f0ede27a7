"""One listener's connection: what it missed, then what comes, until it ends.

It ends when the client goes, is too slow or may not read any more (`api.live.feed` looks), when the
server stops, and after ``query.live.longest`` in any case. It holds neither a connection to
Postgres nor a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from time import monotonic

import psycopg
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.edge.stopping import cut, stopping
from api.live.feed import Feed, Listener, Message, gap
from api.live.hub import Hub
from api.live.places import Place, read
from api.web.deps import Caller, login_of
from config.live import LiveParams
from store.workspaces.bootstrap import key_hash
from store.workspaces.claims import Claim

_RETRY = b"retry: 3000\n\n"
_COMMENT = b": \n\n"


class LiveStream(Response):
    """Answers with a stream of events.

    Args:
        hub: knows who may listen.
        caller: who listens.
        topics: to what.
        last: the client's ``Last-Event-ID``; None for a new one.
    """

    media_type = "text/event-stream"

    def __init__(self, hub: Hub, caller: Caller, topics: Collection[str], last: str | None) -> None:
        super().__init__()
        self._hub = hub
        self._caller = caller
        self._topics = topics
        self._last = last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream.

        Raises:
            BusyError: as many listen as may.
            StoreUnavailable: Postgres does not answer in time.
            psycopg.OperationalError: it does not answer.
        """
        feed, listener = await self._hub.join(self._caller, self._claim(scope), self._topics)
        connection = _Connection(self._hub.params, self._caller, feed, listener)
        tasks = [
            asyncio.create_task(one)
            for one in (
                connection.send(send, self._last),
                _gone(receive),
                stopping(scope).wait(),
                listener.dropped.wait(),
                listener.ended.wait(),
            )
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if listener.dropped.is_set() and not tasks[0].done():
                cut(scope)  # nobody reads what is still to be written
        finally:
            self._hub.leave(self._caller, feed, listener)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _claim(self, scope: Scope) -> Claim:
        token = login_of(Request(scope))
        return Claim(self._caller.key_id, None if token is None else key_hash(token))


class _Connection:
    """What is sent to one listener."""

    def __init__(self, params: LiveParams, caller: Caller, feed: Feed, listener: Listener) -> None:
        self._params = params
        self._caller = caller
        self._feed = feed
        self._listener = listener

    async def send(self, send: Send, last: str | None) -> None:
        """Send until the time is over.

        Args:
            send: takes ASGI messages.
            last: the client's ``Last-Event-ID``; None for a new one.
        """
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

        async def write(text: bytes) -> None:
            await send({"type": "http.response.body", "body": text, "more_body": True})

        await write(_RETRY)
        if last is not None:
            async for text in self._missed(last):
                await write(text)
        await write(self._feed.place(self._listener) + b"\n")
        await self._follow(write)

    async def _missed(self, last: str) -> AsyncIterator[bytes]:
        """What came since a listener was here last."""
        place = read(last, self._caller.workspace)
        kept = None if place is None else self._feed.kept_since(place, self._listener.seq)
        if kept is not None:
            for message in kept:
                if self._listener.wants(message):
                    yield message.text
        elif place is None:
            yield gap(iter(self._listener.topics))
        else:
            async for text in self._looked_up(place):
                yield text

    async def _looked_up(self, place: Place) -> AsyncIterator[bytes]:
        try:
            async with asyncio.timeout(self._params.patience.total_seconds()):
                found = await self._feed.missed(self._listener, place)
        except (psycopg.OperationalError, TimeoutError):
            yield gap(iter(self._listener.topics))
            return
        gaps = {"events"} & self._listener.topics
        while not found.empty():
            one = found.get_nowait()
            if isinstance(one, Message):
                yield one.text
            else:
                gaps.add(one)
        if gaps:
            yield gap(iter(gaps))

    async def _follow(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Send what comes, and a sign of life now and then."""
        params, queue = self._params, self._listener.queue
        interval_s = params.comment_interval.total_seconds()
        end_s = monotonic() + params.longest.total_seconds()
        sign_s = monotonic() + interval_s
        while True:
            wait_s = min(end_s, sign_s) - monotonic()
            try:
                async with asyncio.timeout(wait_s):
                    message = await queue.get()
            except TimeoutError:
                pass
            else:
                await write(b"".join([message.text, *_waiting(queue)]))
            if monotonic() >= end_s:
                return
            if monotonic() >= sign_s:
                await write(_COMMENT)
                sign_s = monotonic() + interval_s


def _waiting(queue: asyncio.Queue[Message]) -> Iterator[bytes]:
    """Takes what is queued by now."""
    while not queue.empty():
        yield queue.get_nowait().text


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
