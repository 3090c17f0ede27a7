"""The collector: Segment-compatible intake of events over HTTP, answered with 200 only once the event log has them durably.

Paths, write keys and encodings are those that real SDKs use: ``/v1/batch`` and its aliases, ``/v1/track`` and the other types with their
first letters, ``/beacon/v1/batch``. Plain ASGI, because the way from socket to log is walked for every event there is.

Source: Segment, HTTP Tracking API; RudderStack, HTTP API.
"""

import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final

import psycopg
from starlette.datastructures import State
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from api import metrics
from api.collector_answers import cross_origin, preflight, refuse, reply
from api.collector_body import SINGLE_TYPES, Body, read_batch, read_single, records
from api.collector_errors import Refusal
from api.collector_request import DisconnectedError, basic_user, query_key, read_body
from api.deps import Connections
from config.collector import CollectorParams
from sinks.log import LogFullError, LogUnavailableError
from store.registry import KnownSource

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

    def routes(self) -> list[BaseRoute]:
        """The routes of all intake paths."""
        batch = partial(read_batch, params=self.params)
        singles = {path: partial(read_single, kind=kind) for path, kind in SINGLE_PATHS.items()}
        readers = {**dict.fromkeys(BATCH_PATHS, batch), **singles}
        return [Route(path, Intake(self, read, path), methods=METHODS, include_in_schema=False) for path, read in readers.items()]

    async def take(self, read: Callable[[bytes], Body], scope: Scope, receive: Receive) -> None:
        """Take one request's events; returns once the log has them.

        Raises:
            Refusal: none of them is acknowledged.
            DisconnectedError: nobody waits for an answer.
        """
        if self._under_way >= self.params.requests_limit:
            raise Refusal("too_many_requests", self.params.retry_after_s)
        self._under_way += 1
        metrics.IN_FLIGHT.inc()
        try:
            await self._take(read, scope, receive)
        finally:
            self._under_way -= 1
            metrics.IN_FLIGHT.dec()

    async def _take(self, read: Callable[[bytes], Body], scope: Scope, receive: Receive) -> None:
        user = basic_user(scope)
        source = await self.source(user) if user else None
        raw = await read_body(scope, receive, self.params)
        received_ms = time.time_ns() // 1_000_000
        body = read(raw)
        if source is None:
            source = await self.source(body.write_key or query_key(scope))
        entries = records(body, source.id, received_ms, self.params)
        started = time.perf_counter()
        try:
            await self._held.log.append(entries)
        except LogUnavailableError as error:
            self._held.log_watch.note(error)
            code = "log_full" if isinstance(error, LogFullError) else "log_unavailable"
            raise Refusal(code, error.retry_after_s, error.reason) from None
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
