"""Opens the reader of the configured event log's lag."""

from config.settings import Settings
from sources.log.lag import KafkaLag, LagReader, ValkeyLag
from sources.log.positions import Connect


def lag_reader(settings: Settings, connect: Connect) -> LagReader:
    """The reader of the configured log's lag.

    Args:
        settings: name the log and its servers.
        connect: opens a connection to Postgres, where processed positions are stored.
    """
    log, kafka = settings.log, settings.log.kafka
    if log.kind == "kafka":
        return KafkaLag(kafka.bootstrap_servers, kafka.topics, kafka.options, connect)
    return ValkeyLag(settings.redis.url.get_secret_value(), log.name, log.partitions, connect)
