"""Drives pushes one request at a time: note it, send it, classify the answer, note what follows.

    begin (rows checked for consent) → its turn in the pace → leave (gate asked, on record,
    committed) → send
        → Delivered | Retry | Rejected → settlement → apply (one transaction)

What a platform takes in now and does later is not confirmed before the platform says so
(`sinks.activation.receipts`). Rows that it objects to are taken out and the rest is sent again. An
audience that is lost at its platform is created and filled again by its next push.

What adds people leaves only where the gate lets it pass in the transaction that puts its beginning
on record, checked each time: every HTTP request of a write, every repetition, whatever was waited
for before. What has begun may be on its way when people say something else.

Guarantee: every recorded request is sent at least once until it is delivered, rejected or given up;
sending one twice changes nothing, because all writes are set operations and an audience is created
only when looking for it by its recorded intent finds none. Requests for withdrawals and deletions
are never given up. The circuit breaker of a destination that fails repeatedly opens: it is left
alone for a while.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import Operation
from domain.ids import ProfileId
from domain.instants import MS, to_ms
from operators.activation import Row
from sinks.activation import platform_signal
from sinks.activation.attempt import Attempt
from sinks.activation.destination import LOST, Destination
from sinks.activation.params import DeliveryParams
from sinks.activation.settlement import (
    Accept,
    Confirm,
    Fail,
    Lost,
    Postpone,
    RefuseRows,
    Settlement,
    settlement,
)
from sinks.ads.outcomes import Delivered, Described, Found, Outcome, Rejected, Retry
from sinks.ads.platform import Read
from sinks.http import breaker
from sinks.http.rate_limit import WithheldError
from store.activation import due, outcomes, requests
from store.activation.due import Audience
from store.activation.requests import OpenRequest

Still = Callable[[Audience, int], bool]
"""Asks the gate whether a push may continue: audience, push id.

It does so in the transaction that puts a request on record.
"""
_NO_FAULT_OF_THE_LINE: Final = frozenset({"throttled", "busy"})


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

        The caller holds the audience (`store.activation.due.audience_lock`).

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
        outcome = self._sent(destination, audience, request, pairs, permit)
        if outcome is None:
            return None
        took_ms = self._now_ms() - now_ms
        self._observe(destination, outcome)
        with self._conn.transaction():
            attempt = self._apply_outcome(audience, request, len(pairs), outcome)
            counted = platform_signal.of_attempt(attempt, outcome, took_ms)
            self._count(audience, counted)
        if attempt.push_done and request.operation != Operation.DELETE:
            self._read_back(destination, audience, request.push_id)
        return attempt

    def _sent(
        self,
        destination: Destination,
        audience: Audience,
        request: OpenRequest,
        pairs: Sequence[tuple[ProfileId, Row]],
        permit: Callable[[], bool],
    ) -> Outcome | None:
        """Perform a request on its people and their rows.

        What adds people asks again before it leaves; None where it is withheld then.
        """
        leave = partial(
            requests.record_departure,
            self._conn,
            request,
            audience.platform,
            destination.platform.purpose,
            [person for person, _ in pairs],
            permit,
        )
        rows = tuple(row for _, row in pairs)
        adds = request.operation == Operation.ADD
        try:
            with destination.rate_limit.permitting(leave if adds else _never):
                return self._perform(destination, audience, request, rows)
        except WithheldError:
            return None

    def _may_send(self, destination: Destination, now_ms: int) -> bool:
        """Ask breaker, rest and pace, in this order.

        Takes the first request's token when all agree.
        """
        if breaker.wait_ms(destination.breaker, now_ms) or destination.resume_at_ms > now_ms:
            return False
        return destination.rate_limit.try_acquire()

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
            if not isinstance(found, Found) or not found.platform_id:
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

    def _apply_outcome(
        self, audience: Audience, request: OpenRequest, rows: int, outcome: Outcome
    ) -> Attempt:
        """Write down what follows from the outcome, in the caller's transaction."""
        settled = settlement(request, rows, outcome, self._params.retry, self._random)
        return Attempt(
            push_id=request.push_id,
            seq=request.seq,
            audience_id=audience.id,
            platform=audience.platform,
            kind=request.kind,
            operation=request.operation,
            rows=rows,
            outcome=settled.outcome,
            reason=settled.reason,
            push_done=self._apply(request, rows, settled),
        )

    def _apply(self, request: OpenRequest, rows: int, settled: Settlement) -> bool:
        """Apply one case to the journal; whether the push has nothing left to send."""
        conn, now = self._conn, self._now()
        match settled:
            case Confirm():
                return outcomes.delivered(conn, request, rows, settled.invalid, now)
            case Accept():
                ask_at_ms = to_ms(now) + settled.after_ms
                return outcomes.accepted(conn, request, rows, settled.receipt, ask_at_ms, now)
            case Postpone():
                outcomes.postpone(conn, request, settled.reason, to_ms(now) + settled.wait_ms)
            case RefuseRows():
                outcomes.refuse_rows(conn, request, settled.places, settled.cause)
            case Fail():
                outcomes.fail(conn, request, settled.reason, settled.detail, settled.advice, now)
            case Lost():
                outcomes.lost(conn, request.audience_id, f"lost: {settled.advice}", now)
        return False

    def _count(self, audience: Audience, amounts: Mapping[str, float]) -> None:
        platform_signal.add(
            self._conn, audience.workspace_id, audience.platform, self._now_ms(), amounts
        )

    def _read_back(self, destination: Destination, audience: Audience, push_id: int) -> None:
        """Note the platform's own view of the audience.

        It is only shown, so a fault here changes nothing but waits for its token.
        """
        current = due.read_audience(self._conn, audience.id)
        if current and current.platform_id:
            outcome = destination.call(Read(current.platform_id))
            if isinstance(outcome, Described):
                with self._conn.transaction():
                    outcomes.note_readback(self._conn, push_id, outcome.readback)
                    rate = outcome.readback.get("match_rate")
                    self._count(audience, platform_signal.of_match_rate(rate, rate))

    def _now_ms(self) -> int:
        return to_ms(self._now())


def _never() -> bool:
    return False
