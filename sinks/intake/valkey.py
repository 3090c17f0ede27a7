"""The embedded log's writing end: Valkey streams, one per partition.

Guarantee: `append` returns once the server has answered every ``XADD``, which it does after its
append-only file has them (as durably as ``appendfsync`` says). At least once: an append whose
answer was lost may be in the log and is repeated by the client; UNIFY compares ids.

Whoever appends while a write is under way waits for it and shares the next one (group commit). The
records of one partition are packed into few entries, field names ``0``, ``1``, …, so that the
server does little per event. An append is answered within its timeout, whatever the server does.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from time import monotonic, time
from traceback import extract_tb
from typing import Final, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from domain.intake.log_refusal import LogRefusal
from domain.intake.partitioning import stream_key
from sinks.intake.log import Entry, LogFullError, LogUnavailableError, bytes_of
from sinks.intake.valkey_guard import GuardParams, ValkeyGuard
from sinks.intake.valkey_room import Room, ValkeyRoom
from sinks.intake.valkey_wire import Packer, send

logger = structlog.get_logger(__name__)

_FIELD_OVERHEAD_BYTES: Final = 16
"""What a record costs besides its bytes, roughly."""
_DISK_ERROR: Final = "MISCONF"
"""Begins the answer of a server that cannot write its append-only file."""


@dataclass(frozen=True)
class ValkeyAppendParams:
    """The embedded log as it is written.

    Attributes:
        pack_records: most records of one entry; a reader's batch may be larger than it wanted by
            this much.
        pack_bytes: an entry is closed once it holds this much.
        write_bytes: most bytes of one write, unless a single request has more.
        waiting_limit_bytes: records of requests that wait for their write; above it appends are
            refused.
        timeout: longest that an append waits, for its turn and the server's answer together.
        retry_after_s: when to come again after it did not answer.
        guard: bounds of the log's size.
    """

    pack_records: int = 256
    pack_bytes: int = 256 * 1024
    write_bytes: int = 2 * 1024 * 1024
    waiting_limit_bytes: int = 64 * 1024 * 1024
    timeout: timedelta = timedelta(seconds=5)
    retry_after_s: float = 2.0
    guard: GuardParams = field(default_factory=GuardParams)


class _Waiting(NamedTuple):
    entries: Sequence[Entry]
    size: int
    since_s: float
    done: asyncio.Future[None]


class ValkeyAppender:
    """A `sinks.intake.log.EventLog` on Valkey (or Redis) streams.

    Make it inside a running event loop.

    Args:
        url: ``redis://`` or ``unix://``.
        name: the log; its streams are ``name:0`` … ``name:<partitions - 1>``.
        partitions: how many streams.
        params: sizes and times.
        room: see `Room`.
    """

    def __init__(
        self,
        url: str,
        name: str,
        partitions: int,
        params: ValkeyAppendParams,
        room: Room | None = None,
    ) -> None:
        room = room or Room()
        limit_s = self._limit_s = params.timeout.total_seconds()
        self._client = Redis.from_url(
            url, socket_timeout=limit_s, socket_connect_timeout=limit_s, retry=Retry(NoBackoff(), 1)
        )
        self._streams = [stream_key(name, partition) for partition in range(partitions)]
        self._params = params
        given = (
            None
            if room.processed is None
            else ValkeyRoom(self._client, self._streams, room.processed, room.retention, time)
        )
        self._guard = ValkeyGuard(
            self._client, self._streams, params.guard, monotonic, given, room.disk
        )
        self._packer = Packer(self._streams, params.pack_records, params.pack_bytes)
        self._waiting: deque[_Waiting] = deque()
        self._group: list[_Waiting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_bytes = 0
        self._answered_s = self._full_until_s = float("-inf")
        self._full: LogFullError | None = None
        self._wake = asyncio.Event()
        self._writer = asyncio.create_task(self._write_forever(), name="valkey-log")

    async def append(self, entries: Sequence[Entry]) -> None:
        """See `sinks.intake.log.EventLog.append`."""
        if not entries:
            return
        if self._writer.done():
            raise self._unavailable(LogRefusal.CLOSING)
        size = bytes_of(entries) + len(entries) * _FIELD_OVERHEAD_BYTES
        if self._waiting and self._waiting_bytes + size > self._params.waiting_limit_bytes:
            raise LogFullError(LogRefusal.BUSY, self._params.retry_after_s)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(entries, size, loop.time(), loop.create_future())
        self._waiting.append(waiting)
        self._waiting_bytes += size
        self._wake.set()
        if self._timer is None:
            self._timer = loop.call_at(waiting.since_s + self._limit_s, self._expire)
        await waiting.done

    async def refusal(self) -> LogUnavailableError | None:
        """See `sinks.intake.log.EventLog.refusal`.

        As long as senders are refused, every caller gets the same refusal.
        """
        if self._full is not None and monotonic() < self._full_until_s:
            return self._full
        try:
            async with asyncio.timeout(self._limit_s):
                await self._client.ping()
                await self._guard.check()
        except LogUnavailableError as refusal:
            return refusal
        except (RedisError, OSError) as error:
            return self._failed(error)
        return None

    async def close(self) -> None:
        """See `sinks.intake.log.EventLog.close`."""
        while self._waiting and not self._writer.done():
            await asyncio.wait({self._waiting[-1].done})
        self._writer.cancel()
        await asyncio.wait({self._writer})
        if self._timer is not None:
            self._timer.cancel()
        await self._guard.close()
        await self._client.aclose()

    def _expire(self) -> None:
        """Answer those whose time is up.

        One timer for all, set for the oldest, because one per append costs as much as the append.
        """
        loop = asyncio.get_running_loop()
        expired_s = loop.time() - self._limit_s
        self._timer = None
        for waiting in chain(self._group, self._waiting):
            if waiting.since_s > expired_s:
                self._timer = loop.call_at(waiting.since_s + self._limit_s, self._expire)
                return
            _acknowledge([waiting], self._expired(waiting))

    def _expired(self, waiting: _Waiting) -> LogUnavailableError:
        """Too many wait where the server has answered others meanwhile; else it is away."""
        if self._answered_s > waiting.since_s and not any(waiting is each for each in self._group):
            return LogFullError(LogRefusal.BUSY, self._params.retry_after_s)
        return self._unavailable(LogRefusal.AWAY)

    async def _write_forever(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    self._group = self._next_group()
                    refusal = await self._write(self._group)
                    self._full = refusal if isinstance(refusal, LogFullError) else None
                    self._full_until_s = monotonic() + (refusal.retry_after_s if refusal else 0.0)
                    _acknowledge(self._group, refusal)
                    self._group = []
        finally:  # cancelled by `close`, or a mistake of ours: nobody may wait for ever
            _acknowledge([*self._group, *self._waiting], self._unavailable(LogRefusal.CLOSING))

    def _next_group(self) -> list[_Waiting]:
        """The next to be written; whoever has given up waiting is left out."""
        group: list[_Waiting] = []
        size = 0
        while self._waiting and (
            not group or size + self._waiting[0].size <= self._params.write_bytes
        ):
            waiting = self._waiting.popleft()
            self._waiting_bytes -= waiting.size
            if not waiting.done.done():
                group.append(waiting)
                size += waiting.size
        return group

    async def _write(self, group: Sequence[_Waiting]) -> LogUnavailableError | None:
        try:
            async with asyncio.timeout(self._limit_s):
                size = sum(waiting.size for waiting in group)
                await self._guard.check(size)
                return await self._send_or_make_room(self._commands(group), size)
        except LogUnavailableError as refusal:
            return refusal
        except (RedisError, OSError) as error:
            return self._failed(error)
        except Exception as error:
            # Whatever else it is costs this group its place, never the writer: without it nothing
            # is written until the process ends. Messages and tracebacks may quote the records: the
            # kind and the place are enough.
            reason = type(error).__name__
            where = "; ".join(
                f"{frame.name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-3:]
            )
            logger.error("group_not_written", reason=reason, where=where)  # noqa: TRY400
            return self._unavailable(LogRefusal.REFUSED, reason)

    def _commands(self, group: Sequence[_Waiting]) -> list[bytes]:
        return list(self._packer.commands(chain.from_iterable(each.entries for each in group)))

    async def _send_or_make_room(
        self, commands: Sequence[bytes], size: int
    ) -> LogUnavailableError | None:
        """Send commands; where the memory is full after all, make room and send them again.

        The second try sends everything, in the same order.

        Args:
            commands: encoded for the server.
            size: bytes that they take up.

        Returns:
            None once they are written; else why they were refused.
        """
        for _ in range(2):
            try:
                await send(self._client, commands)
            except OutOfMemoryError:
                refusal = await self._guard.refused(size)
                if refusal is not None:
                    return refusal
            else:
                self._answered_s = asyncio.get_running_loop().time()
                return None
        return LogFullError(LogRefusal.MEMORY, self._params.retry_after_s)

    def _failed(self, error: Exception) -> LogUnavailableError:
        """What an error of the client means.

        A server that answers with an error does answer; one that still loads counts as away.
        """
        if isinstance(error, ResponseError):
            disk = str(error).startswith(_DISK_ERROR)
            return self._unavailable(
                LogRefusal.DISK if disk else LogRefusal.REFUSED,
                "" if disk else type(error).__name__,
            )
        return self._unavailable(LogRefusal.AWAY, type(error).__name__)

    def _unavailable(self, reason: LogRefusal, detail: str = "") -> LogUnavailableError:
        return LogUnavailableError(reason, self._params.retry_after_s, detail)


def _acknowledge(group: Iterable[_Waiting], failure: LogUnavailableError | None) -> None:
    """Tell everybody who still waits how it went; a request may have been given up meanwhile."""
    for waiting in group:
        if waiting.done.done():
            continue
        if failure is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(
                type(failure)(failure.reason, failure.retry_after_s, failure.detail)
            )
