"""Opens the writing end of the configured event log."""

from config.settings import Settings
from sinks.kafka_log import KafkaAppender
from sinks.log import EventLog
from sinks.valkey_log import ValkeyAppender


def open_log(settings: Settings) -> EventLog:
    """Open the log; call it inside a running event loop.

    Kafka: the first of ``log.kafka.topics`` is written. Valkey: where the server's files lie below ``data_dir`` (the embedded stack),
    appends are refused before that disk is full.
    """
    log = settings.log
    if log.kind == "kafka":
        return KafkaAppender(log.kafka.bootstrap_servers, log.kafka.topics[0], log.kafka.options, log.kafka.append)
    embedded = settings.data_dir / "valkey"
    return ValkeyAppender(
        settings.redis.url.get_secret_value(),
        log.name,
        log.partitions,
        log.append,
        settings.data_dir if embedded.is_dir() else None,
        settings.embedded.min_free_bytes,
    )
