"""The "signals" dataflow: minute counters of every signal become readings of its health.

    minutes ──▶ signal ──▶ health ──▶ readings

Hundreds of keys, so what is remembered of each signal is the engine's keyed state; it is stored in
PostgreSQL every five minutes (`signals.save_interval`), and after a restart the counters since then
are read again. Step ids are public.
"""

from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag

import bytewax.operators as op
import psycopg
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import Sink

from config.settings import Settings
from dataflows.observing import observe_reading, shown
from dataflows.runtime import run_until_signal, while_store_is_away
from dataflows.survey import surveyed
from domain.signals.reading import Minutes, Reading
from operators.signals.machine import HealthMachine, SignalOutput
from operators.signals.params import HealthParams
from operators.wiring import run_machines
from sinks.signals import ReadingSink
from sources.feed import Intake
from sources.signals import MinutesFeed

logger = structlog.get_logger(__name__)


def build(
    minutes: Source[Minutes], params: HealthParams, readings: Sink[tuple[str, SignalOutput]]
) -> Dataflow:
    """Wire the dataflow.

    Args:
        minutes: what is new about each signal, and ticks.
        params: how health is computed.
        readings: learns every reading and anomaly by signal, and what is to be stored of it.
    """
    flow = Dataflow("signals")
    news = op.input("minutes", flow, minutes)
    by_signal = op.key_on("signal", news, lambda minute: f"{minute.workspace}:{minute.signal}")
    health = run_machines(
        "health",
        by_signal,
        lambda state: HealthMachine(params, state),
        lambda minute: minute.now_ms,
    )
    op.output(
        "readings", op.inspect("observe", health, lambda _step, item: _observe(item[1])), readings
    )
    return flow


def _observe(output: SignalOutput) -> None:
    if isinstance(output, Reading):
        observe_reading(output)


def run(settings: Settings) -> None:
    """Run the signals flow in this process's main thread until SIGTERM or SIGINT.

    While Postgres is away it waits and says so.

    Raises:
        BytewaxRuntimeError: a step raised for another reason.
    """
    stop = Flag()
    with shown(settings.metrics), surveyed(settings):
        while_store_is_away("signals", stop, partial(_run_once, settings, stop))


def _run_once(settings: Settings, stop: Flag) -> None:
    connect = partial(
        psycopg.connect,
        settings.postgres.dsn.get_secret_value(),
        autocommit=True,
        application_name="stratum-signals",
    )
    with ExitStack() as open_things:
        reading, writing = (open_things.enter_context(connect()) for _ in range(2))
        feed = MinutesFeed(reading, settings.signals, lambda: datetime.now(UTC))
        sink = ReadingSink(writing, settings.redis.url.get_secret_value(), settings.signals)
        logger.info("signals_started")
        run_until_signal(build(Intake(feed, stop), settings.signals, sink), stop)
