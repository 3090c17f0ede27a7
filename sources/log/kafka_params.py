"""How the Kafka log is read: servers, topics, group, sizes and waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sources.feed import ReadParams


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
