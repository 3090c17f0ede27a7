"""How activation is driven: how often it looks, how long it waits, how it tries again."""

from dataclasses import dataclass, field
from datetime import timedelta

from sinks.http.breaker import BreakerParams
from sinks.http.client import HttpParams
from sinks.http.retry import RetryParams


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
