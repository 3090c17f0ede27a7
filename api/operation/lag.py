"""Reads the lag of the event log beside the event loop."""

import asyncio

from confluent_kafka import KafkaException
from redis.exceptions import RedisError

from api.web.errors import STORE_RETRY_AFTER_S
from api.web.shared import SharedReading
from domain.intake.log_refusal import LogRefusal
from sinks.intake.log import LogUnavailableError
from sources.log.lag import LagReader, PartitionLag


class LagGauge:
    """Reads the lag in a thread, one reading at a time: the reader keeps its connections.

    Whoever asks at once shares a reading.

    Args:
        reader: blocking reader.
    """

    def __init__(self, reader: LagReader) -> None:
        self._reader = reader
        self._readings: SharedReading[None, list[PartitionLag]] = SharedReading()

    async def read(self) -> list[PartitionLag]:
        """One entry per partition, in order.

        Raises:
            LogUnavailableError: the log does not answer.
            StoreUnavailable: Postgres does not answer.
        """
        return await self._readings.read(None, self._read)

    async def _read(self) -> list[PartitionLag]:
        try:
            return await asyncio.to_thread(self._reader.read)
        except (RedisError, KafkaException) as error:
            raise LogUnavailableError(
                LogRefusal.AWAY, STORE_RETRY_AFTER_S, type(error).__name__
            ) from error

    def close(self) -> None:
        """Close the reader's connections."""
        self._reader.close()
