"""Requests that name their key only in the body, which has to be read before they are known.

Few are waited for at once. Where one more comes, the one that has waited longest is given up: a
beacon comes in one piece, so that slow bodies without a key block only each other.
"""

import asyncio
from datetime import timedelta

from starlette.types import Receive, Scope

from api.collector.request import Packed, read_body


class Waiting:
    """The bodies that are waited for in one process.

    Args:
        limit: most at once.
        patience: longest time for one.
    """

    def __init__(self, limit: int, patience: timedelta) -> None:
        self._limit = limit
        self._patience_s = patience.total_seconds()
        self._waiting: dict[asyncio.Timeout, None] = {}  # in order of arrival

    async def read(self, scope: Scope, receive: Receive, limit_bytes: int) -> Packed:
        """Receive a body.

        Raises:
            Refusal: 408, 413.
            DisconnectedError: the client went away first.
        """
        patience = asyncio.timeout(self._patience_s)
        if len(self._waiting) >= self._limit:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            if not oldest.expired():
                oldest.reschedule(asyncio.get_running_loop().time())
        self._waiting[patience] = None
        try:
            return await read_body(scope, receive, limit_bytes, patience)
        finally:
            self._waiting.pop(patience, None)
