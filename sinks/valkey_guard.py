"""Decides whether the embedded log may grow: the server's memory, its append-only file, the length of its streams, the disk below it.

The server is asked once per interval, and only while somebody appends. What it refuses by itself in between (memory full, disk error)
arrives as an error of the append.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

from sinks.log import LogFullError, LogUnavailableError

UNLIMITED: Final = 0


@dataclass(frozen=True)
class GuardParams:
    """Bounds of the embedded log.

    Attributes:
        interval: time between two looks at the server.
        length_limit_entries: longest stream, entries (one holds the records of several events); 0 for no limit but memory. Entries that are
            processed count until they are trimmed.
        memory_share_limit: share of the server's ``maxmemory``, 0–1, above which nothing is appended; 1 leaves it to the server.
        durable: whether a server without an append-only file is refused.
        full_retry_after_s: when to come again while it is full.
        fault_retry_after_s: when to come again while it is not durable, or its disk nearly full.
    """

    interval: timedelta = timedelta(seconds=1)
    length_limit_entries: int = UNLIMITED
    memory_share_limit: float = 0.95
    durable: bool = True
    full_retry_after_s: float = 5.0
    fault_retry_after_s: float = 10.0


class ValkeyGuard:
    """Raises where the log may not grow.

    Args:
        client: connection of the log.
        streams: names of its streams.
        params: bounds.
        clock: monotonic seconds.
        disk: folder whose file system holds the append-only file, None where that is another machine's affair.
        disk_free_limit_bytes: least free space there.
    """

    def __init__(
        self,
        client: Redis,
        streams: Sequence[str],
        params: GuardParams,
        clock: Callable[[], float],
        disk: Path | None = None,
        disk_free_limit_bytes: int = 0,
    ) -> None:
        self._client = client
        self._streams = streams
        self._params = params
        self._clock = clock
        self._disk = disk
        self._disk_free_limit_bytes = disk_free_limit_bytes
        self._look_at_s = float("-inf")
        self._refusal: LogUnavailableError | None = None

    async def check(self) -> None:
        """Look if it is time to, and pass or refuse.

        Raises:
            LogFullError: the log is as large as it may be.
            LogUnavailableError: an append would not be durable.
            redis.RedisError: the server does not answer.
        """
        if self._clock() >= self._look_at_s:
            self._refusal = await self._look()
            self._look_at_s = self._clock() + self._params.interval.total_seconds()
        if self._refusal is not None:
            raise type(self._refusal)(self._refusal.reason, self._refusal.retry_after_s)

    async def _look(self) -> LogUnavailableError | None:
        pipeline = self._client.pipeline(transaction=False)
        pipeline.info("memory")
        pipeline.info("persistence")
        if self._params.length_limit_entries != UNLIMITED:
            for stream in self._streams:
                pipeline.xlen(stream)
        memory, persistence, *lengths = await pipeline.execute()
        if self._disk is not None and shutil.disk_usage(self._disk).free < self._disk_free_limit_bytes:
            return LogUnavailableError("disk_nearly_full", self._params.fault_retry_after_s)
        if self._params.durable and not _durable(persistence):
            return LogUnavailableError("not_durable", self._params.fault_retry_after_s)
        if _memory_share(memory) > self._params.memory_share_limit:
            return LogFullError("memory_full", self._params.full_retry_after_s)
        if max(lengths, default=0) > self._params.length_limit_entries:
            return LogFullError("stream_too_long", self._params.full_retry_after_s)
        return None


def _durable(persistence: Mapping[str, Any]) -> bool:
    return persistence.get("aof_enabled") == 1 and persistence.get("aof_last_write_status", "ok") == "ok"


def _memory_share(memory: Mapping[str, Any]) -> float:
    limit = int(memory.get("maxmemory", 0))
    return int(memory.get("used_memory", 0)) / limit if limit else 0.0
