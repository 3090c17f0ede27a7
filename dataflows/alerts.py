"""Alerts on-call: evaluates all conditions, turns them into episodes, and sends notices.

    conditions ──▶ operators.alerts ──▶ alerts, outbox (one transaction) ──▶ channels

An evaluation costs a few queries, so that this is a loop and no dataflow. Any number of these
processes may run: one at a time evaluates, all of them send. The evaluation and every channel have
a thread of their own: a channel that hangs delays neither evaluations nor other channels.
"""

import random
from collections.abc import Collection
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag
from threading import Thread
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from config.alerting import Alerts, channels
from config.settings import Settings
from dataflows.observing import expect_alerts, observe_alert, observe_notice, shown
from dataflows.runtime import StoppedError, stop_at_signals, while_store_is_away
from domain.alerts import Notice, Severity
from domain.instants import to_ms
from operators.alerts.evaluate import evaluate
from sinks.alerts.sender import Sender
from sinks.http.client import HttpRunner
from store.alerts import conditions as alert_conditions
from store.alerts import episodes, outbox
from store.intake.partitions import Watched

logger = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Evaluate and send until SIGTERM or SIGINT. While Postgres is away it waits and logs that.

    Raises:
        SystemExit: a sender broke; whoever started the process starts it again.
    """
    stop, broken = Flag(), Flag()
    names = sorted(settings.alerts.channels)
    senders = [
        Thread(target=keep_sending, args=(settings, name, stop, broken), name=name, daemon=True)
        for name in names
    ]
    with suppress(StoppedError), shown(settings.metrics), stop_at_signals(stop, Flag()):
        expect_alerts(names)
        for sender in senders:
            sender.start()
        logger.info("alerts_started", channels=names)
        while_store_is_away("alerts", stop, partial(_evaluate_until, settings, stop))
        for sender in senders:
            sender.join()
    if broken.is_set():
        raise SystemExit(1)


def keep_sending(settings: Settings, name: str, stop: Flag, broken: Flag) -> None:
    """Send to one channel.

    If that breaks, end the process, which must not look as if on-call had been notified.

    Args:
        settings: of the process.
        name: of the channel.
        stop: ends the sending; set where it breaks.
        broken: set where it breaks.
    """
    try:
        while_store_is_away(f"alerts:{name}", stop, partial(_send, settings, name, stop))
    finally:
        if not stop.is_set():
            broken.set()
            stop.set()


def _connect(settings: Settings) -> Connection[Any]:
    return psycopg.connect(
        settings.postgres.dsn.get_secret_value(), autocommit=True, application_name="stratum-alerts"
    )


def _evaluate_until(settings: Settings, stop: Flag) -> None:
    with _connect(settings) as conn:
        while not stop.is_set():
            evaluate_once(conn, settings.alerts, datetime.now(UTC), settings.log.watched)
            stop.wait(settings.alerts.interval.total_seconds())


def _send(settings: Settings, name: str, stop: Flag) -> None:
    params = settings.alerts
    with ExitStack() as open_things:
        conn = open_things.enter_context(_connect(settings))
        http = open_things.enter_context(HttpRunner(params.http))
        mine = {name: channels(params, http)[name]}
        sender = Sender(
            conn,
            mine,
            params.sending,
            partial(datetime.now, UTC),
            random.SystemRandom().random,
            observe_notice,
        )
        while not stop.is_set():
            if not sender.send_due():
                stop.wait(min(1.0, params.interval.total_seconds()))


def evaluate_once(
    conn: Connection[Any], params: Alerts, now: datetime, watched: Watched | None = None
) -> list[Notice]:
    """Evaluate every workspace and put its notices into the outbox.

    Nothing where another process evaluates.

    Args:
        conn: connection in autocommit mode.
        params: what counts, when it is sent, and where.
        now: clock.
        watched: partitions that must advance.
    """
    notices: list[Notice] = []
    now_ms = to_ms(now)
    for workspace in alert_conditions.workspaces(conn):
        with episodes.try_lock(conn) as alone:
            if not alone:
                return notices
            seen = alert_conditions.conditions(conn, workspace, now, params.conditions, watched)
            before = episodes.load_state(conn, workspace)
            evaluation = evaluate(
                before,
                workspace,
                seen,
                now_ms,
                params.alerting,
                episodes.acknowledged(conn, workspace),
            )
            for notice in evaluation.notices:
                outbox.enqueue(conn, notice, channels_for(notice, params), now)
            changed = [
                one
                for key, one in evaluation.state.episodes.items()
                if one != before.episodes.get(key)
            ]
            episodes.update_episodes(conn, workspace, changed)
            episodes.save_state(conn, workspace, evaluation.state, now)
        notices += evaluation.notices
        for notice in evaluation.notices:
            observe_alert(notice)
            logger.info(
                "alert",
                workspace=workspace,
                step=notice.step.value,
                key=notice.episode.key,
                severity=notice.episode.severity.word,
            )
    return notices


def channels_for(notice: Notice, params: Alerts) -> Collection[str]:
    """Names of the channels that a notice is sent to."""
    episode = notice.episode
    return [
        name
        for name, channel in params.channels.items()
        if episode.worst >= Severity.from_word(channel.severity)
        and (not channel.workspaces or notice.workspace in channel.workspaces)
        and (not channel.kinds or episode.kind in channel.kinds)
    ]
