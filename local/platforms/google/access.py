"""How often one may ask the Google sandbox: quotas per minute and day.

Source: Data Manager API, Limits and quotas (300 changes and 300 reads of
ingestion a minute and 100,000 a day, and 300 other requests a minute and 50,000 a day).
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from local.platforms.google.proto_json import ApiError

PER_MINUTE: Final = 300
MINUTE_S: Final = 60
DAY_S: Final = 86_400
_PER_DAY: Final = {"IngestionMutate": 100_000, "IngestionRead": 100_000, "Management": 50_000}


class Quotas:
    """Counts requests per service and kind in sliding windows of a minute and a day."""

    def __init__(
        self, per_minute: int = PER_MINUTE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._times: dict[str, deque[float]] = {kind: deque() for kind in _PER_DAY}

    def take(self, kind: str) -> None:
        """Count one request.

        Args:
            kind: IngestionMutate, IngestionRead or Management.

        Raises:
            ApiError: 429, with the quota that is used up.
        """
        now, times = self._clock(), self._times[kind]
        while times and times[0] <= now - DAY_S:
            times.popleft()
        spelled = kind if kind.startswith("Ingestion") else f"{kind}Mutate"
        if len(times) >= _PER_DAY[kind]:
            raise ApiError(429, "Quota exceeded", quota=f"{spelled}RequestsPerDayPerProject")
        if len(times) >= self._per_minute and times[-self._per_minute] > now - MINUTE_S:
            raise ApiError(429, "Quota exceeded", quota=f"{spelled}RequestsPerMinutePerProject")
        times.append(now)
