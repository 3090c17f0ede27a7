"""A circuit breaker per destination: failures in a row stop it, then one trial goes. Pure.

    closed ──failures──▶ open ──cool-down──▶ half open ──success──▶ closed
                          ▲                      │
                          └───────failure────────┘

Source: M. Nygard, "Release It!", 2nd ed., Circuit Breaker.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from domain.instants import MS


@dataclass(frozen=True)
class BreakerParams:
    """When it opens, and for how long.

    Attributes:
        failures: failures in a row that open it.
        cool_down: rest before the one trial.
    """

    failures: int = 5
    cool_down: timedelta = timedelta(seconds=15)


class Breaker(NamedTuple):
    """Failures in a row, and until when it is open (0: closed or half open)."""

    failures: int = 0
    open_until_ms: int = 0


def wait_ms(breaker: Breaker, now_ms: int) -> int:
    """Milliseconds until something may be sent; 0 when closed, or half open for the one trial.

    >>> wait_ms(Breaker(5, 2_000), 500)
    1500
    """
    return max(0, breaker.open_until_ms - now_ms)


def observe(breaker: Breaker, ok: bool, now_ms: int, params: BreakerParams) -> Breaker:
    """Record one result; a success closes, a failure at or beyond the limit opens again.

    Args:
        breaker: as it was.
        ok: whether the call succeeded.
        now_ms: clock.
        params: limit and cool-down.

    >>> observe(Breaker(4), False, 1_000, BreakerParams())
    Breaker(failures=5, open_until_ms=16000)
    >>> observe(Breaker(5, 16_000), True, 17_000, BreakerParams())
    Breaker(failures=0, open_until_ms=0)
    """
    if ok:
        return Breaker()
    failures = breaker.failures + 1
    cool_down_ms = params.cool_down // MS
    return Breaker(failures, now_ms + cool_down_ms if failures >= params.failures else 0)
