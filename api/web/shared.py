"""Shares a reading that takes long among those who ask for it."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


def _not_at_all(_took_s: float) -> float:
    return 0.0


class SharedReading(Generic[K, T]):
    """One reading per key at a time, whose result may stand for a while.

    Whoever asks while one is under way shares the one after it, so that an answer is never older
    than its question, or than results stand.

    Args:
        stands_s: seconds that a reading took → seconds for which its result is given again; by
            default none.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        stands_s: Callable[[float], float] = _not_at_all,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._stands_s = stands_s
        self._clock = clock
        self._running: dict[K, asyncio.Task[T]] = {}
        self._next: dict[K, asyncio.Task[T]] = {}
        self._standing: dict[K, tuple[T, float]] = {}
        self._forgotten: set[K] = set()

    async def read(self, key: K, read: Callable[[], Awaitable[T]]) -> T:
        """The result of a reading that begins after the call, or one that still stands.

        Args:
            key: what is read.
            read: reads it.

        Raises:
            Exception: what `read` raises, to each who shares it.
        """
        standing = self._standing.get(key)
        if standing is not None:
            if self._clock() < standing[1]:
                return standing[0]
            del self._standing[key]
        task = self._next.get(key)
        if task is None:
            task = asyncio.create_task(self._begin(key, self._running.get(key), read))
            self._next[key] = task
        return await asyncio.shield(task)

    def forget(self, key: K) -> None:
        """Read anew for whoever asks from now on: what is read has changed."""
        self._standing.pop(key, None)
        self._forgotten.add(key)

    async def _begin(
        self, key: K, before: asyncio.Task[T] | None, read: Callable[[], Awaitable[T]]
    ) -> T:
        if before is not None:
            await asyncio.wait([before])
        task = self._running[key] = self._next.pop(key)
        self._forgotten.discard(key)
        began_s = self._clock()
        try:
            result = await read()
        finally:
            if self._running.get(key) is task:
                del self._running[key]
        ended_s = self._clock()
        stands_s = self._stands_s(ended_s - began_s)
        self._standing.pop(key, None)  # of an earlier reading
        if stands_s > 0 and key not in self._forgotten:
            self._standing[key] = result, ended_s + stands_s
        return result
