"""Decides whether the embedded log may grow.

The server's memory, its append-only file, the length of its streams, the disk below it.

Each is a limit of its own, and a refusal names the one that it is. Where room is needed, what
everybody has processed is given back first (`sinks.intake.valkey_room`); only what is left then
counts. The server is asked once per interval, and as often as a hundredth of its memory was
written, and only while somebody appends. What it refuses by itself in between arrives as an error
of the append.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import LogFullError, LogUnavailableError
from sinks.intake.valkey_room import PositionsUnknownError, ValkeyRoom
from sinks.intake.valkey_server import Disk, Seen, bytes_of_streams, look

logger = structlog.get_logger(__name__)

UNLIMITED: Final = 0
_LOOKS_PER_MEMORY: Final = 100
"""So much of the memory may be written between two looks."""
_AOF_SHARE: Final = 2
"""An append-only file so many times as large as what is kept is worth rewriting."""


@dataclass(frozen=True)
class GuardParams:
    """Bounds of the embedded log.

    Attributes:
        interval: time between two looks at the server.
        length_limit_entries: longest stream, entries (one holds the records of several events); 0
            for no limit but memory. Entries that are processed are trimmed where they would break
            it.
        memory_share_high: share of the server's ``maxmemory``, 0–1, above which processed entries
            leave before their age …
        memory_share_low: … until it is at most this.
        memory_share_limit: the same share, above which nothing is appended; 1 leaves it to the
            server.
        room_timeout: longest wait for room to be made, Postgres' answer about what is processed
            included.
        room_pause: pause between two tries to make room before it is needed.
        durable: whether a server without an append-only file, or one that may evict the log, is
            refused.
        full_retry_after_s: when to come again while it is full.
        fault_retry_after_s: when to come again while it is not durable, or its disk nearly full.

    Raises:
        ValueError: shares are not in order.
    """

    interval: timedelta = timedelta(seconds=1)
    length_limit_entries: int = UNLIMITED
    memory_share_high: float = 0.8
    memory_share_low: float = 0.7
    memory_share_limit: float = 0.95
    room_timeout: timedelta = timedelta(seconds=2)
    room_pause: timedelta = timedelta(seconds=2)
    durable: bool = True
    full_retry_after_s: float = 5.0
    fault_retry_after_s: float = 10.0

    def __post_init__(self) -> None:
        if (
            not 0 <= self.memory_share_low <= self.memory_share_high <= 1
            or not 0 <= self.memory_share_limit <= 1
        ):
            raise ValueError(
                "0 ≤ memory_share_low ≤ memory_share_high ≤ 1, and memory_share_limit is a"
                " share, too"
            )


class ValkeyGuard:
    """Raises where the log may not grow.

    Args:
        client: connection of the log.
        streams: names of its streams.
        params: bounds.
        clock: monotonic seconds.
        room: gives back what is processed; None where nobody can tell what is.
        disk: below the server.
    """

    def __init__(
        self,
        client: Redis,
        streams: Sequence[str],
        params: GuardParams,
        clock: Callable[[], float],
        room: ValkeyRoom | None,
        disk: Disk,
    ) -> None:
        self._client = client
        self._streams = streams
        self._params = params
        self._clock = clock
        self._room = room
        self._disk = disk
        self._look_at_s = float("-inf")
        self._refusal: LogUnavailableError | None = None
        self._refused_bytes = 0
        self._written = self._allowance = 0
        self._positions_known = True
        self._making: asyncio.Task[None] | None = None
        self._make_at_s = self._rewrite_at_s = float("-inf")

    async def check(self, size: int | None = None) -> None:
        """Look if it is time to, and pass or refuse.

        Args:
            size: bytes to be written; None: what was refused last, if the last was refused.

        Raises:
            LogFullError: the log is as large as it may be.
            LogUnavailableError: an append would not be durable.
            redis.RedisError: the server does not answer.
        """
        size = self._refused_bytes if size is None else size
        if self._clock() >= self._look_at_s or (
            self._refusal is None and self._written + size > self._allowance
        ):
            self._judged(await self._inspect(size), size)
        if self._refusal is not None:
            raise type(self._refusal)(
                self._refusal.reason, self._refusal.retry_after_s, self._refusal.detail
            )
        self._written += size

    async def refused(self, size: int) -> LogUnavailableError | None:
        """Why the server refused a write for want of memory; None where there is room now.

        Raises:
            redis.RedisError: the server does not answer.
        """
        await self._make_room(exact=False)
        seen = await self._read_server()
        refusal = (
            self._named(seen, size, await self._waiting_bytes()) if self._over(seen, size) else None
        )
        self._judged(refusal, size)
        return refusal

    async def close(self) -> None:
        """Give up what is under way."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait({self._making})

    def _judged(self, refusal: LogUnavailableError | None, size: int) -> None:
        self._refusal = refusal
        self._refused_bytes = size if refusal is not None else 0
        self._look_at_s = self._clock() + self._params.interval.total_seconds()

    async def _inspect(self, size: int) -> LogUnavailableError | None:
        seen = await self._read_server()
        self._written = 0
        self._allowance = seen.limit // _LOOKS_PER_MEMORY if seen.limit else 1 << 62
        if self._disk.is_nearly_full():
            await self._shrink(seen)
            return LogUnavailableError(LogRefusal.DISK, self._params.fault_retry_after_s)
        if seen.aof_fails:
            return LogUnavailableError(
                LogRefusal.DISK,
                self._params.fault_retry_after_s,
                "the append-only file cannot be written",
            )
        if self._params.durable and (not seen.aof or seen.evicts_all):
            detail = "it may evict the log" if seen.aof else "it keeps no append-only file"
            return LogUnavailableError(
                LogRefusal.NOT_DURABLE, self._params.fault_retry_after_s, detail
            )
        if self._too_long(seen) or self._over(seen, size):
            await self._make_room(exact=self._too_long(seen))
            return await self._still_full(await self._read_server(), size)
        if seen.share() > self._params.memory_share_high:
            self._make_room_beside()
        return None

    def _over(self, seen: Seen, size: int) -> bool:
        return seen.share(size) > self._params.memory_share_limit

    def _too_long(self, seen: Seen) -> bool:
        return (
            self._params.length_limit_entries != UNLIMITED
            and seen.longest > self._params.length_limit_entries
        )

    async def _still_full(self, seen: Seen, size: int) -> LogUnavailableError | None:
        """What is left is not processed, or no part of the log."""
        if self._too_long(seen):
            return LogFullError(LogRefusal.BEHIND, self._params.full_retry_after_s)
        if not self._over(seen, size):
            return None
        waiting = await self._waiting_bytes()
        if seen.evicts and waiting + size <= self._params.memory_share_limit * seen.limit:
            return None  # the server drops what is only cached
        return self._named(seen, size, waiting)

    def _named(self, seen: Seen, size: int, waiting: int) -> LogFullError:
        """Return why there is no room.

        Processing is behind where there would be room if everything in the log were processed; else
        memory is full of other things.
        """
        without = seen.used - waiting + size
        reason = (
            LogRefusal.BEHIND
            if without <= self._params.memory_share_limit * seen.limit
            else LogRefusal.MEMORY
        )
        detail = "" if self._positions_known else "Postgres cannot say what is processed"
        return LogFullError(reason, self._params.full_retry_after_s, detail)

    async def _waiting_bytes(self) -> int:
        """What the streams take; asked after everything processed has left."""
        return await bytes_of_streams(self._client, self._streams)

    async def _read_server(self) -> Seen:
        unlimited = self._params.length_limit_entries == UNLIMITED
        return await look(self._client, () if unlimited else self._streams)

    def _make_room_beside(self) -> None:
        """Begin to make room while appends continue."""
        if (self._making is None or self._making.done()) and self._clock() >= self._make_at_s:
            self._making = asyncio.create_task(self._make_room(exact=False), name="valkey-room")

    async def _make_room(self, *, exact: bool, everything: bool = False) -> None:
        """Trim what is processed.

        If that fails there is no more room than before, which the next check notices.
        """
        if self._room is None:
            return

        async def enough() -> bool:
            seen = await self._read_server()
            return (
                not everything
                and not self._too_long(seen)
                and seen.share() <= self._params.memory_share_low
            )

        try:
            async with asyncio.timeout(self._params.room_timeout.total_seconds()):
                await self._room.make(enough, exact=exact)
                self._positions_known = True
        except (PositionsUnknownError, RedisError, OSError, TimeoutError) as error:
            self._positions_known = not isinstance(error, PositionsUnknownError | TimeoutError)
            logger.warning("log_room_not_made", reason=type(error).__name__)
        finally:
            self._make_at_s = self._clock() + self._params.room_pause.total_seconds()

    async def _shrink(self, seen: Seen) -> None:
        """Give back disk: drop everything processed, and rewrite the append-only file."""
        if self._clock() < self._rewrite_at_s:
            return
        self._rewrite_at_s = self._clock() + self._params.fault_retry_after_s
        await self._make_room(exact=False, everything=True)
        now = await self._read_server()
        if now.aof and not now.aof_rewriting and seen.aof_bytes > _AOF_SHARE * now.used:
            await self._client.bgrewriteaof()
            logger.warning("log_file_rewritten", aof_bytes=seen.aof_bytes, used_bytes=now.used)
