"""Stores readings: the history in PostgreSQL, the newest of each signal in Redis for pictures. Redis may be away; nothing is lost."""

from typing import Any, Final

import msgspec
import redis
import structlog
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from psycopg import Connection

from domain.reading import Reading
from store.signals import write_readings

KEY: Final = "stratum:reading"
_TTL_S: Final = 300

logger = structlog.get_logger(__name__)


class _Partition(StatelessSinkPartition[tuple[str, Reading]]):
    def __init__(self, conn: Connection[Any], client: redis.Redis) -> None:
        self._conn = conn
        self._client = client

    def write_batch(self, items: list[tuple[str, Reading]]) -> None:
        stored = write_readings(self._conn, [reading for _, reading in items])
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for reading in stored:
                    pipe.set(f"{KEY}:{reading.workspace}:{reading.signal}", msgspec.json.encode(reading), ex=_TTL_S)
                pipe.execute()
        except redis.RedisError as error:
            logger.warning("projection_skipped", flow="signals", error=type(error).__name__)


class ReadingSink(DynamicSink[tuple[str, Reading]]):
    """Writes keyed readings; at least once, a reading that is written twice differs in its id alone.

    Args:
        conn: connection in autocommit mode.
        url: Redis.
    """

    def __init__(self, conn: Connection[Any], url: str) -> None:
        self._conn = conn
        self._client = redis.Redis.from_url(url)

    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[tuple[str, Reading]]:  # noqa: ARG002 - Bytewax calls it so
        """Called by Bytewax once per worker."""
        return _Partition(self._conn, self._client)
