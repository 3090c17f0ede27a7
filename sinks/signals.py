"""Stores readings: the history in PostgreSQL, the newest of each signal in Redis for pictures.

Redis may be away; nothing is lost.

Anomalies and the checkpoint of each signal are stored with them. From time to time, by the clock of
the readings themselves, readings are summed up by the hour, and what is past its retention is
deleted.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import redis
import structlog
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from psycopg import Connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.instants import MS, utc
from domain.signals.reading import Anomaly, Checkpoint, Reading
from operators.signals.machine import SignalOutput
from operators.signals.params import HealthParams
from store.signals import anomalies
from store.signals.signals import (
    prune_details,
    prune_readings,
    roll_up,
    save_checkpoints,
    thin_readings,
    write_readings,
)

KEY: Final = "stratum:reading"
_TTL_S: Final = 300
_TIMEOUT_S: Final = 0.25
"""A Redis that does not answer must not hold up readings, for the gate holds without fresh ones."""
_ROLLED_AGAIN: Final = timedelta(hours=3)
"""Hours whose readings are summed up again each time."""

logger = structlog.get_logger(__name__)


class _Partition(StatelessSinkPartition[tuple[str, SignalOutput]]):
    def __init__(self, conn: Connection[Any], client: redis.Redis, params: HealthParams) -> None:
        self._conn = conn
        self._client = client
        self._params = params
        self._pruned_ms = 0

    def write_batch(self, items: list[tuple[str, SignalOutput]]) -> None:
        stored = write_readings(
            self._conn, [told for _, told in items if isinstance(told, Reading)]
        )
        self._project(stored)
        now_ms = max((reading.read_ms for reading in stored), default=0)
        if now_ms:
            self._keep_house(now_ms)
        found = [told for _, told in items if isinstance(told, Anomaly)]
        if found:
            anomalies.write(self._conn, found)
        learned = [told for _, told in items if isinstance(told, Checkpoint)]
        if learned:
            save_checkpoints(self._conn, learned, utc(now_ms) if now_ms else datetime.now(UTC))

    def _keep_house(self, now_ms: int) -> None:
        if now_ms - self._pruned_ms < self._params.prune_interval // MS:
            return
        first, self._pruned_ms = not self._pruned_ms, now_ms
        now = utc(now_ms)
        this_hour = now.replace(minute=0, second=0, microsecond=0)
        hours = roll_up(
            self._conn,
            this_hour - (self._params.keep_readings if first else _ROLLED_AGAIN),
            this_hour,
        )
        readings = prune_readings(self._conn, now - self._params.keep_readings)
        thin = now - self._params.keep_all_readings
        readings += thin_readings(
            self._conn, thin - (self._params.keep_readings if first else _ROLLED_AGAIN), thin
        )
        counters = prune_details(self._conn, now - self._params.keep_details)
        logger.info("signals_pruned", readings=readings, counters=counters, hours=hours)

    def _project(self, stored: list[Reading]) -> None:
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for reading in stored:
                    pipe.set(
                        f"{KEY}:{reading.workspace}:{reading.signal}",
                        msgspec.json.encode(reading),
                        ex=_TTL_S,
                    )
                pipe.execute()
        except redis.RedisError as error:
            logger.warning("projection_skipped", flow="signals", error=type(error).__name__)


class ReadingSink(DynamicSink[tuple[str, SignalOutput]]):
    """Writes keyed readings, and what was learned.

    Guarantee: at least once; a reading that is written twice differs in its id alone.

    Args:
        conn: connection in autocommit mode.
        url: Redis.
        params: how long readings are kept.
    """

    def __init__(self, conn: Connection[Any], url: str, params: HealthParams) -> None:
        self._conn = conn
        self._params = params
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),
        )

    def build(
        self, _step_id: str, _worker_index: int, _worker_count: int
    ) -> StatelessSinkPartition[tuple[str, SignalOutput]]:
        """Called by Bytewax once per worker."""
        return _Partition(self._conn, self._client, self._params)
