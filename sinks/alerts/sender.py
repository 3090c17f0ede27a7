"""Sends the notices of the outbox, each at its channel's pace.

A notice is retried after a while where that may help, and given up where it does not.

Guarantee: every notice is sent at least once or given up with its reason; those of one alert and
channel in order.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from psycopg import Connection

from domain.alerts import Notice
from domain.instants import MS, to_ms
from sinks.alerts.channel import Again, Arrived, Channel, Outcome, Refused
from sinks.http import retry
from sinks.http.retry import RetryParams
from sinks.http.token_bucket import Bucket, take
from store.alerts import outbox
from store.alerts.outbox import Claimed

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SenderParams:
    """How notices are sent.

    Attributes:
        per_minute: notices that one channel takes per minute.
        burst: notices that go at once.
        lease: a notice that a process took in hand and never noted is taken by another one after
            this.
        at_once: notices taken in hand at once.
        retry: back-off, and the attempts after which a notice is given up.

    Raises:
        ValueError: a channel would never be sent anything.
    """

    per_minute: float = 30.0
    burst: int = 10
    lease: timedelta = timedelta(minutes=2)
    at_once: int = 20
    retry: RetryParams = field(
        default_factory=lambda: RetryParams(
            base=timedelta(seconds=2), cap=timedelta(minutes=10), attempts=12
        )
    )

    def __post_init__(self) -> None:
        if self.per_minute <= 0 or min(self.burst, self.at_once) < 1 or self.lease <= timedelta():
            raise ValueError("per_minute and lease are above 0, burst and at_once at least 1")


class Sender:
    """Sends notices.

    Args:
        conn: connection in autocommit mode.
        channels: name → channel.
        params: see `SenderParams`.
        now: aware clock.
        random: uniform in [0, 1).
        observe: called for every attempt with the channel's name and the result.
    """

    def __init__(
        self,
        conn: Connection[Any],
        channels: Mapping[str, Channel],
        params: SenderParams,
        now: Callable[[], datetime],
        random: Callable[[], float],
        observe: Callable[[str, Outcome], None],
    ) -> None:
        self._conn = conn
        self._channels = channels
        self._params = params
        self._now = now
        self._random = random
        self._observe = observe
        self._paused: dict[str, datetime] = {}
        self._buckets: dict[str, Bucket] = {}

    def send_due(self) -> int:
        """Send what is due; returns how many were tried."""
        tried, begun = 0, self._now()
        for claimed in outbox.claim(
            self._conn, self._channels, begun, self._params.lease, self._params.at_once
        ):
            # A channel that hangs must not keep the rest until somebody else's lease begins.
            late = self._now() - begun > self._params.lease / 2
            wait = timedelta() if late else self._paced(claimed.channel)
            if late or wait:
                outbox.postpone(self._conn, claimed.id, self._now() + wait)
                continue
            tried += 1
            outcome = deliver(
                self._channels[claimed.channel], claimed.notice, claimed.id, self._now()
            )
            self._observe(claimed.channel, outcome)
            self._apply_outcome(claimed, outcome)
        return tried

    def _paced(self, channel: str) -> timedelta:
        """How long the channel has to rest: because of its pace, or because it asked for it."""
        now = self._now()
        if now < self._paused.get(channel, now):
            return self._paused[channel] - now
        now_ms = to_ms(now)
        self._buckets[channel], wait_ms = take(
            self._buckets.get(channel), now_ms, self._params.per_minute / 60, self._params.burst
        )
        return wait_ms * MS

    def _apply_outcome(self, claimed: Claimed, outcome: Outcome) -> None:
        now = self._now()
        retries = self._params.retry
        said = {"channel": claimed.channel, "notice": claimed.id, "alert": claimed.alert_id}
        if isinstance(outcome, Again) and outcome.after_s:
            self._paused[claimed.channel] = now + min(
                timedelta(seconds=outcome.after_s), retries.asked_cap
            )
        match outcome:
            case Arrived():
                outbox.sent(self._conn, claimed.id, now)
                logger.info("alert_sent", step=claimed.notice.step.value, **said)
            case Again(reason=reason, after_s=after_s) if claimed.attempts < retries.attempts:
                wait_ms = retry.wait_ms(claimed.attempts, after_s, self._random(), retries)
                outbox.postpone(self._conn, claimed.id, now + wait_ms * MS, reason)
                logger.warning("alert_postponed", reason=reason, attempts=claimed.attempts, **said)
            case Again(reason=reason):
                self._give_up(
                    claimed, f"no success in {claimed.attempts} attempts, the last: {reason}", now
                )
            case Refused(reason=reason):
                self._give_up(claimed, reason, now)

    def _give_up(self, claimed: Claimed, reason: str, now: datetime) -> None:
        outbox.give_up(self._conn, claimed.id, reason, now)
        logger.error(
            "alert_given_up",
            channel=claimed.channel,
            notice=claimed.id,
            alert=claimed.alert_id,
            reason=reason,
        )


def deliver(channel: Channel, notice: Notice, notice_id: int, now: datetime) -> Outcome:
    """Send one notice; an error that its channel did not expect is retried.

    Args:
        channel: where to.
        notice: what.
        notice_id: the same at every try.
        now: clock.
    """
    try:
        return channel.send(notice, notice_id, now)
    except Exception as error:
        return Again(type(error).__name__)
