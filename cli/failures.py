"""Which exceptions are expected ends of a command, and the sentence that each is reported in."""

import confluent_kafka
import psycopg
import redis

from config.load import ConfigError
from local.servers.process import StartError
from sinks.intake.log import LogUnavailableError
from store.errors import StoreUnavailable
from store.migrate import SchemaError


def sentence(error: Exception) -> str | None:
    """What to tell the operator.

    None for an error that nobody expected, which deserves its traceback.
    """
    match error:
        case ConfigError() | StartError() | SchemaError() | LogUnavailableError():
            return str(error)
        case StoreUnavailable():
            return f"Postgres does not answer: {_first_line(error.__cause__ or error)}"
        case psycopg.OperationalError():
            return f"Postgres does not answer: {_first_line(error)}"
        case psycopg.errors.UndefinedTable():
            return "the database has no schema yet: run `stratum migrate`"
        case redis.ConnectionError() | redis.TimeoutError():
            return f"Valkey does not answer: {_first_line(error)}"
        case confluent_kafka.KafkaException():
            return f"Kafka does not answer: {_first_line(error)}"
        case ConnectionError():
            return f"the connection was refused or broken: {_first_line(error)}"
        case _:
            return None


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
