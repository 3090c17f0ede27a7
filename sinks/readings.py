"""Stores readings: the history in PostgreSQL, the newest of each signal in Redis for pictures. Redis may be away; nothing is lost.

Readings that are older than they are kept go now and then, by the clock of the readings themselves.
"""

from datetime import timedelta
from typing import Any, Final

import msgspec
import redis
import structlog
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from psycopg import Connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.reading import Reading
from operators.health_params import HealthParams
from store.signals import prune_readings, utc, write_readings

KEY: Final = "stratum:reading"
_TTL_S: Final = 300
_TIMEOUT_S: Final = 0.25
"""A Redis that does not answer must not hold up readings, for the gate holds without fresh ones."""
_MS: Final = timedelta(milliseconds=1)

logger = structlog.get_logger(__name__)


class _Partition(StatelessSinkPartition[tuple[str, Reading]]):
    def __init__(self, conn: Connection[Any], client: redis.Redis, params: HealthParams) -> None:
        self._conn = conn
        self._client = client
        self._params = params
        self._pruned_ms = 0

    def write_batch(self, items: list[tuple[str, Reading]]) -> None:
        stored = write_readings(self._conn, [reading for _, reading in items])
        self._project(stored)
        self._prune(max((reading.read_ms for reading in stored), default=0))

    def _prune(self, now_ms: int) -> None:
        if now_ms - self._pruned_ms < self._params.prune_interval // _MS:
            return
        self._pruned_ms = now_ms
        pruned = prune_readings(self._conn, utc(now_ms) - self._params.keep_readings)
        logger.info("readings_pruned", count=pruned)

    def _project(self, stored: list[Reading]) -> None:
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
        params: how long readings are kept.
    """

    def __init__(self, conn: Connection[Any], url: str, params: HealthParams) -> None:
        self._conn = conn
        self._params = params
        self._client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 1))

    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[tuple[str, Reading]]:  # noqa: ARG002 - Bytewax calls it so
        """Called by Bytewax once per worker."""
        return _Partition(self._conn, self._client, self._params)
