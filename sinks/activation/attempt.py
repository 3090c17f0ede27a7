"""What one attempt at a request came to, as it is logged and counted."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sinks.ads.outcomes import Delivered, Outcome, Retry

Word: TypeAlias = Literal["delivered", "retry", "rejected"]
"""How metrics and logs name the outcome of a request."""


@dataclass(frozen=True)
class Attempt:
    """What one attempt came to; safe to log.

    Attributes:
        rows: rows in the request.
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
    outcome: Word
    reason: str
    push_done: bool


def word_of(outcome: Outcome) -> Word:
    """Name an outcome."""
    match outcome:
        case Delivered():
            return "delivered"
        case Retry():
            return "retry"
        case _:
            return "rejected"
