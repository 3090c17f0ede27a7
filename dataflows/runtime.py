"""Runs the profiles worker in this process, until a signal or a crash.

One process is one Bytewax execution with one worker; any number of processes share the partitions
(`sources.log.leases`, or Kafka's group). SIGTERM and SIGINT end it in order: the batch under way is
committed, leases and group membership are given back. If that takes longer than the grace, because
Postgres is away and UNIFY waits for it, the wait is broken off; a transaction is whole or not at
all, so nothing is lost.
"""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from threading import Event as Flag
from types import FrameType
from typing import Final, Protocol

import psycopg
import structlog
from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.run import cli_main

from config.settings import Settings
from dataflows.observing import UnifyCounts, shown
from dataflows.profiles import build_profiles
from dataflows.unify.unifier import build_unifier
from domain.changes import Facts
from domain.event import Batch, Wake
from sinks.profiles.invalidation import ProfileCacheInvalidation
from sources.feed import Intake, LogSource
from sources.log.kafka import KafkaLog
from sources.log.kafka_params import KafkaLogParams
from sources.log.leases import Leases, worker_name
from sources.log.positions import Connect, Positions
from sources.log.valkey import ValkeyLog, ValkeyLogParams
from sources.profiles import DueParams, DuePeopleFeed
from sources.segments import Effort, SweepFeed
from store.errors import is_away

logger = structlog.get_logger(__name__)

STOP_GRACE: Final = timedelta(seconds=1.5)
"""How long after a signal the step under way may take."""
_CONNECT_TIMEOUT_S: Final = 5
_STORE_PAUSE: Final = timedelta(seconds=1)
"""Pause before Postgres is tried again after it went away."""
_GARBAGE_THRESHOLDS: Final = (100_000, 50, 1_000)
"""A batch makes tens of thousands of objects and next to no cycles.

Python's defaults would look through all of them time and again.
"""


class StoppedError(BaseException):
    """A signal came and the step under way did not end within the grace.

    Not an `Exception`, so that no retry loop swallows it.
    """


def connector(settings: Settings) -> Connect:
    """A function that opens an autocommit connection to Postgres."""
    dsn = settings.postgres.dsn.get_secret_value()
    return partial(
        psycopg.connect,
        dsn,
        autocommit=True,
        application_name="stratum-sources",
        connect_timeout=_CONNECT_TIMEOUT_S,
    )


def build_log(settings: Settings, positions: Positions, worker: str) -> LogSource:
    """The reading end of the configured log."""
    log, engine = settings.log, settings.engine
    if log.kind == "kafka":
        options = log.kafka.options
        kafka = KafkaLogParams(
            log.kafka.bootstrap_servers,
            log.kafka.topics,
            log.kafka.group,
            options,
            engine.batch_records,
            log.read,
        )
        return KafkaLog(kafka, positions, worker)
    url = settings.redis.url.get_secret_value()
    retention = timedelta(seconds=log.retention_s)
    valkey = ValkeyLogParams(
        log.name, log.partitions, engine.batch_records, retention, log.read, log.trim
    )
    return ValkeyLog(
        url, valkey, Leases(url, log.name, log.partitions, worker, log.leases), positions
    )


def log_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the configured log's positions: the stream, or the topics."""
    return settings.log.kafka.topics if settings.log.kind == "kafka" else (settings.log.name,)


def build_due(settings: Settings) -> DuePeopleFeed:
    """The clock as a source."""
    engine = settings.engine
    interval = timedelta(seconds=engine.wake_interval_s)
    limit = timedelta(seconds=engine.wake_wait_limit_s)
    return DuePeopleFeed(
        connector(settings), DueParams(log_names(settings), interval, engine.wake_batch, limit)
    )


def build_sweeps(settings: Settings, unify: "ClosingUnify") -> SweepFeed:
    """Definitions as a source."""
    return SweepFeed(
        connector(settings),
        settings.sweeps,
        unify.busy,
        lambda: Effort(unify.swept, unify.sweep_seconds),
    )


class ClosingUnify(Protocol):
    """UNIFY with a connection of its own."""

    @property
    def swept(self) -> int:
        """People written because definitions changed."""
        ...

    @property
    def sweep_seconds(self) -> float:
        """What that took."""
        ...

    def __call__(self, work: Batch | Wake) -> list[Facts]:
        """Commit one batch or wake."""
        ...

    def busy(self) -> bool:
        """Whether events came lately."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


def unify_on_postgres(settings: Settings, positions: Positions) -> ClosingUnify:
    """UNIFY as configured."""
    dsn = settings.postgres.dsn.get_secret_value()
    return build_unifier(
        dsn, settings.identity, settings.profile, settings.engine, positions.reset, UnifyCounts()
    )


def run_profiles(
    settings: Settings,
    worker: str = "",
    build: Callable[[Settings, Positions], ClosingUnify] = unify_on_postgres,
) -> None:
    """Run one profiles worker in this process's main thread until SIGTERM or SIGINT.

    Args:
        settings: the configuration.
        worker: a name that no other live worker has; a worker that restarts under its old name has
            its partitions back at once.
        build: makes what commits batches and wakes; tells the positions when a batch was fenced
            off.

    Raises:
        BytewaxRuntimeError: a step or a source raised; nothing of the batch under way is stored.
    """
    worker = worker or worker_name()
    stop = Flag()
    with (
        shown(settings.metrics),
        closing(Positions(connector(settings))) as positions,
        closing(build(settings, positions)) as unify,
        closing(build_due(settings)) as due,
        closing(build_sweeps(settings, unify)) as sweeps,
        closing(build_log(settings, positions, worker)) as log,
    ):
        projection = ProfileCacheInvalidation(settings.redis.url.get_secret_value())
        clock, definitions = (Intake(feed, stop, rest=timedelta()) for feed in (due, sweeps))
        flow = build_profiles(Intake(log, stop), clock, definitions, unify, projection)
        gc.freeze()
        gc.set_threshold(*_GARBAGE_THRESHOLDS)
        logger.info("worker_started", worker=worker, log=settings.log.kind)
        run_until_signal(flow, stop)
    logger.info("worker_stopped", worker=worker)


def run_until_signal(flow: Dataflow, stop: Flag) -> None:
    """Run an execution whose sources end once `stop` is set, and set it at SIGTERM or SIGINT.

    Raises:
        BytewaxRuntimeError: a step or a source raised; its causes lead to the exception.
    """
    broken_off = Flag()
    with stop_at_signals(stop, broken_off):
        try:
            cli_main(flow)  # type: ignore[no-untyped-call]
        except BytewaxRuntimeError:
            if not broken_off.is_set():
                raise
            logger.warning("worker_broken_off", grace_s=STOP_GRACE.total_seconds())


def while_store_is_away(name: str, stop: Flag, run_once: Callable[[], None]) -> None:
    """Repeat an execution until `stop` is set.

    It ends when Postgres is away or read-only, which this waits for and logs.

    Raises:
        BytewaxRuntimeError: it ended for another reason.
    """
    while not stop.is_set():
        try:
            run_once()
        except (BytewaxRuntimeError, psycopg.Error) as error:
            fault = _fault_of_the_store(error)
            if fault is None:
                raise
            logger.warning(
                "store_unavailable",
                flow=name,
                reason=type(fault).__name__,
                pause_s=_STORE_PAUSE.total_seconds(),
            )
            stop.wait(_STORE_PAUSE.total_seconds())
    logger.info("flow_stopped", flow=name)


def _fault_of_the_store(error: BaseException | None) -> BaseException | None:
    """Return the cause that shows that Postgres is away or read-only; None without one."""
    while error is not None:
        if isinstance(error, psycopg.OperationalError) or is_away(error):
            return error
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def stop_at_signals(stop: Flag, broken_off: Flag) -> Iterator[None]:
    """Set `stop` at SIGTERM or SIGINT.

    What still runs after the grace is broken off by `StoppedError`, and `broken_off` set.
    """

    def ask(_number: int, _frame: FrameType | None) -> None:
        # First the timer: where the flag is just in use, here or by an earlier signal, setting it
        # waits until that breaks it off.
        signal.setitimer(signal.ITIMER_REAL, STOP_GRACE.total_seconds())
        stop.set()

    def insist(_number: int, _frame: FrameType | None) -> None:
        broken_off.set()
        raise StoppedError

    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]
    handlers = {signal.SIGTERM: ask, signal.SIGINT: ask, signal.SIGALRM: insist}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
