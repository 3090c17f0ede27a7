"""Reads the state of the embedded log's server, and of the disk below it.

The state is its memory, append-only file, evictions and the lengths of its streams.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis

_SAMPLES: Final = 1_000
"""Nodes of a stream that are measured to estimate what it takes."""


@dataclass(frozen=True)
class Disk:
    """The file system that holds the append-only file.

    Attributes:
        folder: on it; None where that is another machine's affair.
        free_limit_bytes: least free space there.
    """

    folder: Path | None = None
    free_limit_bytes: int = 0

    def is_nearly_full(self) -> bool:
        """Ask the file system."""
        return (
            self.folder is not None and shutil.disk_usage(self.folder).free < self.free_limit_bytes
        )


@dataclass(frozen=True)
class Seen:
    """One look at the server.

    Attributes:
        used: bytes in use, as the server counts them against its limit.
        limit: its ``maxmemory``; 0 for none.
        evicts: whether it makes room by itself, by evicting keys with a time to live, and has such
            keys.
        evicts_all: whether it may evict the log.
        aof: whether an append-only file is kept.
        aof_fails: whether it could not be written lately.
        aof_bytes: its size.
        aof_rewriting: whether it is being rewritten.
        longest: entries of the longest stream; 0 where that is no limit.
    """

    used: int
    limit: int
    evicts: bool
    evicts_all: bool
    aof: bool
    aof_fails: bool
    aof_bytes: int
    aof_rewriting: bool
    longest: int

    def share(self, more: int = 0) -> float:
        """Share of the memory in use, with some bytes more."""
        return (self.used + more) / self.limit if self.limit else 0.0


async def look(client: Redis, streams: Sequence[str]) -> Seen:
    """Ask the server, in one exchange.

    Args:
        client: a connection to it.
        streams: those whose length counts.
    """
    pipeline = client.pipeline(transaction=False)
    for section in ("memory", "persistence", "keyspace"):
        pipeline.info(section)
    for stream in streams:
        pipeline.xlen(stream)
    memory, persistence, keyspace, *lengths = await pipeline.execute()
    return _seen(memory, persistence, keyspace, lengths)


async def bytes_of_streams(client: Redis, streams: Sequence[str]) -> int:
    """What the streams take of the server's memory."""
    pipeline = client.pipeline(transaction=False)
    for stream in streams:
        pipeline.memory_usage(stream, samples=_SAMPLES)
    return sum(size or 0 for size in await pipeline.execute())


def _seen(
    memory: Mapping[str, Any],
    persistence: Mapping[str, Any],
    keyspace: Mapping[str, Any],
    lengths: Sequence[int],
) -> Seen:
    policy = str(memory.get("maxmemory_policy", ""))
    limit = int(memory.get("maxmemory", 0))
    return Seen(
        used=int(memory.get("used_memory", 0)) - int(memory.get("mem_not_counted_for_evict", 0)),
        limit=limit,
        evicts=policy.startswith("volatile")
        and any(db.get("expires", 0) for db in keyspace.values()),
        evicts_all=policy.startswith("allkeys") and limit > 0,
        aof=persistence.get("aof_enabled") == 1,
        aof_fails=persistence.get("aof_enabled") == 1
        and persistence.get("aof_last_write_status", "ok") != "ok",
        aof_bytes=int(persistence.get("aof_current_size", 0)),
        aof_rewriting=persistence.get("aof_rewrite_in_progress") == 1,
        longest=max(lengths, default=0),
    )
