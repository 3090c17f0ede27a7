"""A sandbox's rate limits: sliding windows over a monotonic clock."""

import time
from collections import deque


class RateLimit:
    """At most so many requests within so many seconds, for each of several windows.

    Args:
        windows: seconds → requests; none: no limit.
    """

    def __init__(self, windows: dict[float, int]) -> None:
        self._windows = windows
        self._taken: dict[float, deque[float]] = {seconds: deque() for seconds in windows}

    def take(self) -> bool:
        """Count one request; False where a window is full, and then it is not counted."""
        now = time.monotonic()
        for seconds, taken in self._taken.items():
            while taken and taken[0] <= now - seconds:
                taken.popleft()
        if any(len(self._taken[seconds]) >= limit for seconds, limit in self._windows.items()):
            return False
        for taken in self._taken.values():
            taken.append(now)
        return True
