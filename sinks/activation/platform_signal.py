"""What platforms answer, as counters of their signals ``platform:<name>``.

Health watches them like those of a source. Each is added in the transaction that notes the answer.
"""

from collections.abc import Mapping
from typing import Any, Final

from psycopg import Connection

from domain.instants import MINUTE_MS
from domain.signals import metrics
from sinks.activation.attempt import Attempt
from sinks.ads.outcomes import Delivered, Outcome, Written
from store.signals import observations

_REQUESTS: Final = {
    "delivered": metrics.REQUESTS_OK,
    "retry": metrics.REQUESTS_RETRIED,
    "rejected": metrics.REQUESTS_FAILED,
}


def add(
    conn: Connection[Any],
    workspace_id: int,
    platform: str,
    now_ms: int,
    amounts: Mapping[str, float],
) -> None:
    """Add to the counters of a platform's signal.

    Args:
        conn: an open connection.
        workspace_id: tenant.
        platform: name of the platform.
        now_ms: an instant of the minute that is counted.
        amounts: metric → amount.
    """
    minute = now_ms // MINUTE_MS * MINUTE_MS
    signal = f"platform:{platform}"
    observations.add(
        conn, [(workspace_id, signal, minute, 0, name, value) for name, value in amounts.items()]
    )


def of_attempt(attempt: Attempt, outcome: Outcome, took_ms: int) -> dict[str, float]:
    """What an attempt adds: the request, its latency, and the rows that were delivered."""
    amounts: dict[str, float] = {_REQUESTS[attempt.outcome]: 1, metrics.LATENCY_MS: took_ms}
    if isinstance(outcome, Delivered):
        invalid = outcome.invalid if isinstance(outcome, Written) else 0
        amounts |= {metrics.ROWS_SENT: attempt.rows, metrics.ROWS_REJECTED: invalid}
    return amounts


def of_match_rate(low: object, high: object) -> dict[str, float]:
    """What a match rate adds, as the platform tells it: in per cent, from … to; else nothing."""
    if isinstance(low, int) and isinstance(high, int) and low >= 0:
        return {metrics.MATCH_RATE: (low + high) / 200, metrics.MATCH_RATES: 1}
    return {}
