"""Segment-compatible intake of events over HTTP; 200 means that the event log has them durably.

Paths, write keys and encodings are those that real SDKs use: ``/v1/batch`` and its aliases,
``/v1/track`` and the other types with their first letters, ``/beacon/v1/batch``. Plain ASGI,
because the way from socket to log is walked for every event there is.

Source: Segment, HTTP Tracking API; RudderStack, HTTP API.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

import psycopg
from starlette.datastructures import State
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api.collector.answers import cross_origin, preflight, refuse, reply
from api.collector.body import (
    SINGLE_TYPES,
    Body,
    NotStrictError,
    read_batch,
    read_single,
    records,
)
from api.collector.errors import Refusal
from api.collector.keyless import Waiting
from api.collector.lenient import likely_keys
from api.collector.request import DisconnectedError, Packed, named_key, read_body, unpacked
from api.edge import metrics
from api.edge.crowd import prove
from api.web.deps import Keys
from config.collector import CollectorParams
from sinks.intake.log import LogFullError, LogUnavailableError, bytes_of
from store.workspaces.registry import KnownSource

T = TypeVar("T")
Read = Callable[..., Body]
"""`read_batch` or `read_single`, given everything but the bytes and `lenient`."""

BATCH_PATHS: Final = ("/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch")
SINGLE_PATHS: Final = {f"/v1/{name}": kind for name, kind in SINGLE_TYPES.items()}
METHODS: Final = ("POST", "OPTIONS")
_READERS: Final = 2
"""Threads for large bodies.

Theirs alone, so that no flood of bodies keeps the query API from its own. Keyless bodies have one
more.
"""

_ACCEPTED: Final = b'{"success":true}'


class Collector:
    """Takes events in for one process.

    Args:
        params: limits.
        state: of the application; holds `Keys`, log and `LogWatch` while it runs.

    Attributes:
        params: limits.
    """

    def __init__(self, params: CollectorParams, state: State) -> None:
        self.params = params
        self._state = state
        self._under_way = 0
        self._keyless = Waiting(params.keyless_limit, params.keyless_timeout)
        self._keyless_read = 0
        self._threads = ThreadPoolExecutor(_READERS, "bodies")
        self._keyless_thread = ThreadPoolExecutor(1, "keyless-bodies")

    def routes(self) -> list[BaseRoute]:
        """The routes of all intake paths."""
        batch = partial(read_batch, params=self.params)
        singles = {path: partial(read_single, kind=kind) for path, kind in SINGLE_PATHS.items()}
        readers = {**dict.fromkeys(BATCH_PATHS, batch), **singles}
        return [
            Route(path, Intake(self, read, path), methods=METHODS, include_in_schema=False)
            for path, read in readers.items()
        ]

    async def take(self, read: Read, scope: Scope, receive: Receive) -> None:
        """Take one request's events; returns once the log has them.

        A key in the head is checked before anything of the body is looked at. Who names none there
        waits among few, and is read only as far as a beacon may be long.

        Raises:
            Refusal: none of them is acknowledged.
            DisconnectedError: nobody waits for a response.
        """
        write_key = named_key(scope)
        if not write_key:
            await self._take_keyless(read, scope, receive)
            return
        source = await self.source(write_key)
        prove(scope)
        with self._room():
            patience = asyncio.timeout(self.params.body_timeout.total_seconds())
            packed = await read_body(scope, receive, self.params.body_limit_bytes, patience)
            received_ms = time.time_ns() // 1_000_000
            raw = await self._plain(self._threads, packed, self.params.body_limit_bytes)
            body = await self._aside(self._threads, len(raw), partial(read, raw))
            await self._append(body, len(raw), source, received_ms)

    async def _take_keyless(self, read: Read, scope: Scope, receive: Receive) -> None:
        packed = await self._keyless.read(scope, receive, self.params.keyless_body_limit_bytes)
        received_ms = time.time_ns() // 1_000_000
        if self._keyless_read >= self.params.keyless_limit:
            raise Refusal("too_many_requests", self.params.retry_after_s)
        self._keyless_read += 1
        try:
            body, size = await self._read_keyless(read, packed)
            source = await self.source(body.write_key)
        finally:
            self._keyless_read -= 1
        prove(scope)
        with self._room():
            await self._append(body, size, source, received_ms)

    async def _read_keyless(self, read: Read, packed: Packed) -> tuple[Body, int]:
        """Read a body of an unknown sender; leniently only where a key in it is known."""
        thread = self._keyless_thread
        raw = await self._plain(thread, packed, self.params.keyless_body_limit_bytes)
        try:
            body = await self._aside(thread, len(raw), partial(read, raw, lenient=False))
        except NotStrictError:
            await self._vouched(await self._aside(thread, len(raw), partial(likely_keys, raw)))
            body = await self._aside(self._threads, len(raw), partial(read, raw))
        return body, len(raw)

    async def _vouched(self, keys: Sequence[str]) -> None:
        """Find out whether one of these is a write key.

        Raises:
            Refusal: 401, or 503 where nobody can tell.
        """
        if not keys:
            raise Refusal("missing_write_key")
        for key in keys[:-1]:
            if await self._known(key) is not None:
                return
        await self.source(keys[-1])

    @contextmanager
    def _room(self) -> Iterator[None]:
        if self._under_way >= self.params.requests_limit:
            raise Refusal("too_many_requests", self.params.retry_after_s)
        self._under_way += 1
        metrics.IN_FLIGHT.inc()
        try:
            yield
        finally:
            self._under_way -= 1
            metrics.IN_FLIGHT.dec()

    async def _plain(self, threads: ThreadPoolExecutor, packed: Packed, limit_bytes: int) -> bytes:
        return await self._aside(
            threads,
            len(packed.raw),
            partial(unpacked, packed, limit_bytes, self.params.members_limit),
        )

    async def _aside(self, threads: ThreadPoolExecutor, size: int, work: Callable[[], T]) -> T:
        """Do small work at once, and what takes longer beside the event loop."""
        if size <= self.params.inline_limit_bytes:
            return work()
        return await asyncio.get_running_loop().run_in_executor(threads, work)

    async def _append(self, body: Body, size: int, source: KnownSource, received_ms: int) -> None:
        entries = await self._aside(
            self._threads, size, partial(records, body, source.id, received_ms, self.params)
        )
        started = time.perf_counter()
        try:
            await self._state.log.append(entries)
        except LogUnavailableError as error:
            self._state.log_watch.note(error)
            code = "log_full" if isinstance(error, LogFullError) else "log_unavailable"
            raise Refusal(code, error.retry_after_s, error.reason) from None
        metrics.APPEND_SECONDS.observe(time.perf_counter() - started)
        metrics.EVENTS.labels(source.id).inc(len(entries))
        metrics.EVENT_BYTES.inc(bytes_of(entries))

    async def source(self, write_key: str) -> KnownSource:
        """The source behind a write key; one that is known is found while Postgres is away.

        Raises:
            Refusal: 401, or 503 where nobody can tell.
        """
        if not write_key:
            raise Refusal("missing_write_key")
        source = await self._known(write_key)
        if source is None:
            raise Refusal("unknown_write_key")
        return source

    async def _known(self, write_key: str) -> KnownSource | None:
        try:
            keys: Keys = self._state.keys
            return await keys.source(write_key)
        except psycopg.OperationalError:
            raise Refusal("not_ready", self.params.retry_after_s) from None


class Intake:
    """One intake path as an ASGI application.

    Args:
        collector: shared by all paths of the process.
        read: reads the path's kind of body.
        path: as metrics name it.
    """

    def __init__(self, collector: Collector, read: Read, path: str) -> None:
        self.path = path
        self._collector = collector
        self._read = read

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] == "OPTIONS":
            await preflight(scope, send, self._collector.params)
            return
        origin = cross_origin(scope, self._collector.params)
        try:
            await self._collector.take(self._read, scope, receive)
        except Refusal as refusal:
            await refuse(send, refusal, origin)
        except DisconnectedError:
            return
        else:
            await reply(send, HTTPStatus.OK, _ACCEPTED, origin)
