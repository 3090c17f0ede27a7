"""The "activation" dataflow: what is due passes the trust gate or waits.

What passes is planned and sent, one request at a time.

    due ──▶ destination ──▶ gate ──▶ deliver ──┬──▶ report
    receipts ─────────────────────▶ confirm ───┘

Withdrawals of consent and deletions take people off a platform: they skip the gate's verdict, not
its record. Nothing is kept in the engine: audiences, gate states and the journal of requests lie in
Postgres, so the process may die at any point. Step ids are public.

Each platform has two executions of its own, each in a thread with connections of its own: one for
withdrawals and deletions, one for everything else. A platform that hangs or is away delays no
other, and nobody who withdrew waits until a large push is planned.
"""

import os
import random
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event as Flag
from threading import Thread
from traceback import extract_tb
from typing import Any, Final

import bytewax.operators as op
import psycopg
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import DynamicSink, Sink, StatelessSinkPartition
from bytewax.run import cli_main

from config.destinations import Wiring, pace_server
from config.load import ConfigError
from config.settings import Settings
from dataflows.observing import CountedGate, expect_pushes, observe_attempt, shown
from dataflows.runtime import StoppedError, stop_at_signals, while_store_is_away
from sinks.activation.attempt import Attempt
from sinks.activation.delivery import Delivery
from sinks.activation.destination import Destination
from sinks.activation.gate_step import ApprovedTask, Gate, GateStep, Task
from sinks.activation.receipts import Confirmation
from sinks.activation.run import Activation
from sinks.gate import TrustGate
from sinks.http.client import HttpRunner
from sources.activation.audiences import AudienceFeed, AudienceFeedParams
from sources.activation.receipts import ReceiptFeed
from sources.feed import Intake
from store.activation.receipts import Receipt

logger = structlog.get_logger(__name__)

_PATIENCE: Final = timedelta(seconds=1)
"""Longest wait for an audience that a push has in hand, before the next withdrawal has its turn."""


def build(
    due: Source[Task],
    receipts: Source[Receipt],
    permit: Callable[[Task], ApprovedTask | None],
    deliver: Callable[[ApprovedTask], Attempt | None],
    confirm: Callable[[Receipt], Attempt | None],
    report: Sink[tuple[str, Attempt]],
) -> Dataflow:
    """Wire the dataflow.

    Args:
        due: tasks, withdrawals first.
        receipts: writes whose results are due to be asked for.
        permit: asks the gate, records its decision, and gives back what may be done.
        deliver: executes it and returns the result.
        confirm: asks for a result and notes it.
        report: learns every attempt by destination.
    """
    flow = Dataflow("activation")
    tasks = op.input("due", flow, due)
    by_destination = op.key_on(
        "destination", tasks, lambda task: f"{task.workspace_id}:{task.platform}"
    )
    permitted = op.filter_map_value("gate", by_destination, permit)
    attempts = op.filter_map_value("deliver", permitted, deliver)
    asked = op.key_on(
        "receipt_destination",
        op.input("receipts", flow, receipts),
        lambda one: f"{one.workspace_id}:{one.platform}",
    )
    results = op.filter_map_value("confirm", asked, confirm)
    op.output("report", op.merge("attempts", attempts, results), report)
    return flow


def run(settings: Settings, platforms: Collection[str] = ()) -> None:
    """Run activation until SIGTERM or SIGINT, each platform in two threads.

    While Postgres is away they wait and say so.

    Args:
        settings: the configuration.
        platforms: names of those to serve here, none: all that are connected. Several processes may
            serve the same ones.

    Raises:
        ConfigError: there is no platform of such a name.
    """
    serving = _serving(settings, platforms)
    stop, broken_off = Flag(), Flag()
    threads = [
        Thread(
            target=_keep_running,
            args=(settings, name, lane),
            name=f"{name}:{lane.name}",
            daemon=True,
        )
        for name in serving
        for lane in (Lane(True, stop), Lane(False, stop))
    ]
    with shown(settings.metrics), stop_at_signals(stop, broken_off):
        expect_pushes(serving)
        logger.info("activation_started", platforms=sorted(serving))
        try:
            for thread in threads:
                thread.start()
            stop.wait()
            for thread in threads:
                thread.join()
        except StoppedError:
            # An exchange under way cannot be broken off from outside. The journal knows it, and
            # whoever comes next sends it again.
            logger.warning(
                "flow_broken_off",
                flow="activation",
                platforms=[thread.name for thread in threads if thread.is_alive()],
            )
            os._exit(0)
    logger.info("flow_stopped", flow="activation")


def _serving(settings: Settings, platforms: Collection[str]) -> list[str]:
    """Names of the connected platforms among those that are asked for."""
    known = settings.platforms
    unknown = sorted(set(platforms) - known.keys())
    if unknown:
        raise ConfigError(
            f"no platform is called {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )
    return [
        name
        for name, section in known.items()
        if section.connected and (not platforms or name in platforms)
    ]


@dataclass(frozen=True)
class Lane:
    """One of a platform's two executions.

    Attributes:
        urgent: withdrawals and deletions; else everything else.
        stop: ends it.
    """

    urgent: bool
    stop: Flag

    @property
    def name(self) -> str:
        """What it serves."""
        return "withdrawals" if self.urgent else "pushes"


def _keep_running(settings: Settings, platform: str, lane: Lane) -> None:
    """Serve one platform until the lane is stopped.

    What nobody expected ends this execution, and no other; it is restarted.
    """
    name = f"activation:{platform}:{lane.name}"
    pause_s = settings.delivery.breaker.cool_down.total_seconds()
    while not lane.stop.is_set():
        try:
            while_store_is_away(name, lane.stop, partial(_run_once, settings, platform, lane))
        except Exception as error:
            # Messages and tracebacks of what nobody expected may repeat what was sent: the kind and
            # the place are enough.
            cause = _deepest(error)
            where = "; ".join(
                f"{frame.name}:{frame.lineno}" for frame in extract_tb(cause.__traceback__)[-3:]
            )
            logger.error(  # noqa: TRY400 - as above
                "flow_failed", flow=name, pause_s=pause_s, reason=type(cause).__name__, where=where
            )
            lane.stop.wait(pause_s)


def _deepest(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _run_once(settings: Settings, platform: str, lane: Lane) -> None:
    params, now = settings.delivery, partial(datetime.now, UTC)
    connect = partial(
        psycopg.connect,
        settings.postgres.dsn.get_secret_value(),
        autocommit=True,
        application_name="stratum-activation",
    )
    with ExitStack() as open_things:
        conn = open_things.enter_context(connect())
        http = open_things.enter_context(HttpRunner(params.http))
        valkey = open_things.enter_context(pace_server(settings))
        destinations = {
            platform: Wiring(settings, http, valkey, now, lane.stop.wait).destination(platform)
        }
        gate = CountedGate(TrustGate(conn, settings.gate))
        flow = build_on(conn, destinations, gate, settings, lane, now)
        cli_main(flow)  # type: ignore[no-untyped-call]


def build_on(
    conn: psycopg.Connection[Any],
    destinations: dict[str, Destination],
    gate: Gate,
    settings: Settings,
    lane: Lane,
    now: Callable[[], datetime],
) -> Dataflow:
    """Wire the dataflow of some destinations for one lane, on one connection.

    Args:
        conn: in autocommit mode, used by all steps.
        destinations: by name of platform.
        gate: decides on pushes.
        settings: of the process.
        lane: urgent withdrawals, or everything.
        now: aware clock.
    """
    params = settings.delivery
    platforms = {name: destination.platform for name, destination in destinations.items()}
    purposes = {name: platform.purpose for name, platform in platforms.items()}
    delivery = Delivery(conn, destinations, params, now, random.SystemRandom().random)
    gate_step = GateStep(conn, gate, params.decision_interval, params.hold_interval, now)
    activation = Activation(
        conn, platforms, delivery, gate_step, now, _PATIENCE if lane.urgent else timedelta()
    )
    looks = AudienceFeedParams(
        purposes, lane.urgent, params.poll_interval, params.outstanding_interval, params.failed_wait
    )
    due = AudienceFeed(conn, looks, now)
    receipts = ReceiptFeed(
        conn, () if lane.urgent else destinations.keys(), params.poll_interval, now
    )
    confirmation = Confirmation(conn, destinations, params.failed_wait, now)
    # One of the two sources rests for both.
    return build(
        Intake(due, lane.stop),
        Intake(receipts, lane.stop, rest=timedelta()),
        gate_step,
        activation,
        confirmation,
        AttemptLog(),
    )


class _AttemptLines(StatelessSinkPartition[tuple[str, Attempt]]):
    def write_batch(self, items: list[tuple[str, Attempt]]) -> None:
        for destination, attempt in items:
            observe_attempt(attempt)
            logger.info(
                "request",
                destination=destination,
                audience=attempt.audience_id,
                push=attempt.push_id,
                seq=attempt.seq,
                kind=attempt.kind,
                operation=attempt.operation,
                rows=attempt.rows,
                outcome=attempt.outcome,
                reason=attempt.reason,
            )


class AttemptLog(DynamicSink[tuple[str, Attempt]]):
    """Logs and counts the result of each attempt; no personal data."""

    def build(
        self, _step_id: str, _worker_index: int, _worker_count: int
    ) -> StatelessSinkPartition[tuple[str, Attempt]]:
        """Called by Bytewax once per worker."""
        return _AttemptLines()
