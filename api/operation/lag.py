"""Reads the lag of the event log beside the event loop."""

import asyncio
from functools import partial

from config.settings import Settings
from sources.log.lag import KafkaLag, LagReader, PartitionLag, ValkeyLag
from store.fetch import connect_blocking


class LagGauge:
    """Reads the lag in a thread, one reading at a time: the reader keeps its connections.

    Args:
        reader: blocking reader.
    """

    def __init__(self, reader: LagReader) -> None:
        self._reader = reader
        self._turn = asyncio.Lock()

    async def read(self) -> list[PartitionLag]:
        """One entry per partition, in order."""
        async with self._turn:
            return await asyncio.to_thread(self._reader.read)

    def close(self) -> None:
        """Close the reader's connections."""
        self._reader.close()


def lag_reader(settings: Settings) -> LagReader:
    """The reader of the configured event log."""
    connect = partial(connect_blocking, settings.postgres.dsn.get_secret_value())
    log, kafka = settings.log, settings.log.kafka
    if log.kind == "kafka":
        return KafkaLag(kafka.bootstrap_servers, kafka.topics, kafka.options, connect)
    return ValkeyLag(settings.redis.url.get_secret_value(), log.name, log.partitions, connect)
