"""Turns what the engine does into its metrics, and shows them to Prometheus.

The wiring hands the observers in; nothing depends on them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import product
from typing import Final
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import disable_created_metrics, start_http_server

from config.observing import MetricsParams
from dataflows import metrics
from dataflows.unify.commits import Observer
from domain.activation.states import PushKind
from domain.alerts import Notice, Step
from domain.changes import Changes
from domain.event import Event
from domain.failure import REASONS
from domain.gate import Action, Verdict
from domain.signals.reading import Reading, Status
from sinks.activation.attempt import Attempt
from sinks.activation.gate_step import Gate, Judgement
from sinks.alerts.channel import Again, Arrived, Outcome, Refused

logger = structlog.get_logger(__name__)

_UNKNOWN: Final = float("nan")
_OUTCOMES: Final = ("delivered", "retry", "rejected")
_ROW_OPERATIONS: Final = ("add", "remove")


@contextmanager
def shown(params: MetricsParams) -> Iterator[None]:
    """Show this process's metrics over HTTP for as long as the context lasts.

    A port that cannot be had is logged and costs nothing but the metrics: an engine that runs
    unseen is better than one that does not run.
    """
    server = _serve(params)
    try:
        yield
    finally:
        if server is not None:
            server.shutdown()
            server.server_close()


def _serve(params: MetricsParams) -> WSGIServer | None:
    if not params.port:
        return None
    disable_created_metrics()  # type: ignore[no-untyped-call]
    try:
        return start_http_server(params.port, params.host)[0]
    except OSError as error:
        logger.warning(
            "metrics_unavailable", host=params.host, port=params.port, reason=error.strerror
        )
        return None


class UnifyCounts(Observer):
    """What the `Unifier` tells, counted.

    Every reason for a dead letter counts from 0, so that the first one shows as an increase.
    """

    def __init__(self) -> None:
        for reason in REASONS:
            metrics.DEAD_LETTERS.labels(reason)

    def committed(self, changes: Changes, seconds: float) -> None:
        """A batch was committed, this long after it was taken in hand."""
        metrics.BATCHES.inc()
        metrics.BATCH_SECONDS.observe(seconds)
        metrics.EVENTS.inc(len(changes.events))
        metrics.DUPLICATES.inc(changes.duplicates)
        for letter in changes.dead_letters:
            metrics.DEAD_LETTERS.labels(letter.failure.reason).inc()
        for event in changes.events:
            if isinstance(event, Event):
                for field in event.odd:
                    metrics.ODD_FIELDS.labels(field).inc()

    def woke(self, people: int) -> None:
        """The clock changed people."""
        metrics.WAKES.inc(people)

    def conflict(self) -> None:
        """A version conflict; the work is retried."""
        metrics.CONFLICTS.inc()

    def fenced(self) -> None:
        """A batch was dropped: the partition is elsewhere."""
        metrics.FENCED.inc()

    def store_away(self) -> None:
        """Postgres was gone; the work waits."""
        metrics.STORE_AWAY.inc()


def observe_reading(reading: Reading) -> None:
    """A signal was read."""
    workspace = str(reading.workspace)
    for status in Status:
        metrics.READINGS.labels(workspace, reading.signal, status.value)
    metrics.SIGNAL_HEALTH.labels(workspace, reading.signal).set(
        _UNKNOWN if reading.score is None else reading.score
    )
    metrics.READINGS.labels(workspace, reading.signal, reading.status.value).inc()


def expect_alerts(channels: Iterable[str]) -> None:
    """Let notices, and the possible results of these channels, count from 0."""
    for step in (Step.OPENED, Step.WORSENED, Step.REMINDED, Step.RESOLVED):
        metrics.ALERTS.labels(step.value)
    for channel, outcome in product(channels, (Arrived, Again, Refused)):
        metrics.ALERT_NOTICES.labels(channel, outcome.__name__.lower())


def observe_alert(notice: Notice) -> None:
    """A notice is put into the outbox."""
    metrics.ALERTS.labels(notice.step.value).inc()


def observe_notice(channel: str, outcome: Outcome) -> None:
    """A notice was sent to a channel, or its sending failed."""
    metrics.ALERT_NOTICES.labels(channel, type(outcome).__name__.lower()).inc()


def expect_pushes(platforms: Iterable[str]) -> None:
    """Start these platforms' counters at 0, so that the first push of a day shows."""
    for platform in platforms:
        for action, verdict in product(Action, Verdict):
            metrics.DECISIONS.labels(platform, action.value, verdict.value)
        for kind, outcome in product(PushKind, _OUTCOMES):
            metrics.PUSH_REQUESTS.labels(platform, kind, outcome)
        for operation in _ROW_OPERATIONS:
            metrics.PUSH_ROWS.labels(platform, operation)


def observe_attempt(attempt: Attempt) -> None:
    """A request was sent to a platform, or its sending failed."""
    metrics.PUSH_REQUESTS.labels(attempt.platform, attempt.kind, attempt.outcome).inc()
    if attempt.outcome == "delivered" and attempt.rows:
        metrics.PUSH_ROWS.labels(attempt.platform, attempt.operation).inc(attempt.rows)


class CountedGate:
    """A gate whose recorded decisions are counted.

    Args:
        gate: the gate that judges.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def judge(
        self, workspace_id: int, platform: str, audience_id: int, action: str, now: datetime
    ) -> Judgement:
        """See `sinks.activation.gate_step.Gate.judge`."""
        return _Counted(
            self._gate.judge(workspace_id, platform, audience_id, action, now), platform, action
        )


class _Counted:
    def __init__(self, judgement: Judgement, platform: str, action: str) -> None:
        self._judgement = judgement
        self._about = (platform, action)

    @property
    def verdict(self) -> str:
        return self._judgement.verdict

    @property
    def codes(self) -> tuple[str, ...]:
        return self._judgement.codes

    def sized(self, adds: int, removes: int) -> Judgement:
        return _Counted(self._judgement.sized(adds, removes), *self._about)

    def under_way(self, push_id: int) -> Judgement:
        return _Counted(self._judgement.under_way(push_id), *self._about)

    @property
    def rehearsed(self) -> bool:
        return self._judgement.rehearsed

    def record(self) -> int:
        decision = self._judgement.record()
        metrics.DECISIONS.labels(*self._about, self._judgement.verdict).inc()
        return decision
