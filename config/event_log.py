"""Opens the writing end of the configured event log."""

from collections.abc import Mapping
from datetime import timedelta

import psycopg

from config.settings import Settings
from sinks.intake.kafka import KafkaAppender
from sinks.intake.log import EventLog
from sinks.intake.valkey import ValkeyAppender
from sinks.intake.valkey_room import PositionsUnknownError, Processed, Room
from sinks.intake.valkey_server import Disk
from store.intake.offsets import durable_positions_async
from store.limited import LimitedAsyncConnection


def open_log(settings: Settings) -> EventLog:
    """Open the log; call it inside a running event loop.

    Kafka: the first of ``log.kafka.topics`` is written. Valkey: where the server's files lie below
    ``data_dir`` (the embedded stack), appends are refused before that disk is full. What the
    profiles workers have processed makes room: nobody else reads the log, and their positions are
    in Postgres.
    """
    log = settings.log
    if log.kind == "kafka":
        return KafkaAppender(
            log.kafka.bootstrap_servers, log.kafka.topics[0], log.kafka.options, log.kafka.append
        )
    embedded = settings.data_dir / "valkey"
    room = Room(
        _processed(settings),
        timedelta(seconds=log.retention_s),
        Disk(settings.data_dir if embedded.is_dir() else None, settings.embedded.min_free_bytes),
    )
    return ValkeyAppender(
        settings.redis.url.get_secret_value(), log.name, log.partitions, log.append, room
    )


def _processed(settings: Settings) -> Processed | None:
    """Read durable positions on a connection per call: rarely, and when no pool may delay it."""
    dsn, log = settings.postgres.dsn.get_secret_value(), settings.log
    if not dsn:
        return None

    async def processed() -> Mapping[int, int]:
        try:
            async with await LimitedAsyncConnection.connect(
                dsn,
                autocommit=True,
                application_name="stratum-log",
                **settings.edge.waits.arguments,
            ) as conn:
                return await durable_positions_async(conn, log.name, range(log.partitions))
        except psycopg.Error as error:
            # Also a schema that is not there yet: whatever it is, nothing is known.
            raise PositionsUnknownError(type(error).__name__) from error

    return processed
