"""Drives pushes one request at a time: note it, send it, classify the answer, note what follows.

    begin (rows checked for consent, audit row, committed) → send → Delivered | Retry | Rejected → settle (one transaction)

Guarantee: every recorded request is sent at least once until it is delivered, rejected or given up; sending one twice changes nothing,
because all writes are set operations and an audience is created only when looking for it by its recorded intent finds none. Requests
for withdrawals and deletions are never given up. A destination that fails again and again rests behind its breaker.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from psycopg import Connection

from domain import metrics
from operators.net_change import Row
from sinks import breaker, pacing, retry
from sinks.ads.platform import (
    Create,
    Delete,
    Delivered,
    Find,
    Operation,
    Outcome,
    Platform,
    Read,
    Rejected,
    Retry,
    Transport,
    Write,
)
from sinks.breaker import Breaker, BreakerParams
from sinks.http import HttpParams
from sinks.pacing import Bucket
from sinks.retry import RetryParams
from store import activation, observations, pushes
from store.activation import Audience
from store.pushes import OpenRequest

_MINUTE_MS: Final = 60_000
_NOT_GIVEN_UP: Final = frozenset({"urgent", "delete"})
_NO_FAULT_OF_THE_LINE: Final = frozenset({"throttled", "busy"})


@dataclass(frozen=True)
class DeliveryParams:
    """How pushes are driven.

    Attributes:
        poll_interval: how often due work is looked for while there is none.
        outstanding_interval: how often withdrawals that were planned and never confirmed are looked for.
        failed_wait: rest of an audience after a push that failed, and of a withdrawal after one that was rejected.
        decision_interval: how often a verdict that does not change is recorded again.
        hold_interval: how long a verdict other than pass stands before the gate is asked again.
        shortest_interval: least time between two scheduled pushes of an audience.
        longest_interval: most of it.
        retry: back-off of one request.
        breaker: rest of a destination that fails again and again.
        http: limits of one exchange.
    """

    poll_interval: timedelta = timedelta(milliseconds=200)
    outstanding_interval: timedelta = timedelta(seconds=5)
    failed_wait: timedelta = timedelta(minutes=5)
    decision_interval: timedelta = timedelta(minutes=1)
    hold_interval: timedelta = timedelta(seconds=1)
    shortest_interval: timedelta = timedelta(hours=1)
    longest_interval: timedelta = timedelta(days=7)
    retry: RetryParams = field(default_factory=RetryParams)
    breaker: BreakerParams = field(default_factory=BreakerParams)
    http: HttpParams = field(default_factory=HttpParams)


@dataclass
class Destination:
    """One platform account: how it is spoken to, and its pace, rest and breaker in this process."""

    platform: Platform
    transport: Transport
    bucket: Bucket | None = None
    breaker: Breaker = field(default_factory=Breaker)
    resume_at_ms: int = 0


@dataclass(frozen=True)
class Attempt:
    """What one attempt came to; safe to log.

    Attributes:
        rows: rows in the request.
        outcome: ``delivered``, ``retry`` or ``rejected``.
        reason: code, where it was not delivered.
        push_done: it was the push's last request.
    """

    push_id: int
    seq: int
    audience_id: int
    platform: str
    kind: str
    operation: str
    rows: int
    outcome: str
    reason: str
    push_done: bool


class Delivery:
    """Sends what is recorded.

    Args:
        conn: connection in autocommit mode, used by nobody else meanwhile.
        destinations: platform name → destination.
        params: the bounds.
        now: aware clock.
        random: uniform in [0, 1), for jitter.
    """

    def __init__(
        self,
        conn: Connection[Any],
        destinations: Mapping[str, Destination],
        params: DeliveryParams,
        now: Callable[[], datetime],
        random: Callable[[], float],
    ) -> None:
        self._conn = conn
        self._destinations = destinations
        self._params = params
        self._now = now
        self._random = random

    def advance(self, audience_id: int, gated: bool) -> Attempt | None:
        """Send the audience's next request; None where there is none, or its destination has to wait.

        The caller holds the audience (`store.activation.alone`).

        Args:
            audience_id: whose request.
            gated: the gate lets pushes pass now; otherwise only a withdrawal or a deletion is sent.
        """
        audience = activation.read_audience(self._conn, audience_id)
        destination = self._destinations.get(audience.platform) if audience else None
        if audience is None or destination is None:
            return None
        now_ms = self._now_ms()
        request = pushes.next_request(self._conn, audience_id, now_ms, gated)
        if request is None or not self._may_send(destination, now_ms):
            return None
        pairs = pushes.begin(self._conn, request, audience.platform, destination.platform.purpose)
        if pairs is None:
            return None
        outcome = self._perform(destination, audience, request, tuple(row for _, row in pairs))
        took_ms = self._now_ms() - now_ms
        self._observe(destination, outcome)
        with self._conn.transaction():
            attempt = self._settle(audience, request, len(pairs), outcome)
            self._count(audience, outcome, attempt, took_ms)
        if attempt.push_done and request.operation != "delete":
            self._read_back(destination, audience, request.push_id)
        return attempt

    def _may_send(self, destination: Destination, now_ms: int) -> bool:
        """Ask breaker, rest and pace, in this order; takes a token when all agree."""
        if breaker.wait_ms(destination.breaker, now_ms) or destination.resume_at_ms > now_ms:
            return False
        limits = destination.platform.limits
        destination.bucket, wait = pacing.take(destination.bucket, now_ms, limits.requests_per_s, limits.burst)
        return wait == 0

    def _perform(self, destination: Destination, audience: Audience, request: OpenRequest, rows: tuple[Row, ...]) -> Outcome:
        """Do what the request says, which may take several calls where the audience's platform id is not known yet."""
        if request.operation in {"add", "remove"} and not rows:
            return Delivered()
        if audience.platform_id is None:
            found = self._find(destination, audience)
            if not isinstance(found, Delivered):
                return found
            if not found.platform_id and request.operation in {"remove", "delete"}:
                return Delivered()
            if not found.platform_id:
                found = self._call(destination, Create(audience.name, audience.intent))
            if not isinstance(found, Delivered):
                return found
            pushes.created(self._conn, audience.id, found.platform_id)
            return self._write(destination, audience, found.platform_id, request, rows)
        return self._write(destination, audience, audience.platform_id, request, rows)

    def _write(
        self, destination: Destination, audience: Audience, platform_id: str, request: OpenRequest, rows: tuple[Row, ...]
    ) -> Outcome:
        match request.operation:
            case "add" | "remove" as verb:
                return self._call(destination, Write(verb, platform_id, rows, _session(audience.intent, request)))
            case "delete":
                return self._delete(destination, audience, platform_id)
        return Delivered(platform_id=platform_id)

    def _delete(self, destination: Destination, audience: Audience, platform_id: str) -> Outcome:
        """Delete; an audience that is missing must also be missing from the listing, for it may only be hidden from us."""
        outcome = self._call(destination, Delete(platform_id))
        if isinstance(outcome, Rejected) and outcome.reason == "missing":
            found = self._find(destination, audience)
            return outcome if isinstance(found, Delivered) and found.platform_id else found
        return outcome

    def _find(self, destination: Destination, audience: Audience) -> Outcome:
        """Look through the account for an audience that we created and never noted."""
        after = ""
        while True:
            outcome = self._call(destination, Find(audience.name, audience.intent, after))
            if not isinstance(outcome, Delivered) or outcome.platform_id or not outcome.after:
                return outcome
            after = outcome.after

    def _call(self, destination: Destination, operation: Operation) -> Outcome:
        platform = destination.platform
        return platform.decode(operation, destination.transport(platform.encode(operation)))

    def _observe(self, destination: Destination, outcome: Outcome) -> None:
        """Let breaker and rest learn from the outcome; a throttle is an answer, not a fault of the line."""
        now_ms = self._now_ms()
        faulty = isinstance(outcome, Retry) and outcome.reason not in _NO_FAULT_OF_THE_LINE
        destination.breaker = breaker.observe(destination.breaker, not faulty, now_ms, self._params.breaker)
        pause_s = outcome.pause_s if isinstance(outcome, Delivered) else 0.0
        if isinstance(outcome, Retry) and outcome.reason == "throttled":
            pause_s = outcome.after_s or 0.0
        asked = min(timedelta(seconds=pause_s), self._params.retry.asked_cap)
        destination.resume_at_ms = now_ms + asked // timedelta(milliseconds=1)

    def _settle(self, audience: Audience, request: OpenRequest, rows: int, outcome: Outcome) -> Attempt:
        """Write down what follows from the outcome, in the caller's transaction."""
        now, reason, done = self._now(), "", False
        match outcome:
            case Delivered(invalid=invalid):
                done = pushes.delivered(self._conn, request, rows, invalid, now)
            case Retry(reason=reason, after_s=after_s):
                attempts = request.attempts + 1
                if attempts >= self._params.retry.attempts and request.kind not in _NOT_GIVEN_UP:
                    advice = f"No success in {attempts} attempts; the next push tries again."
                    pushes.fail(self._conn, request, reason, "", advice, now)
                    outcome = Rejected(reason)
                else:
                    wait = retry.wait_ms(attempts, after_s, self._random(), self._params.retry)
                    pushes.postpone(self._conn, request, reason, self._now_ms() + wait)
            case Rejected(reason=reason, detail=detail, advice=advice):
                pushes.fail(self._conn, request, reason, detail, advice, now)
        return Attempt(
            push_id=request.push_id,
            seq=request.seq,
            audience_id=audience.id,
            platform=audience.platform,
            kind=request.kind,
            operation=request.operation,
            rows=rows,
            outcome=type(outcome).__name__.lower(),
            reason=reason,
            push_done=done,
        )

    def _count(self, audience: Audience, outcome: Outcome, attempt: Attempt, took_ms: int) -> None:
        """Add to the platform's signal."""
        minute = self._now_ms() // _MINUTE_MS * _MINUTE_MS
        names = {"delivered": metrics.REQUESTS_OK, "retry": metrics.REQUESTS_RETRIED, "rejected": metrics.REQUESTS_FAILED}
        counts: dict[str, float] = {names[attempt.outcome]: 1, metrics.LATENCY_MS: took_ms}
        if isinstance(outcome, Delivered):
            counts |= {metrics.ROWS_SENT: attempt.rows, metrics.ROWS_REJECTED: outcome.invalid}
        signal = f"platform:{audience.platform}"
        observations.add(self._conn, [(audience.workspace_id, signal, minute, 0, name, value) for name, value in counts.items()])

    def _read_back(self, destination: Destination, audience: Audience, push_id: int) -> None:
        """Note the platform's own view of the audience; it is only shown, so a fault here changes nothing."""
        current = activation.read_audience(self._conn, audience.id)
        if current and current.platform_id:
            outcome = self._call(destination, Read(current.platform_id))
            if isinstance(outcome, Delivered):
                pushes.note_readback(self._conn, push_id, outcome.readback)

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _session(intent: str, request: OpenRequest) -> int:
    """Name an attempt: positive, 63 bits, different for every attempt of every request of every audience."""
    name = f"{intent}:{request.push_id}:{request.seq}:{request.attempts}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest()) >> 1 or 1
