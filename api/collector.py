"""The collector: Segment-compatible intake of events over HTTP, answered with 200 only once the event log has them durably.

Paths, write keys and encodings are those that real SDKs use: ``/v1/batch`` and its aliases, ``/v1/track`` and the other types with their
first letters, ``/beacon/v1/batch``. Plain ASGI, because the way from socket to log is walked for every event there is.

Source: Segment, HTTP Tracking API; RudderStack, HTTP API.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Final, ParamSpec, TypeVar

import psycopg
from starlette.datastructures import State
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api import metrics
from api.collector_answers import cross_origin, preflight, refuse, reply
from api.collector_body import SINGLE_TYPES, Body, read_batch, read_single, records
from api.collector_errors import Refusal
from api.collector_request import DisconnectedError, Packed, named_key, read_body, unpacked
from api.connections import prove
from api.deps import Connections
from api.keyless import Waiting
from config.collector import CollectorParams
from sinks.log import LogFullError, LogUnavailableError
from store.registry import KnownSource

P = ParamSpec("P")
T = TypeVar("T")

BATCH_PATHS: Final = ("/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch")
SINGLE_PATHS: Final = {f"/v1/{name}": kind for name, kind in SINGLE_TYPES.items()}
METHODS: Final = ("POST", "OPTIONS")

_ACCEPTED: Final = b'{"success":true}'


class Collector:
    """Takes events in for one process.

    Args:
        params: limits.
        state: of the application; holds the `Connections` while it runs.

    Attributes:
        params: limits.
    """

    def __init__(self, params: CollectorParams, state: State) -> None:
        self.params = params
        self._state = state
        self._under_way = 0
        self._keyless = Waiting(params.keyless_limit, params.keyless_timeout)

    def routes(self) -> list[BaseRoute]:
        """The routes of all intake paths."""
        batch = partial(read_batch, params=self.params)
        singles = {path: partial(read_single, kind=kind) for path, kind in SINGLE_PATHS.items()}
        readers = {**dict.fromkeys(BATCH_PATHS, batch), **singles}
        return [Route(path, Intake(self, read, path), methods=METHODS, include_in_schema=False) for path, read in readers.items()]

    async def take(self, read: Callable[[bytes], Body], scope: Scope, receive: Receive) -> None:
        """Take one request's events; returns once the log has them.

        A key in the head is checked before anything of the body is looked at. Who names none there waits among few, and is read
        only as far as a beacon may be long.

        Raises:
            Refusal: none of them is acknowledged.
            DisconnectedError: nobody waits for an answer.
        """
        write_key = named_key(scope)
        if not write_key:
            limit_bytes = self.params.keyless_body_limit_bytes
            packed = await self._keyless.read(scope, receive, limit_bytes)
            received_ms = time.time_ns() // 1_000_000
            body = await self._read(read, packed, limit_bytes)
            source = await self.source(body.write_key)
            prove(scope)
            with self._room():
                await self._append(body, source, received_ms)
            return
        source = await self.source(write_key)
        prove(scope)
        with self._room():
            patience = asyncio.timeout(self.params.body_timeout.total_seconds())
            packed = await read_body(scope, receive, self.params.body_limit_bytes, patience)
            received_ms = time.time_ns() // 1_000_000
            await self._append(await self._read(read, packed, self.params.body_limit_bytes), source, received_ms)

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

    async def _read(self, read: Callable[[bytes], Body], packed: Packed, limit_bytes: int) -> Body:
        raw = await self._aside(len(packed.raw), unpacked, packed, limit_bytes, self.params.members_limit)
        return await self._aside(len(raw), read, raw)

    async def _aside(self, size: int, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do small work at once, and what takes longer beside the event loop."""
        if size <= self.params.inline_limit_bytes:
            return work(*given, **named)
        return await asyncio.to_thread(work, *given, **named)

    async def _append(self, body: Body, source: KnownSource, received_ms: int) -> None:
        entries = records(body, source.id, received_ms, self.params)
        started = time.perf_counter()
        try:
            await self._held.log.append(entries)
        except LogFullError as error:
            raise Refusal("log_full", error.retry_after_s) from None
        except LogUnavailableError as error:
            raise Refusal("log_unavailable", error.retry_after_s) from None
        metrics.APPEND_SECONDS.observe(time.perf_counter() - started)
        metrics.EVENTS.labels(source.id).inc(len(entries))
        metrics.EVENT_BYTES.inc(sum(len(event) for _, event in entries))

    async def source(self, write_key: str) -> KnownSource:
        """The source behind a write key; one that is known is found while Postgres is away.

        Raises:
            Refusal: 401, or 503 where nobody can tell.
        """
        if not write_key:
            raise Refusal("missing_write_key")
        try:
            source = await self._held.keys.source(write_key)
        except psycopg.OperationalError:
            raise Refusal("not_ready", self.params.retry_after_s) from None
        if source is None:
            raise Refusal("unknown_write_key")
        return source

    @property
    def _held(self) -> Connections:
        held: Connections = self._state.connections
        return held


class Intake:
    """One intake path as an ASGI application.

    Args:
        collector: shared by all paths of the process.
        read: reads the path's kind of body.
        path: as metrics name it.
    """

    def __init__(self, collector: Collector, read: Callable[[bytes], Body], path: str) -> None:
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
