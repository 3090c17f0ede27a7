"""Kafka as the event log: assigned partitions become batches, from positions in Postgres.

The group only decides who reads what. Where reading starts is Postgres's word: on assignment the
consumer is placed there, and after a batch was fenced off it is placed there again. Offsets are
committed to Kafka as well, but only for tools that show lag; nothing ever reads them.

A topic that was deleted and made anew counts its offsets from the beginning again, and a position
of the earlier one may lie in its middle. So positions are kept with the id of their topic, and
partitions of another topic of that name begin at 0. The id is asked for on assignment and now and
then; what was read of the new topic before that is read again, and known by its message ids.

One message is one record. Tombstones hold none and are skipped; so are the offsets that transaction
markers and compaction leave empty. A record that is not ours (`domain.intake.envelope`) belongs to
the source that the header ``stratum-source`` names by its id, else to the source that is registered
for the topic. Where headers cannot be read, whom they name is not guessed: such a record belongs to
nobody.

A record arrived when its timestamp says; where that cannot be, when it is read. Nothing is dated
later than its arrival, and a refusal of consent that is dated 1970 counts against no grant.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import methodcaller
from time import monotonic, time_ns
from typing import Any, Final, cast

import structlog
from confluent_kafka import (
    OFFSET_BEGINNING,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
    Uuid,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from domain.event import Batch, Record
from domain.instants import DAY_MS
from domain.intake.envelope import PREFIX
from sources.feed import ReadParams
from sources.log.positions import Positions, StoreUnavailableError
from store.intake.offsets import CaughtUp

logger = structlog.get_logger(__name__)

SOURCE_HEADER: Final = "stratum-source"
NOBODY: Final = 0
"""The id of no source."""
_EARLIEST_MS: Final = 10**12
"""2001.

No record came earlier: such a timestamp is a producer's seconds in place of milliseconds, or its
word for none.
"""
_AHEAD_MS: Final = DAY_MS
"""A day.

So far a producer's clock may be ahead; beyond it are microseconds, and years that no calendar
holds.
"""
_ID_DIGITS: Final = 19
"""Digits of the greatest id of a row; Python refuses to read numbers of some thousands."""
_HEADERS: Final = methodcaller("headers")
"""Asks a message for its headers.

Where a name is no UTF-8 the client hands out a list with a hole and an error beside it: called in
this way Python looks for the error first, while its fast path for methods goes on with the list,
and the process dies.
"""

_NO_ORIGIN: Final = str(Uuid(0, 0))
"""The id of a topic at brokers that give none."""
_ASKED_AGAIN: Final = frozenset(
    {
        KafkaError._TIMED_OUT,  # noqa: SLF001 - the client's public constants
        KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)
"""Why a broker does not tell a topic's id that it may tell later.

Until then its partitions are not read.
"""

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


@dataclass(frozen=True)
class KafkaLogParams:
    """The Kafka log as it is read.

    Attributes:
        bootstrap_servers: ``host:port,…``.
        topics: topics to read; each is a log of its own.
        group: consumer group of the profiles workers.
        options: further options of librdkafka (security, timeouts).
        batch_records: most records of one read.
        read: see `ReadParams`.
        watermark_limit: longest wait for the first offset of a partition, and for the ids of
            topics.
        watch_interval: how often it is asked whether the topics are still those that positions are
            of.
    """

    bootstrap_servers: str
    topics: tuple[str, ...]
    group: str
    options: Mapping[str, str] = field(default_factory=dict)
    batch_records: int = 4_000
    read: ReadParams = field(default_factory=ReadParams)
    watermark_limit: timedelta = timedelta(seconds=2)
    watch_interval: timedelta = timedelta(seconds=1)


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
        self._unproven: set[str] = set()
        self._known: dict[str, str] = {}
        self._silent: dict[str, str] = {}
        self._described: Mapping[str, Future[Any]] = {}
        self._prove_at = self._watch_at = 0.0
        self._resumes_at: datetime | None = None
        self._touch_at = 0.0
        self._asked_ms = 0
        self._ends: dict[TopicPartition, Future[Any]] = {}
        self._opened = ExitStack()
        self._admin = self._opened.enter_context(AdminClient(common))
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
            self._watch()
            self._place()
            self._touch()
        except StoreUnavailableError as error:
            logger.warning("store_unavailable", source="kafka", reason=str(error))
            self._resumes_at = datetime.now(UTC) + self._params.read.retry_pause
            return ()
        messages = self._consumer.consume(1, self._params.read.idle_wait.total_seconds())
        if messages:
            messages += self._consumer.consume(self._params.batch_records - 1, 0)
        return self._batches(messages)

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()
        self._opened.close()

    def _batches(self, messages: Iterable[Message]) -> list[Batch]:
        groups: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            topic, partition, error = message.topic(), message.partition(), message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's public constant
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

        The position follows the log even backwards: a log that was cut or made anew starts again at
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
            _record(message, hint, now_ms) for message in messages if message.value() is not None
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
            self._unproven.add(each.topic)
        self._prove_at = 0.0
        try:
            self._prove()
            self._positions.reload(
                {
                    (each.topic, each.partition)
                    for each in partitions
                    if each.topic not in self._unproven
                }
            )
            self._hints = self._positions.topic_sources()
        except StoreUnavailableError as error:
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

    def _watch(self) -> None:
        """Drop the positions of topics that were deleted and created again; then ask again."""
        if monotonic() < self._watch_at or not all(
            future.done() for future in self._described.values()
        ):
            return
        told = self._origins(self._described)
        self._unproven.update(
            topic for topic, origin in told.items() if origin and origin != self._known.get(topic)
        )
        self._described = self._describe(
            [topic for topic in self._params.topics if self._positions.assigned(topic)]
        )
        self._watch_at = monotonic() + self._params.watch_interval.total_seconds()

    def _prove(self) -> None:
        """Make sure that positions are of the topics that there are now.

        Until then those of new partitions stay unknown.

        All partitions of a topic at once, so that what is known of it holds for all.

        Raises:
            StoreUnavailableError: to be tried again.
        """
        if not self._unproven or monotonic() < self._prove_at:
            return
        for topic, origin in self._origins(self._describe(sorted(self._unproven))).items():
            partitions = sorted(self._positions.assigned(topic))
            for partition in (
                self._positions.begin_anew(topic, partitions, origin) if origin else ()
            ):
                self._positions.reset(topic, partition)
                logger.error("log_made_anew", log=topic, partition=partition)
            self._known[topic] = origin
            self._unproven.discard(topic)
        self._prove_at = monotonic() + self._params.read.retry_pause.total_seconds()

    def _describe(self, topics: list[str]) -> Mapping[str, Future[Any]]:
        limit_s = self._params.watermark_limit.total_seconds()
        return (
            self._admin.describe_topics(TopicCollection(topics), request_timeout=limit_s)
            if topics
            else {}
        )

    def _origins(self, described: Mapping[str, Future[Any]]) -> dict[str, str]:
        """The ids of topics, empty where there is none or it may not be asked for.

        Without those that have to be asked for again.
        """
        found: dict[str, str] = {}
        for topic, future in described.items():
            try:
                origin = str(future.result().topic_id)
            except KafkaException as error:
                reason = error.args[0].name()
                if self._silent.get(topic) != reason:  # said once
                    logger.warning("topic_not_described", log=topic, reason=reason)
                self._silent[topic] = reason
                if error.args[0].code() not in _ASKED_AGAIN:
                    found[topic] = ""
            else:
                self._silent.pop(topic, None)
                found[topic] = "" if origin == _NO_ORIGIN else origin
        return found

    def _proven(self) -> set[tuple[str, int]]:
        """Return the partitions whose positions are known to belong to the present topic."""
        proven = (topic for topic in self._params.topics if topic not in self._unproven)
        return {
            (topic, partition) for topic in proven for partition in self._positions.assigned(topic)
        }

    def _place(self) -> None:
        """Move the consumer to the stored position of every partition whose cursor was unknown."""
        self._prove()
        for topic, partition, position in self._positions.reload(self._proven()):
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
        if monotonic() < self._touch_at or not all(future.done() for future in self._ends.values()):
            return
        reached = []
        for each, future in self._ends.items():
            cursor = self._positions.cursors(each.topic).get(each.partition)
            if (
                cursor is not None
                and future.exception() is None
                and cursor >= (end := future.result().offset)
            ):
                reached.append(
                    CaughtUp(
                        each.topic,
                        each.partition,
                        end,
                        self._asked_ms - self._params.read.in_flight_ms,
                    )
                )
        self._positions.touch(reached)
        self._hints = self._positions.topic_sources()
        known = [
            TopicPartition(topic, p, at)
            for topic in self._params.topics
            for p, at in self._positions.cursors(topic).items()
        ]
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        self._asked_ms = time_ns() // 1_000_000
        self._ends = (
            self._admin.list_offsets(
                {TopicPartition(each.topic, each.partition): latest for each in known}
            )
            if known
            else {}
        )
        if known:
            self._consumer.commit(offsets=known, asynchronous=True)
        self._touch_at = monotonic() + self._params.read.touch_interval.total_seconds()


def _record(message: Message, topic_hint: int, now_ms: int) -> Record:
    value = message.value() or b""
    kind, at_ms = message.timestamp()
    named = NOBODY if value.startswith(PREFIX) else _header_source(message)
    hint = topic_hint if named is None else named
    told = kind != TIMESTAMP_NOT_AVAILABLE and _EARLIEST_MS <= at_ms <= now_ms + _AHEAD_MS
    return Record(int(message.offset() or 0), 0, value, hint, at_ms if told else now_ms)


def _header_source(message: Message) -> int | None:
    """The source that a header names, `NOBODY` where there is none of such an id.

    None where no header speaks of one.
    """
    try:
        headers = cast("list[tuple[str, bytes | None]]", _HEADERS(message) or [])
    except (
        SystemError,
        UnicodeDecodeError,
    ):  # a name that is no UTF-8; the others cannot be read then
        return NOBODY
    for name, value in headers:
        if name == SOURCE_HEADER and value is not None and value.isdigit():
            return int(value) if len(value) <= _ID_DIGITS else NOBODY
    return None


def _report(error: KafkaError) -> None:
    """Log an error of the client, which recovers by itself.

    Raises:
        KafkaException: it does not recover.
    """
    if error.fatal():
        raise KafkaException(error)
    logger.warning("log_unavailable", source="kafka", reason=error.name())
