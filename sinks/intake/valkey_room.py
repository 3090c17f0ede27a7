"""Gives room back in the embedded log.

Entries that every consumer has processed are deleted, oldest first, whatever their age: age is a
preference, memory a limit. Only entries before positions that no crash of Postgres can take
back are deleted; one that is not processed stays, whatever happens. Without Postgres nothing is
known to be processed, and everything stays.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, cast

from redis.asyncio import Redis

from domain.intake.stream_position import kept_from
from sinks.intake.valkey_server import Disk

Processed = Callable[[], Awaitable[Mapping[int, int]]]
"""Reads, per partition ever read, the next position that every consumer has yet to process.

Positions are durable: no crash of Postgres takes them back. Raises `PositionsUnknownError` where
they are unknown.
"""

_CALL_LIMIT: Final = 10_000
"""Entries that one XTRIM may delete, so that the server is not held up.

This is the server's own default for approximate trimming.
"""
_LEAST_KEPT_S: Final = 1.0
"""Below this age nothing is kept."""


class PositionsUnknownError(ConnectionError):
    """Postgres cannot tell what is processed."""


@dataclass(frozen=True)
class Room:
    """What is needed to give room back in the log, and to know its disk.

    Attributes:
        processed: tells what every consumer has processed; None where nobody can, so that entries
            leave by age alone.
        retention: age below which processed entries stay while there is room.
        disk: below the server.
    """

    processed: Processed | None = None
    retention: timedelta = timedelta(hours=1)
    disk: Disk = field(default_factory=Disk)


class ValkeyRoom:
    """Trims the streams of one log when asked to.

    Args:
        client: connection of the log.
        streams: names of its streams, by partition.
        processed: see `Processed`.
        retention: age below which processed entries stay while there is room.
        clock: seconds since 1970, near the server's clock: what it decides is only how much more
            than needed leaves.
    """

    def __init__(
        self,
        client: Redis,
        streams: Sequence[str],
        processed: Processed,
        retention: timedelta,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._streams = streams
        self._processed = processed
        self._retention_s = retention.total_seconds()
        self._clock = clock

    async def make(self, enough: Callable[[], Awaitable[bool]], *, exact: bool = False) -> None:
        """Trim processed entries until there is enough room.

        First those older than half the retention are trimmed, then a quarter, and so on.

        Args:
            enough: whether there is room now; asked after each step.
            exact: trim entries, not only whole nodes of some: for limits that count entries. Frees
                hardly more memory.

        Raises:
            PositionsUnknownError: nothing was trimmed.
            redis.RedisError: the server does not answer.
        """
        processed = await self._processed()
        keep_s = self._retention_s
        while True:
            keep_s = keep_s / 2 if keep_s > 2 * _LEAST_KEPT_S else 0.0
            await self._trim(processed, keep_s, exact=exact)
            if not keep_s or await enough():
                return

    async def _trim(self, processed: Mapping[int, int], keep_s: float, *, exact: bool) -> None:
        since_ms = (
            int((self._clock() - keep_s) * 1000)
            if keep_s
            else int(self._clock() * 1000) + _AHEAD_MS
        )
        least = {
            self._streams[partition]: kept_from(position, since_ms)
            for partition, position in processed.items()
        }
        more = bool(least)
        while more:
            pipeline = self._client.pipeline(transaction=False)
            for stream, identity in least.items():
                pipeline.xtrim(stream, minid=identity, approximate=True, limit=_CALL_LIMIT)
            more = max(cast("list[int]", await pipeline.execute())) >= _CALL_LIMIT // 2
        if exact and least:
            pipeline = self._client.pipeline(transaction=False)
            for stream, identity in least.items():
                pipeline.xtrim(stream, minid=identity, approximate=False)
            await pipeline.execute()


_AHEAD_MS: Final = 1 << 40
"""Far ahead: where age keeps nothing, neither does a server whose clock is ahead of ours."""
