"""The "activation" dataflow: what is due passes the trust gate or waits; what passes is planned and sent, one request at a time.

    due ──▶ destination ──▶ gate ──▶ deliver ──▶ report

Withdrawals of consent and deletions take people off a platform: they skip the gate's verdict, not its record. Nothing is kept in the
engine: audiences, gate states and the journal of requests lie in Postgres, so the process may die at any point. Step ids are public.
"""

import random
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag

import bytewax.operators as op
import psycopg
import structlog
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import DynamicSink, Sink, StatelessSinkPartition

from config.settings import Settings
from dataflows.observing import CountedGate, expect_pushes, observe_attempt, shown
from dataflows.runtime import run_until_signal, while_store_is_away
from sinks.activation import Activation, Permitted, Task
from sinks.ads.meta import Meta
from sinks.delivery import Attempt, Delivery, Destination
from sinks.http import HttpRunner
from sinks.permits import Permits
from sinks.trust import TrustGate
from sources.audiences import AudienceFeed, AudienceFeedParams
from sources.intake import Intake

logger = structlog.get_logger(__name__)


def build(
    due: Source[Task],
    permit: Callable[[Task], Permitted | None],
    deliver: Callable[[Permitted], Attempt | None],
    report: Sink[tuple[str, Attempt]],
) -> Dataflow:
    """Wire the dataflow.

    Args:
        due: tasks, withdrawals first.
        permit: asks the gate, records its decision, and gives back what may be done.
        deliver: does it and says what came of it.
        report: learns every attempt by destination.
    """
    flow = Dataflow("activation")
    tasks = op.input("due", flow, due)
    by_destination = op.key_on("destination", tasks, lambda task: f"{task.workspace_id}:{task.platform}")
    permitted = op.filter_map_value("gate", by_destination, permit)
    attempts = op.filter_map_value("deliver", permitted, deliver)
    op.output("report", attempts, report)
    return flow


def run(settings: Settings) -> None:
    """Run activation in this process's main thread until SIGTERM or SIGINT. While Postgres is away it waits and says so.

    Raises:
        BytewaxRuntimeError: a step raised for another reason.
    """
    stop = Flag()
    with shown(settings.metrics):
        while_store_is_away("activation", stop, partial(_run_once, settings, stop))


def _run_once(settings: Settings, stop: Flag) -> None:
    params, now = settings.delivery, partial(datetime.now, UTC)
    meta = Meta(settings.meta, settings.meta.access_token.get_secret_value())
    platforms = {meta.name: meta} if settings.meta.connected else {}
    connect = partial(psycopg.connect, settings.postgres.dsn.get_secret_value(), autocommit=True, application_name="stratum-activation")
    with ExitStack() as open_things:
        conn = open_things.enter_context(connect())
        http = open_things.enter_context(HttpRunner(params.http))
        destinations = {name: Destination(platform, http) for name, platform in platforms.items()}
        delivery = Delivery(conn, destinations, params, now, random.SystemRandom().random)
        activation = Activation(conn, platforms, delivery, now)
        purposes = {name: platform.purpose for name, platform in platforms.items()}
        looks = AudienceFeedParams(purposes, params.poll_interval, params.outstanding_interval, params.failed_wait)
        feed = AudienceFeed(conn, looks, now, activation.moved)
        permits = Permits(conn, CountedGate(TrustGate(conn, settings.gate)), params.decision_interval, params.hold_interval, now)
        expect_pushes(platforms)
        logger.info("activation_started", platforms=sorted(platforms))
        run_until_signal(build(Intake(feed, stop), permits, activation, AttemptLog()), stop)


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
    """Logs and counts what came of each attempt; nothing of it is personal."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[tuple[str, Attempt]]:  # noqa: ARG002 - Bytewax calls it so
        """Called by Bytewax once per worker."""
        return _AttemptLines()
