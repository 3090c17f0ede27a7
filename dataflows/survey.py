"""Surveys the whole in a thread beside the signals flow: lag per partition, people.

A worker cannot tell the lag of partitions that nobody reads, nor after its own death; whoever
stands beside can. What cannot be read is taken out of the metrics: an old figure would look like a
healthy one.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Event as Flag
from threading import Thread
from typing import Final

import confluent_kafka
import psycopg
import redis
import structlog

from config.lag import lag_reader
from config.observing import MetricsParams
from config.settings import Settings
from dataflows import metrics
from dataflows.runtime import connector
from sources.log.lag import LagReader
from sources.log.positions import Session
from store.errors import StoreUnavailable
from store.profiles.survey import people

logger = structlog.get_logger(__name__)

_JOIN_LIMIT_S: Final = 1.0
"""A survey that waits for a server must not hold up the end of the process."""


@contextmanager
def surveyed(settings: Settings) -> Iterator[None]:
    """Survey once per interval while the context lasts, if metrics are exposed at all."""
    if not settings.metrics.port:
        yield
        return
    stop = Flag()
    thread = Thread(target=_survey_until, args=(settings, stop), name="survey", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN_LIMIT_S)


def _survey_until(settings: Settings, stop: Flag) -> None:
    params = settings.metrics
    try:
        connect = connector(settings)
        with closing(lag_reader(settings, connect)) as lag, closing(Session(connect)) as session:
            while not stop.wait(params.survey_interval.total_seconds()):
                survey(lag, session, params)
    finally:
        _forget()


def survey(lag: LagReader, session: Session, params: MetricsParams) -> None:
    """Read everything once and set the gauges."""
    try:
        partitions = lag.read()
        counted = session.run(partial(people, cap=params.people_exact_limit))
    except (
        StoreUnavailable,
        psycopg.Error,
        redis.RedisError,
        confluent_kafka.KafkaException,
    ) as error:
        _forget()
        metrics.SURVEYS.labels("failed").inc()
        logger.warning("survey_failed", reason=type(error).__name__)
        return
    for each in partitions:
        labels = each.log, str(each.partition)
        metrics.LAG_RECORDS.labels(*labels).set(each.records_behind)
        metrics.LAG_SECONDS.labels(*labels).set(each.seconds_behind)
    for workspace, number in counted.items():
        metrics.PEOPLE.labels(str(workspace)).set(number)
    metrics.SURVEYS.labels("done").inc()


def _forget() -> None:
    for gauge in (metrics.LAG_RECORDS, metrics.LAG_SECONDS, metrics.PEOPLE):
        gauge.clear()
