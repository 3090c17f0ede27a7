"""Makes the embedded log forget what was processed, before its time.

Entries below positions that no crash of Postgres can take back are deleted, to the last one; what
is not processed stays, whatever happens. What was deleted is still in the server's append-only file
until that is rewritten, which it is asked for.

Where a node of a stream has several entries, one that was deleted keeps its bytes until all of them
are deleted (Valkey configuration, ``stream-node-max-entries``): the embedded server gives each its
own, and any other should.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

import redis

from domain.intake.partitioning import stream_key
from domain.intake.stream_position import entry_id
from sources.log.entries import id_before, position_of

_TRIM_CALL_LIMIT: Final = 10_000
"""Entries that one XTRIM may delete, so that the server is not held up."""


class Rewriting(Enum):
    """How the append-only file stands.

    Attributes:
        REFUSED: the server has none, or does not let us ask.
        BUSY: it is being rewritten.
        IDLE: it is not, and the last time went well.
        FAILED: it is not, and the last time failed.
    """

    REFUSED = auto()
    BUSY = auto()
    IDLE = auto()
    FAILED = auto()


class ValkeyPurge:
    """Deletes entries of one log.

    Args:
        client: of the log's server.
        name: the log.
        partitions: how many streams it has.
    """

    def __init__(self, client: redis.Redis, name: str, partitions: int) -> None:
        self._client = client
        self._streams = {partition: stream_key(name, partition) for partition in range(partitions)}

    def ends(self) -> dict[int, int]:
        """Partition → first position after everything that was ever appended.

        Raises:
            redis.RedisError: the server does not answer.
        """
        pipeline = self._client.pipeline(transaction=False)
        for stream in self._streams.values():
            pipeline.xinfo_stream(stream)
        ends = {}
        for partition, told in zip(
            self._streams, pipeline.execute(raise_on_error=False), strict=True
        ):
            if isinstance(told, dict):
                ends[partition] = position_of(told["last-generated-id"]) + 1
            elif isinstance(told, redis.ResponseError):  # there is no such stream yet
                ends[partition] = 0
            else:
                raise told
        return ends

    def has_passed(self, processed: Mapping[int, int], ends: Mapping[int, int]) -> bool:
        """Whether nothing below these ends is left to be processed.

        Args:
            processed: partition → next position to be processed.
            ends: from `ends`.

        Raises:
            redis.RedisError: the server does not answer.
        """
        return not any(
            self._client.xrange(self._streams[partition], entry_id(start), id_before(end), count=1)
            for partition, end in ends.items()
            if (start := processed.get(partition, 0)) < end
        )

    def trim(self, processed: Mapping[int, int], ends: Mapping[int, int]) -> int:
        """Delete what is processed and lies below these ends.

        Args:
            processed: partition → next position to be processed, one that no crash can take back.
            ends: from `ends`.

        Returns:
            How many entries were deleted.

        Raises:
            redis.RedisError: the server does not answer.
        """
        deleted = 0
        for partition, end in ends.items():
            least = entry_id(min(processed.get(partition, 0), end))
            stream = self._streams[partition]
            gone = _TRIM_CALL_LIMIT
            while gone >= _TRIM_CALL_LIMIT // 2:
                gone = self._client.xtrim(
                    stream, minid=least, approximate=True, limit=_TRIM_CALL_LIMIT
                )
                deleted += gone
            deleted += self._client.xtrim(stream, minid=least, approximate=False)
        return deleted

    def rewriting(self) -> Rewriting:
        """How the append-only file stands.

        Raises:
            redis.RedisError: the server does not answer.
        """
        try:
            told = self._client.info("persistence")
        except redis.ResponseError:
            return Rewriting.REFUSED
        if not told.get("aof_enabled"):
            return Rewriting.REFUSED
        if told.get("aof_rewrite_in_progress") or told.get("aof_rewrite_scheduled"):
            return Rewriting.BUSY
        return Rewriting.IDLE if told.get("aof_last_bgrewrite_status") == "ok" else Rewriting.FAILED

    def rewrite(self) -> bool:
        """Have the append-only file rewritten, without what was deleted; whether it is allowed.

        Raises:
            redis.RedisError: the server does not answer.
        """
        try:
            self._client.bgrewriteaof()
        except redis.ResponseError:
            return False
        return True
