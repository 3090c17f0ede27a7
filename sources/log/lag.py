"""Lag per partition: newest record, processed position, age of the oldest unprocessed record.

Reading it disturbs nobody: Valkey answers one short script per partition, Kafka its end offsets
and, where something waits, one message.
"""

from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic, sleep, time
from typing import Final, Protocol, cast

import msgspec
import redis
from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.instants import to_ms
from domain.intake.partitioning import stream_key
from domain.intake.stream_position import entry_id
from sources.log.entries import instant_of, position_of
from sources.log.positions import Connect, Session
from store.intake.lag import StoredPosition, stored_positions

_COUNT_LIMIT: Final = 200
"""Stream entries that are counted; beyond them the backlog is estimated."""
_SIGN_LIMIT_S: Final = 2.0
"""For a sign of life of the log."""
_ASK_LIMIT_S: Final = 5.0
_LOOK_LIMIT_S: Final = 3.0
_PAUSE_S: Final = 0.1
_NO_LEADER: Final = frozenset(
    {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}
)
"""A partition has none for a moment: after a broker was lost, or right after its topic was made."""

# KEYS[1] stream, ARGV[1] id of the next position, ARGV[2] entries to count
_LOOK: Final = """
local head = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local rest = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local records = 0
for _, entry in ipairs(rest) do records = records + #entry[2] / 2 end
local first, last = rest[1], rest[#rest]
return {
  head[1] and head[1][1] or '', #rest, records, first and first[1] or '', last and last[1] or ''
}
"""


class PartitionLag(msgspec.Struct, frozen=True):
    """Lag of one partition.

    Attributes:
        log: stream or topic.
        partition: number within the log.
        next_position: the next position to be processed.
        head_position: the position after the newest record; equal to `next_position` when nothing
            waits.
        records_behind: records that wait.
        exact: whether `records_behind` was counted rather than estimated from the records' density
            in time.
        seconds_behind: how long the oldest waiting record has waited, 0 when none does.
        caught_up_ms: everything received until then is processed, ms since 1970; 0 when unknown.
    """

    log: str
    partition: int
    next_position: int
    head_position: int
    records_behind: int
    exact: bool
    seconds_behind: float
    caught_up_ms: int


class LagReader(Protocol):
    """Reads the lag of every partition of the log."""

    def read(self) -> list[PartitionLag]:
        """One entry per partition, in order.

        Raises:
            StoreUnavailable: Postgres does not answer.
            redis.RedisError, confluent_kafka.KafkaException: the log does not answer.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True)
class _Waiting:
    """Waiting records: how many, whether counted, arrival of the oldest (ms, or 0)."""

    head: int
    records: int
    exact: bool
    oldest_ms: int


def _lag(stored: StoredPosition, waiting: _Waiting) -> PartitionLag:
    caught_up_ms = to_ms(stored.caught_up_at) if stored.caught_up_at else 0
    seconds = max(0.0, time() - waiting.oldest_ms / 1000) if waiting.oldest_ms else 0.0
    head = max(waiting.head, stored.next_position)
    return PartitionLag(
        stored.log,
        stored.partition,
        stored.next_position,
        head,
        waiting.records,
        waiting.exact,
        round(seconds, 3),
        caught_up_ms,
    )


class ValkeyLag:
    """Lag of the embedded log.

    Args:
        url: of the Valkey server.
        log: its name.
        partitions: how many streams.
        connect: opens an autocommit connection to Postgres.
    """

    def __init__(self, url: str, log: str, partitions: int, connect: Connect) -> None:
        self._client = redis.Redis.from_url(
            url,
            protocol=2,
            socket_timeout=_SIGN_LIMIT_S,
            socket_connect_timeout=_SIGN_LIMIT_S,
            # A connection that the server has closed meanwhile; what hangs is not asked twice.
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),
        )
        self._log = log
        self._partitions = partitions
        self._session = Session(connect)

    def read(self) -> list[PartitionLag]:
        """See `LagReader.read`."""
        known = {
            stored.partition: stored
            for stored in self._session.run(lambda conn: stored_positions(conn, [self._log]))
        }
        everything = [
            known.get(partition, StoredPosition(self._log, partition, 0, None))
            for partition in range(self._partitions)
        ]
        pipeline = self._client.pipeline(transaction=False)
        for stored in everything:
            pipeline.eval(
                _LOOK,
                1,
                stream_key(self._log, stored.partition),
                entry_id(stored.next_position),
                _COUNT_LIMIT,
            )
        answers = cast("list[tuple[bytes, int, int, bytes, bytes]]", pipeline.execute())
        return [
            _lag(stored, _stream_waiting(*answer))
            for stored, answer in zip(everything, answers, strict=True)
        ]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._session.close()


def _stream_waiting(head: bytes, entries: int, records: int, first: bytes, last: bytes) -> _Waiting:
    """Weigh up what the script saw.

    A backlog longer than it counted is taken to be as dense as its beginning.
    """
    after = position_of(head) + 1 if head else 0
    if not entries:
        return _Waiting(after, 0, exact=True, oldest_ms=0)
    oldest_ms = instant_of(position_of(first))
    if entries < _COUNT_LIMIT:
        return _Waiting(after, records, exact=True, oldest_ms=oldest_ms)
    counted_ms = instant_of(position_of(last)) - oldest_ms + 1
    estimate = records * (instant_of(after) - oldest_ms + 1) // counted_ms
    return _Waiting(after, max(records, estimate), exact=False, oldest_ms=oldest_ms)


class KafkaLag:
    """Lag of Kafka topics. Offsets that hold no record (transaction markers) count as records.

    Args:
        bootstrap_servers: ``host:port,…``.
        topics: the topics.
        options: further options of librdkafka.
        connect: opens an autocommit connection to Postgres.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topics: tuple[str, ...],
        options: dict[str, str],
        connect: Connect,
    ) -> None:
        common: dict[str, str | int | float | bool] = {
            "bootstrap.servers": bootstrap_servers,
            **options,
        }
        self._opened = ExitStack()
        self._admin = self._opened.enter_context(AdminClient(common))
        self._consumer = Consumer(
            {**common, "group.id": "stratum-lag", "enable.auto.commit": False}
        )
        self._topics = topics
        self._session = Session(connect)

    def read(self) -> list[PartitionLag]:
        """See `LagReader.read`."""
        known = {
            (stored.log, stored.partition): stored
            for stored in self._session.run(lambda conn: stored_positions(conn, self._topics))
        }
        partitions = [each for topic in self._topics for each in self._partitions(topic)]
        first = self._bounds(partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        end = self._bounds(partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        everything = [known.get(each, StoredPosition(*each, 0, None)) for each in partitions]
        behind = {
            each: (max(stored.next_position, first[each]), end[each])
            for each, stored in zip(partitions, everything, strict=True)
        }
        oldest = self._oldest(
            [TopicPartition(*each, start) for each, (start, stop) in behind.items() if start < stop]
        )
        waits = [
            _Waiting(stop, max(0, stop - start), exact=True, oldest_ms=oldest.get(each, 0))
            for each, (start, stop) in behind.items()
        ]
        return [_lag(stored, waiting) for stored, waiting in zip(everything, waits, strict=True)]

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()
        self._opened.close()
        self._session.close()

    def _partitions(self, topic: str) -> list[tuple[str, int]]:
        found = self._admin.list_topics(topic, timeout=_SIGN_LIMIT_S).topics[topic]
        return [(topic, partition) for partition in sorted(found.partitions)]

    def _bounds(
        self,
        partitions: list[tuple[str, int]],
        which: OffsetSpec,
    ) -> dict[tuple[str, int], int]:
        deadline = monotonic() + _ASK_LIMIT_S
        while partitions:
            futures = self._admin.list_offsets(
                {TopicPartition(*each): which for each in partitions}, request_timeout=_ASK_LIMIT_S
            )
            try:
                return {
                    (each.topic, each.partition): int(future.result().offset)
                    for each, future in futures.items()
                }
            except KafkaException as error:
                if error.args[0].code() not in _NO_LEADER or monotonic() > deadline:
                    raise
                sleep(_PAUSE_S)
        return {}

    def _oldest(self, partitions: list[TopicPartition]) -> dict[tuple[str, int], int]:
        """Arrival of the first message at or after each offset, ms.

        Absent where it did not come in time.
        """
        found: dict[tuple[str, int], int] = {}
        self._consumer.assign(partitions)
        deadline = monotonic() + _LOOK_LIMIT_S
        while len(found) < len(partitions) and monotonic() < deadline:
            message = self._consumer.poll(max(0.0, deadline - monotonic()))
            if message is not None and message.error() is None:
                kind, at_ms = message.timestamp()
                each = (str(message.topic()), int(message.partition() or 0))
                found.setdefault(each, 0 if kind == TIMESTAMP_NOT_AVAILABLE else at_ms)
        self._consumer.unassign()
        return found
