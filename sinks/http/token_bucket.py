"""A token bucket: how many requests may go now. Pure; `now_ms` is an argument."""

from math import ceil
from typing import NamedTuple


class Bucket(NamedTuple):
    """Tokens left at an instant; a fresh bucket is full."""

    tokens: float
    at_ms: int


def take(bucket: Bucket | None, now_ms: int, rate_per_s: float, burst: int) -> tuple[Bucket, int]:
    """Take one token.

    Args:
        bucket: state so far, None for a fresh one.
        now_ms: clock; one that runs backwards refills nothing.
        rate_per_s: tokens that come back per second.
        burst: tokens that a full bucket holds, at least 1.

    Returns:
        The bucket and 0 when the token was taken, or the milliseconds until there is one (nothing
        is taken then).

    >>> take(Bucket(1.0, 0), 0, 2.0, 5)
    (Bucket(tokens=0.0, at_ms=0), 0)
    >>> take(Bucket(0.0, 0), 100, 2.0, 5)
    (Bucket(tokens=0.2, at_ms=100), 400)
    """
    if bucket is None:
        bucket = Bucket(float(burst), now_ms)
    refilled = min(float(burst), bucket.tokens + max(0, now_ms - bucket.at_ms) * rate_per_s / 1000)
    now_ms = max(now_ms, bucket.at_ms)
    if refilled >= 1:
        return Bucket(refilled - 1, now_ms), 0
    return Bucket(refilled, now_ms), max(1, ceil((1 - refilled) * 1000 / rate_per_s))
