"""What follows from a platform's answer to a request: one case each, decided without I/O.

    Delivered ──▶ Confirm, or Accept where the platform reports the result later
    Retry     ──▶ Postpone, or Fail after the last attempt of a push that may be given up
    Rejected  ──▶ RefuseRows where the rest passes without them, Lost, or Fail

`sinks.activation.delivery` applies the case in one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from domain.activation.states import EXEMPT
from sinks.activation.destination import LOST
from sinks.ads.outcomes import Accepted, Delivered, Outcome, Rejected, Retry, Written
from sinks.http import retry
from sinks.http.retry import RetryParams
from store.activation.requests import OpenRequest

ROWS_REFUSED: Final = "rows_refused"


@dataclass(frozen=True)
class Confirm:
    """The request is done; `invalid` of its rows the platform could not use."""

    invalid: int
    outcome: Literal["delivered"] = "delivered"
    reason: str = ""


@dataclass(frozen=True)
class Accept:
    """The platform took the request in; its result is asked for by receipt, in `after_ms`."""

    receipt: str
    after_ms: int
    outcome: Literal["delivered"] = "delivered"
    reason: str = ""


@dataclass(frozen=True)
class Postpone:
    """The request is sent again, in `wait_ms`."""

    reason: str
    wait_ms: int
    outcome: Literal["retry"] = "retry"


@dataclass(frozen=True)
class RefuseRows:
    """Rows are taken out, by their places and for a cause; the rest is sent again."""

    places: frozenset[int]
    cause: str
    outcome: Literal["retry"] = "retry"
    reason: str = ROWS_REFUSED


@dataclass(frozen=True)
class Fail:
    """The request is given up, and with it the rest of its push."""

    reason: str
    detail: str
    advice: str
    outcome: Literal["rejected"] = "rejected"


@dataclass(frozen=True)
class Lost:
    """The audience is gone at its platform."""

    advice: str
    outcome: Literal["rejected"] = "rejected"
    reason: str = LOST


Settlement: TypeAlias = Confirm | Accept | Postpone | RefuseRows | Fail | Lost


def settlement(
    request: OpenRequest,
    rows: int,
    outcome: Outcome,
    params: RetryParams,
    random: Callable[[], float],
) -> Settlement:
    """Decide what follows from the outcome of a request.

    Args:
        request: as it was sent.
        rows: rows in it.
        outcome: as the platform classified its answer.
        params: bounds of the back-off; how many attempts a request has.
        random: draws from [0, 1) uniformly, for the jitter of a wait.
    """
    match outcome:
        case Accepted():
            return Accept(outcome.receipt, int(outcome.receipt_after_s * 1000))
        case Written():
            return Confirm(outcome.invalid)
        case Delivered():
            return Confirm(0)
        case Retry():
            attempts = request.attempts + 1
            if attempts >= params.attempts and request.kind not in EXEMPT:
                advice = f"No success in {attempts} attempts; the next push tries again."
                return Fail(outcome.reason, "", advice)
            wait_ms = retry.wait_ms(attempts, outcome.after_s, random(), params)
            return Postpone(outcome.reason, wait_ms)
        case Rejected():
            places = frozenset(outcome.rows)
            if places and places.issubset(range(rows)):
                code = outcome.detail.rpartition("/")[2].lower() or outcome.reason
                return RefuseRows(places, f"refused:{code}")
            if outcome.reason == LOST:
                return Lost(outcome.advice)
            return Fail(outcome.reason, outcome.detail, outcome.advice)
