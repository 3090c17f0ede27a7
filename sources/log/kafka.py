"""Kafka as the event log: assigned partitions become batches, from positions in Postgres.

The group only decides who reads what. Where reading starts is Postgres's word: on assignment the
consumer is placed there, and after a batch was fenced off it is placed there again. Offsets are
committed to Kafka as well, but only for tools that show lag; nothing ever reads them.

One message is one record. Tombstones hold none and are skipped; so are the offsets that transaction
markers and compaction leave empty.

Whom a record belongs to, and when it came, is `sources.log.kafka_record`'s word; whether a topic is
the one that positions are of, `sources.log.kafka_topics`'s.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from time import monotonic, time_ns
from typing import Final

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from domain.event import Batch
from sources.log.kafka_ends import Ends
from sources.log.kafka_params import KafkaLogParams
from sources.log.kafka_record import record_of
from sources.log.kafka_topics import Topics
from sources.log.positions import Positions
from store.errors import StoreUnavailable

logger = structlog.get_logger(__name__)


_CONSUMER_OPTIONS: Final = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "enable.partition.eof": "true",
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": "10000",
    "heartbeat.interval.ms": "1000",
    "topic.metadata.refresh.interval.ms": "10000",
    "queued.max.messages.kbytes": "16384",
    "fetch.queue.backoff.ms": "20",
}
"""What is asked of librdkafka.

``session.timeout.ms`` bounds how long a dead worker's partitions wait.
"""
_LEAVING_S: Final = 0.05
"""How long a consumer that leaves waits at a time for its partitions to be taken back."""


class KafkaLog:
    """Reads the partitions that the group assigns. A `sources.feed.LogSource`.

    Args:
        params: see `KafkaLogParams`.
        positions: cursors, shared with UNIFY, which resets one when its batch was fenced off.
        worker: this worker's name, shown as Kafka's client id.
    """

    def __init__(self, params: KafkaLogParams, positions: Positions, worker: str) -> None:
        common: dict[str, str | int | float | bool] = {
            "bootstrap.servers": params.bootstrap_servers,
            "client.id": worker,
            **params.options,
        }
        self._params = params
        self._positions = positions
        self._hints: Mapping[str, int] = {}
        self._fresh: set[tuple[str, int]] = set()
        self._resumes_at: datetime | None = None
        self._opened = ExitStack()
        self._admin = self._opened.enter_context(AdminClient(common))
        self._topics = Topics(self._admin, positions, params)
        self._ends = Ends(self._admin, positions, params.read)
        self._consumer = Consumer(
            {
                **common,
                **_CONSUMER_OPTIONS,
                **params.options,
                "group.id": params.group,
                "error_cb": _report,
            }
        )
        self._consumer.subscribe(
            list(params.topics),
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_revoke,
        )

    def resumes_at(self) -> datetime | None:
        """When to ask again: at once, or after a pause where the store did not answer."""
        return self._resumes_at

    def read(self) -> Sequence[Batch]:
        """Take what is there, at most one batch per partition.

        Wait up to `ReadParams.idle_wait` when there is nothing.

        While Postgres cannot be reached nothing is handed out, the reason is logged, and a pause is
        asked for.

        Raises:
            KafkaException: an error of the client from which it cannot recover.
        """
        self._resumes_at = None
        try:
            self._topics.watch()
            self._place()
            self._touch()
        except StoreUnavailable as error:
            logger.warning("store_unavailable", source="kafka", reason=str(error))
            self._resumes_at = datetime.now(UTC) + self._params.read.retry_pause
            return ()
        messages = self._consumer.consume(1, self._params.read.idle_wait.total_seconds())
        if messages:
            messages += self._consumer.consume(self._params.batch_records - 1, 0)
        return self._batches(messages)

    def close(self) -> None:
        """Leave the group, so that others take over at once.

        Partitions are given back before the consumer closes: where it closes while others join,
        giving them back waits without end for a group that is gone already (librdkafka#4884).
        """
        self._consumer.unsubscribe()
        until_s = monotonic() + self._params.watermark_limit.total_seconds()
        while self._consumer.assignment() and monotonic() < until_s:
            self._consumer.poll(_LEAVING_S)  # what it returns is read again by whoever comes next
        self._consumer.close()
        self._opened.close()

    def _batches(self, messages: Iterable[Message]) -> list[Batch]:
        groups: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            topic, partition, error = message.topic(), message.partition(), message.error()
            # `_PARTITION_EOF` is a public constant of the client.
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                groups.setdefault((str(topic), int(partition or 0)), []).append(message)
            else:
                _report(error)
        batches = []
        for (topic, partition), group in groups.items():
            start = self._positions.cursors(topic).get(partition)
            batch = None if start is None else self._batch(topic, partition, start, group)
            if batch is not None:
                self._positions.advance(batch)
                batches.append(batch)
        return batches

    def _batch(
        self, topic: str, partition: int, start: int, group: Sequence[Message]
    ) -> Batch | None:
        """Make a batch; an empty one where only transaction markers came, None where nothing did.

        The position follows the log even backwards: a log that was cut or created again starts at
        its first record.
        """
        messages = [message for message in group if message.error() is None]
        ends = [int(message.offset() or 0) for message in group if message.error() is not None]
        if not messages and max(ends) <= start:
            return None
        self._check_retention(topic, partition, start, group)
        following = max([*ends, *(int(message.offset() or 0) + 1 for message in messages[-1:])])
        hint, now_ms = self._hints.get(topic, 0), time_ns() // 1_000_000
        records = tuple(
            record_of(message, hint, now_ms) for message in messages if message.value() is not None
        )
        return Batch(topic, partition, start, following, records)

    def _check_retention(
        self, topic: str, partition: int, start: int, group: Sequence[Message]
    ) -> None:
        """Report records that Kafka deleted unread.

        Right after seeking is the only moment when that shows.
        """
        if (topic, partition) not in self._fresh:
            return
        self._fresh.discard((topic, partition))
        if 0 < start != group[0].offset():
            limit_s = self._params.watermark_limit.total_seconds()
            first, end = self._consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=limit_s
            ) or (0, start)
            if not first <= start <= end:
                logger.error(
                    "log_cut_before_processing",
                    log=topic,
                    partition=partition,
                    expected=start,
                    first=first,
                    end=end,
                )

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            self._positions.assign(each.topic, [each.partition])
            self._fresh.add((each.topic, each.partition))
        self._topics.doubt(each.topic for each in partitions)
        try:
            self._topics.prove()
            self._positions.reload(
                {
                    (each.topic, each.partition)
                    for each in partitions
                    if self._topics.is_proven(each.topic)
                }
            )
            self._hints = self._positions.topic_sources()
        except StoreUnavailable as error:
            logger.warning("store_unavailable", source="kafka", reason=str(error))
        for each in partitions:
            each.offset = self._positions.cursors(each.topic).get(each.partition, OFFSET_BEGINNING)
        consumer.incremental_assign(partitions)
        unknown = [each for each in partitions if each.offset == OFFSET_BEGINNING]
        if unknown:
            consumer.pause(unknown)
        logger.info(
            "partitions_assigned",
            partitions=[f"{each.topic}:{each.partition}" for each in partitions],
        )

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        for each in partitions:
            self._positions.withdraw(each.topic, [each.partition])
        consumer.incremental_unassign(partitions)
        logger.info(
            "partitions_revoked",
            partitions=[f"{each.topic}:{each.partition}" for each in partitions],
        )

    def _place(self) -> None:
        """Move the consumer to the stored position of every partition whose cursor was unknown."""
        self._topics.prove()
        for topic, partition, position in self._positions.reload(self._topics.proven()):
            target = TopicPartition(topic, partition, position)
            try:
                self._consumer.seek(target)
                self._consumer.resume([target])
            except KafkaException as error:
                logger.warning(
                    "seek_failed", log=topic, partition=partition, reason=error.args[0].name()
                )
                self._positions.reset(topic, partition)
            self._fresh.add((topic, partition))

    def _touch(self) -> None:
        """Record what is caught up, as of the ends that the broker told; then ask again."""
        if not self._ends.due():
            return
        self._positions.touch(self._ends.reached())
        self._hints = self._positions.topic_sources()
        known = [
            TopicPartition(topic, partition, position)
            for topic in self._params.topics
            for partition, position in self._positions.cursors(topic).items()
        ]
        self._ends.ask(known)
        if known:
            self._consumer.commit(offsets=known, asynchronous=True)


def _report(error: KafkaError) -> None:
    """Log an error of the client, which recovers by itself.

    Raises:
        KafkaException: it does not recover.
    """
    if error.fatal():
        raise KafkaException(error)
    logger.warning("log_unavailable", source="kafka", reason=error.name())
