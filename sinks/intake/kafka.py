"""The Kafka log's writing end.

One message per record, keyed so that a person's events share a partition.

Guarantee: `append` returns once the broker has acknowledged every message with ``acks=all``; the
producer is idempotent, so its own repeats store nothing twice. At least once towards clients: an
append that ran into its timeout may be in the log; UNIFY compares message ids.

Delivery reports arrive on a thread of this file, which hands the event loop one call per append.
"""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from domain.instants import MS
from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import Entry, LogFullError, LogUnavailableError

logger = structlog.get_logger(__name__)

_POLL_S: Final = 0.1
"""How often the report thread looks whether it should end; reports themselves wake it."""
_DEFAULTS: Final[Mapping[str, str]] = {
    "compression.type": "lz4",
    "linger.ms": "2",
    "client.id": "stratum-collector",
}
_REQUIRED: Final[Mapping[str, str]] = {
    "enable.idempotence": "true",
    "acks": "all",
    "partitioner": "murmur2_random",
}
"""What no option may change.

Durability, and the Java client's partitioner, so that other producers put a person's events beside
ours.
"""


@dataclass(frozen=True)
class KafkaAppendParams:
    """The Kafka log as it is written.

    Attributes:
        timeout: until a message that no broker acknowledges fails.
        waiting_limit_messages: messages under way; above it appends are refused.
        waiting_limit_bytes: the same in bytes.
        metadata_timeout: longest wait for a sign of life.
        retry_after_s: when to come again after brokers did not acknowledge.
        full_retry_after_s: when to come again while too much is under way.
    """

    timeout: timedelta = timedelta(seconds=10)
    waiting_limit_messages: int = 200_000
    waiting_limit_bytes: int = 128 * 1024 * 1024
    metadata_timeout: timedelta = timedelta(seconds=1)
    retry_after_s: float = 2.0
    full_retry_after_s: float = 1.0


_DISK: Final = frozenset({KafkaError.KAFKA_STORAGE_ERROR})
_REFUSED: Final = frozenset(
    getattr(KafkaError, name)
    for name in (
        "MSG_SIZE_TOO_LARGE",
        "INVALID_MSG",
        "POLICY_VIOLATION",
        "RECORD_LIST_TOO_LARGE",
        "TOPIC_AUTHORIZATION_FAILED",
        "CLUSTER_AUTHORIZATION_FAILED",
        "UNKNOWN_TOPIC_OR_PART",
        "_UNKNOWN_TOPIC",  # librdkafka's own codes begin with an underscore
        "_AUTHENTICATION",
    )
)
"""Codes with which a broker answers and says no.

All others mean that it does not answer as it should.
"""


def _unavailable(error: KafkaError, retry_after_s: float) -> LogUnavailableError:
    code = error.code()
    reason = (
        LogRefusal.DISK
        if code in _DISK
        else LogRefusal.REFUSED
        if code in _REFUSED
        else LogRefusal.AWAY
    )
    return LogUnavailableError(reason, retry_after_s, error.name())


class _Reports:
    """Counts the delivery reports of one append.

    Called by librdkafka's thread alone once everything is handed over.
    """

    __slots__ = ("_done", "_failure", "_loop", "_open", "_retry_after_s")

    def __init__(self, count: int, done: asyncio.Future[None], retry_after_s: float) -> None:
        self._open = count
        self._done = done
        self._loop = done.get_loop()
        self._failure: LogUnavailableError | None = None
        self._retry_after_s = retry_after_s

    def __call__(self, error: KafkaError | None, _message: Message) -> None:
        self._open -= 1
        if error is not None:
            self._failure = _unavailable(error, self._retry_after_s)
        if self._open == 0:
            self._loop.call_soon_threadsafe(self._acknowledge)

    def _acknowledge(self) -> None:
        if self._done.done():
            return
        if self._failure is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(self._failure)


class KafkaAppender:
    """A `sinks.intake.log.EventLog` on one Kafka topic.

    Args:
        bootstrap_servers: ``host:port,…``.
        topic: the topic; must exist.
        options: further options of librdkafka (security, tuning).
        params: sizes and times.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        topic: str,
        options: Mapping[str, str],
        params: KafkaAppendParams,
    ) -> None:
        self._topic = topic
        self._params = params
        self._configuration: dict[str, str | int | float | bool] = {
            **_DEFAULTS,
            "message.timeout.ms": params.timeout // MS,
            "queue.buffering.max.messages": params.waiting_limit_messages,
            "queue.buffering.max.kbytes": params.waiting_limit_bytes // 1024,
            **options,
            **_REQUIRED,
            "bootstrap.servers": bootstrap_servers,
        }
        self._closing = threading.Event()
        self._broken = threading.Event()
        self._producer = self._make()
        self._reporter = threading.Thread(
            target=self._report, name="kafka-log-reports", daemon=True
        )
        self._reporter.start()

    def _make(self) -> Producer:
        return Producer({**self._configuration, "error_cb": self._on_error})

    async def append(self, entries: Sequence[Entry]) -> None:
        """See `sinks.intake.log.EventLog.append`."""
        if not entries:
            return
        if self._closing.is_set():
            raise LogUnavailableError(LogRefusal.CLOSING, self._params.retry_after_s)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        reports = _Reports(len(entries), done, self._params.retry_after_s)
        produce, topic = self._producer.produce, self._topic
        try:
            for key, value in entries:
                produce(topic, value, key or None, on_delivery=reports)
        except BufferError:
            raise LogFullError(LogRefusal.BUSY, self._params.full_retry_after_s) from None
        except KafkaException as error:
            raise _unavailable(error.args[0], self._params.retry_after_s) from None
        except RuntimeError:  # closed meanwhile, because it was broken
            raise self._replaced() from None
        await done

    async def refusal(self) -> LogUnavailableError | None:
        """See `sinks.intake.log.EventLog.refusal`."""
        try:
            found = await asyncio.to_thread(
                self._producer.list_topics,
                self._topic,
                self._params.metadata_timeout.total_seconds(),
            )
        except KafkaException as error:
            return _unavailable(error.args[0], self._params.retry_after_s)
        except RuntimeError:  # closed meanwhile, because it was broken
            return self._replaced()
        missing = found.topics[self._topic].error
        return None if missing is None else _unavailable(missing, self._params.retry_after_s)

    def _replaced(self) -> LogUnavailableError:
        return LogUnavailableError(
            LogRefusal.AWAY, self._params.retry_after_s, "the producer is being replaced"
        )

    async def close(self) -> None:
        """See `sinks.intake.log.EventLog.close`."""
        await asyncio.to_thread(self._producer.flush, self._params.timeout.total_seconds())
        self._closing.set()
        await asyncio.to_thread(self._reporter.join)
        await asyncio.to_thread(self._producer.close)

    def _report(self) -> None:
        while not self._closing.is_set():
            self._producer.poll(_POLL_S)
            if self._broken.is_set():
                self._replace()

    def _on_error(self, error: KafkaError) -> None:
        logger.warning("log_unavailable", log="kafka", reason=error.name(), fatal=error.fatal())
        if error.fatal():
            self._broken.set()

    def _replace(self) -> None:
        """Restart after an error from which an idempotent producer cannot recover.

        What was under way fails, and clients repeat it.
        """
        broken, self._producer = self._producer, self._make()
        self._broken.clear()
        broken.purge()
        broken.close()
