"""Tells senders of OpenDSR requests how far these are, in a thread beside the process's other work.

A look enters what has changed and sends what is due. Any number of processes may do so: each
callback is in one's hands at a time.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import Connection

from config.opendsr import read_files
from config.settings import Settings
from dataflows.runtime import while_store_is_away
from domain.instants import MS
from domain.privacy.opendsr import API_VERSION, SubjectRequestStatus
from sinks.alerts.channel import Again, Arrived, Outcome, Refused
from sinks.http import retry
from sinks.http.client import HttpRunner
from sinks.http.messages import Transport
from sinks.opendsr.callbacks import CallbackParams, Resolve, host_of, post, resolve
from sinks.opendsr.signing import Signer
from store.privacy import callbacks
from store.privacy.callbacks import Callback

logger = structlog.get_logger(__name__)


@contextmanager
def sending_callbacks(settings: Settings, stop: Flag) -> Iterator[Callable[[], None]]:
    """Send callbacks until `stop` is set; none where OpenDSR is not configured.

    Yields:
        A function that raises what ended the thread, if anything did: the process must end too, so
        that it is noticed.

    Raises:
        ValueError: key or certificate cannot be read.
    """
    signer = read_files(settings.opendsr)
    if signer is None:
        yield lambda: None
        return
    with ThreadPoolExecutor(1, thread_name_prefix="callbacks") as pool:
        run = partial(_run_once, settings, signer, stop)
        running = pool.submit(partial(while_store_is_away, "callbacks", stop, run))
        try:
            yield partial(_check, running)
        finally:
            stop.set()


def _run_once(settings: Settings, signer: Signer, stop: Flag) -> None:
    dsn, params = settings.postgres.dsn.get_secret_value(), settings.opendsr.callbacks
    connect = partial(psycopg.connect, dsn, autocommit=True, application_name="stratum-callbacks")
    with connect() as conn, HttpRunner(params.http) as http:
        sender = CallbackSender(conn, signer, params, http)
        while not stop.is_set():
            if not sender.run_once():
                stop.wait(params.poll_interval.total_seconds())


@dataclass(frozen=True)
class CallbackSender:
    """Enters callbacks and sends them.

    Attributes:
        conn: in autocommit mode.
        signer: signs them.
        params: back-off, and which hosts are allowed.
        transport: sends requests.
        resolved: finds addresses of hosts.
        now: aware clock.
        random: uniform in [0, 1).
    """

    conn: Connection[Any]
    signer: Signer
    params: CallbackParams
    transport: Transport
    resolved: Resolve = resolve
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    random: Callable[[], float] = random.SystemRandom().random

    def run_once(self) -> int:
        """Take one look.

        Returns:
            How many callbacks were tried.
        """
        callbacks.enter(self.conn)
        tried, begun = 0, self.now()
        params = self.params
        for callback in callbacks.claim(self.conn, begun, params.lease, params.at_once):
            # A receiver that hangs must not keep the rest until somebody else's lease begins.
            if self.now() - begun > params.lease / 2:
                callbacks.release(self.conn, callback, self.now())
                continue
            tried += 1
            self._note(callback, self._post(callback))
        return tried

    def _post(self, callback: Callback) -> Outcome:
        body = body_of(callback)
        try:
            return post(callback.url, body, self.signer, self.params, self.transport, self.resolved)
        except Exception as error:  # one receiver must not end everybody's callbacks
            logger.error(  # noqa: TRY400 - an error may repeat what the receiver said
                "callback_failed", reason=type(error).__name__, host=host_of(callback.url)
            )
            return Again("unexpected")

    def _note(self, callback: Callback, outcome: Outcome) -> None:
        now, host, retries = self.now(), host_of(callback.url), self.params.retry
        said = {"request": str(callback.request), "host": host, "status": callback.status}
        match outcome:
            case Arrived():
                callbacks.sent(self.conn, callback, host, now)
                logger.info("callback_sent", **said)
            case Again(reason=reason, after_s=after_s) if callback.attempts < retries.attempts:
                wait_ms = retry.wait_ms(callback.attempts, after_s, self.random(), retries)
                callbacks.postpone(self.conn, callback, now + wait_ms * MS, reason)
                logger.warning(
                    "callback_postponed", reason=reason, attempts=callback.attempts, **said
                )
            case Again(reason=reason) | Refused(reason=reason):
                callbacks.give_up(self.conn, callback, host, reason, now)
                logger.error("callback_given_up", reason=reason, **said)


def body_of(callback: Callback) -> bytes:
    """What a callback says, JSON.

    It holds no link to an archive: whoever has the scope asks for one.
    """
    status = SubjectRequestStatus(callback.status)
    ends = status == SubjectRequestStatus.CANCELLED
    return msgspec.json.encode(
        {
            "controller_id": str(callback.workspace),
            "expected_completion_time": None if ends else callback.due_at.astimezone(UTC),
            "status_callback_url": callback.url,
            "subject_request_id": str(callback.request),
            "group_id": callback.group_id,
            "request_status": callback.status,
            "api_version": API_VERSION,
            "results_url": None,
            "results_count": callback.results if status == SubjectRequestStatus.COMPLETED else None,
            "extensions": None,
        }
    )


def _check(running: Future[None]) -> None:
    if running.done():
        running.result()
