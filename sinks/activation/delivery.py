"""Drives pushes one request at a time: note it, send it, classify the answer, note what follows.

    begin (rows checked for consent) → its turn in the pace → leave (gate asked, on record,
    committed) → send
        → Delivered | Retry | Rejected → settle (one transaction)

What a platform takes in now and does later is not confirmed before the platform says so
(`sinks.activation.receipts`). Rows that it objects to are taken out and the rest is sent again. An
audience that is lost at its platform is created and filled again by its next push.

What adds people leaves only where the gate lets it pass in the transaction that puts its beginning
on record, each time anew: every HTTP request of a write, every repetition, whatever was waited for
before. What has begun may be on its way when people say something else.

Guarantee: every recorded request is sent at least once until it is delivered, rejected or given up;
sending one twice changes nothing, because all writes are set operations and an audience is created
only when looking for it by its recorded intent finds none. Requests for withdrawals and deletions
are never given up. A destination that fails again and again rests behind its breaker.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import EXEMPT, Operation
from domain.instants import MINUTE_MS, MS, to_ms
from domain.signals import metrics
from operators.activation import Row
from sinks.activation.destination import LOST, Destination
from sinks.ads.platform import Delivered, Outcome, Read, Rejected, Retry
from sinks.http import breaker, retry
from sinks.http.breaker import BreakerParams
from sinks.http.client import HttpParams
from sinks.http.rate_limit import WithheldError
from sinks.http.retry import RetryParams
from store.activation import due, outcomes, requests
from store.activation.due import Audience
from store.activation.requests import OpenRequest
from store.signals import observations

Still = Callable[[Audience, int], bool]
"""Asks the gate whether a push may continue: audience, push id.

It does so in the transaction that puts a request on record.
"""
_NO_FAULT_OF_THE_LINE: Final = frozenset({"throttled", "busy"})


@dataclass(frozen=True)
class DeliveryParams:
    """How pushes are driven.

    Attributes:
        poll_interval: how often due work is looked for while there is none.
        outstanding_interval: how often withdrawals that no change tells of are looked for
            (`sources.activation.audiences`).
        failed_wait: rest of an audience after a push that failed, and of a withdrawal after one
            that was rejected.
        decision_interval: how often a verdict that does not change is recorded again.
        hold_interval: how long a verdict other than pass stands before the gate is asked again.
        pace_patience: longest wait for the pace between the requests of one operation.
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
    pace_patience: timedelta = timedelta(seconds=10)
    shortest_interval: timedelta = timedelta(hours=1)
    longest_interval: timedelta = timedelta(days=7)
    retry: RetryParams = field(default_factory=RetryParams)
    breaker: BreakerParams = field(default_factory=BreakerParams)
    http: HttpParams = field(default_factory=HttpParams)


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

    def advance(self, audience_id: int, still: Still | None) -> Attempt | None:
        """Send the audience's next request.

        None where there is none, its destination has to wait, or the gate does not let it pass.

        The caller holds the audience (`store.activation.due.alone`).

        Args:
            audience_id: whose request.
            still: asks the gate; None: only a withdrawal or a deletion is sent.
        """
        audience = due.read_audience(self._conn, audience_id)
        destination = self._destinations.get(audience.platform) if audience else None
        if audience is None or destination is None:
            return None
        now_ms = self._now_ms()
        request = requests.next_request(self._conn, audience_id, now_ms, still is not None)
        if request is None or not self._may_send(destination, now_ms):
            return None
        permit = partial(still, audience, request.push_id) if still else _never
        pairs = requests.begin(
            self._conn, request, audience.platform, destination.platform.purpose, permit
        )
        if pairs is None:
            return None
        people = [person for person, _ in pairs]
        leave = partial(
            requests.leave,
            self._conn,
            request,
            audience.platform,
            destination.platform.purpose,
            people,
            permit,
        )
        try:
            with destination.pace.permitting(
                leave if request.operation == Operation.ADD else _never
            ):
                outcome = self._perform(
                    destination, audience, request, tuple(row for _, row in pairs)
                )
        except WithheldError:
            return None
        took_ms = self._now_ms() - now_ms
        self._observe(destination, outcome)
        with self._conn.transaction():
            attempt = self._settle(audience, request, len(pairs), outcome)
            self._count(audience, outcome, attempt, took_ms)
        if attempt.push_done and request.operation != Operation.DELETE:
            self._read_back(destination, audience, request.push_id)
        return attempt

    def _may_send(self, destination: Destination, now_ms: int) -> bool:
        """Ask breaker, rest and pace, in this order.

        Takes the first request's token when all agree.
        """
        if breaker.wait_ms(destination.breaker, now_ms) or destination.resume_at_ms > now_ms:
            return False
        return destination.pace.ready()

    def _perform(
        self,
        destination: Destination,
        audience: Audience,
        request: OpenRequest,
        rows: tuple[Row, ...],
    ) -> Outcome:
        """Do what the request says.

        It takes several calls where the audience's platform id is not known yet.
        """
        if request.operation in {Operation.ADD, Operation.REMOVE} and not rows:
            return Delivered()
        platform_id = audience.platform_id
        if platform_id is None:
            takes_off = request.operation in {Operation.REMOVE, Operation.DELETE}
            found = (destination.find if takes_off else destination.find_or_create)(
                audience.name, audience.intent
            )
            if not isinstance(found, Delivered) or not found.platform_id:
                return found
            platform_id = found.platform_id
            outcomes.created(self._conn, audience.id, platform_id)
        outcome = destination.perform(audience, platform_id, request, rows)
        if not isinstance(outcome, Rejected) or outcome.reason != LOST:
            return outcome
        if request.operation == Operation.DELETE:
            return Delivered()
        # A platform may not show at once what it has just created: what was never filled is lost
        # only if it stays away.
        waited = request.attempts + 1 >= self._params.retry.attempts
        return outcome if waited or due.was_filled(self._conn, audience.id) else Retry("busy")

    def _observe(self, destination: Destination, outcome: Outcome) -> None:
        """Let breaker and rest learn from the outcome.

        A throttle is an answer, not a fault of the line.
        """
        now_ms = self._now_ms()
        faulty = isinstance(outcome, Retry) and outcome.reason not in _NO_FAULT_OF_THE_LINE
        destination.breaker = breaker.observe(
            destination.breaker, not faulty, now_ms, self._params.breaker
        )
        pause_s = outcome.pause_s if isinstance(outcome, Delivered) else 0.0
        if isinstance(outcome, Retry) and outcome.reason == "throttled":
            pause_s = outcome.after_s or 0.0
        asked = min(timedelta(seconds=pause_s), self._params.retry.asked_cap)
        destination.resume_at_ms = now_ms + asked // MS

    def _settle(
        self, audience: Audience, request: OpenRequest, rows: int, outcome: Outcome
    ) -> Attempt:
        """Write down what follows from the outcome, in the caller's transaction."""
        now, reason, done = self._now(), "", False
        match outcome:
            case Delivered(receipt=receipt, receipt_after_s=after_s) if receipt:
                ask_at_ms = self._now_ms() + int(after_s * 1000)
                done = outcomes.accepted(self._conn, request, rows, receipt, ask_at_ms, now)
            case Delivered(invalid=invalid):
                done = outcomes.delivered(self._conn, request, rows, invalid, now)
            case Retry(reason=reason, after_s=after_s):
                attempts = request.attempts + 1
                if attempts >= self._params.retry.attempts and request.kind not in EXEMPT:
                    advice = f"No success in {attempts} attempts; the next push tries again."
                    outcomes.fail(self._conn, request, reason, "", advice, now)
                    outcome = Rejected(reason)
                else:
                    wait = retry.wait_ms(attempts, after_s, self._random(), self._params.retry)
                    outcomes.postpone(self._conn, request, reason, self._now_ms() + wait)
            case Rejected(reason=reason, detail=detail, rows=places) if places and set(
                places
            ) <= set(range(rows)):
                code = detail.rpartition("/")[2].lower() or reason
                outcomes.refuse_rows(self._conn, request, frozenset(places), f"refused:{code}")
                outcome, reason = Retry("rows_refused"), "rows_refused"
            case Rejected(reason=reason, advice=advice) if reason == LOST:
                outcomes.lost(self._conn, audience.id, f"lost: {advice}", now)
            case Rejected(reason=reason, detail=detail, advice=advice):
                outcomes.fail(self._conn, request, reason, detail, advice, now)
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
        minute = self._now_ms() // MINUTE_MS * MINUTE_MS
        names = {
            "delivered": metrics.REQUESTS_OK,
            "retry": metrics.REQUESTS_RETRIED,
            "rejected": metrics.REQUESTS_FAILED,
        }
        counts: dict[str, float] = {names[attempt.outcome]: 1, metrics.LATENCY_MS: took_ms}
        if isinstance(outcome, Delivered):
            counts |= {metrics.ROWS_SENT: attempt.rows, metrics.ROWS_REJECTED: outcome.invalid}
        signal = f"platform:{audience.platform}"
        observations.add(
            self._conn,
            [
                (audience.workspace_id, signal, minute, 0, name, value)
                for name, value in counts.items()
            ],
        )

    def _read_back(self, destination: Destination, audience: Audience, push_id: int) -> None:
        """Note the platform's own view of the audience.

        It is only shown, so a fault here changes nothing but waits for its token.
        """
        current = due.read_audience(self._conn, audience.id)
        if current and current.platform_id:
            outcome = destination.call(Read(current.platform_id))
            if isinstance(outcome, Delivered):
                with self._conn.transaction():
                    outcomes.note_readback(self._conn, push_id, outcome.readback)
                    self._count_match_rate(audience, outcome.readback)

    def _count_match_rate(self, audience: Audience, readback: Mapping[str, int | str]) -> None:
        """Add the match rate to the platform's signal where the platform tells one, in per cent."""
        rate = readback.get("match_rate")
        if isinstance(rate, int) and rate >= 0:
            minute = self._now_ms() // MINUTE_MS * MINUTE_MS
            seen = {metrics.MATCH_RATE: rate / 100, metrics.MATCH_RATES: 1}
            signal = f"platform:{audience.platform}"
            observations.add(
                self._conn,
                [
                    (audience.workspace_id, signal, minute, 0, name, value)
                    for name, value in seen.items()
                ],
            )

    def _now_ms(self) -> int:
        return to_ms(self._now())


def _never() -> bool:
    return False
