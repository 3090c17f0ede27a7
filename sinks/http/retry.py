"""When to try again: one policy for every destination. Pure; the random number is an argument.

Exponential back-off with full jitter (M. Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015): many clients that fail together do not come back together. A destination's
own ``Retry-After`` is a floor.
"""

from dataclasses import dataclass
from datetime import timedelta

from domain.instants import MS


@dataclass(frozen=True)
class RetryParams:
    """Bounds of the back-off.

    Attributes:
        base: upper bound of the first wait; it doubles with every attempt.
        cap: upper bound of any wait that we choose ourselves.
        asked_cap: longest wait that a destination may ask of us.
        attempts: tries before a request is given up; a withdrawal of consent is never given up.
    """

    base: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(minutes=2)
    asked_cap: timedelta = timedelta(hours=1)
    attempts: int = 8


def wait_ms(attempt: int, asked_s: float | None, random: float, params: RetryParams) -> int:
    """Choose how long to wait before the next attempt.

    Args:
        attempt: attempts made so far, from 1.
        asked_s: what the destination asks for, seconds; None where it does not.
        random: uniform in [0, 1).
        params: the bounds.

    Returns:
        Milliseconds: jitter in [0, min(cap, base · 2^(attempt − 1))), never less than the
        destination asks for.

    >>> wait_ms(3, None, 0.5, RetryParams())
    2000
    >>> wait_ms(1, 30, 0.5, RetryParams())
    30500
    """
    ceiling: timedelta = min(params.cap, params.base * 2 ** min(attempt - 1, 30))
    asked = min(timedelta(seconds=asked_s or 0), params.asked_cap)
    return (asked + ceiling * random) // MS
