"""Shares a reading that takes long among those who ask for it at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SharedReading(Generic[K, T]):
    """One reading per key at a time.

    Whoever asks while one is under way shares the one after it, so that an answer is never older
    than its question.
    """

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[T]] = {}
        self._next: dict[K, asyncio.Task[T]] = {}

    async def read(self, key: K, read: Callable[[], Awaitable[T]]) -> T:
        """The result of a reading that begins after the call.

        Args:
            key: what is read.
            read: reads it.

        Raises:
            Exception: what `read` raises, to each who shares it.
        """
        task = self._next.get(key)
        if task is None:
            task = asyncio.create_task(self._begin(key, self._running.get(key), read))
            self._next[key] = task
        return await asyncio.shield(task)

    async def _begin(
        self, key: K, before: asyncio.Task[T] | None, read: Callable[[], Awaitable[T]]
    ) -> T:
        if before is not None:
            await asyncio.wait([before])
        task = self._running[key] = self._next.pop(key)
        try:
            return await read()
        finally:
            if self._running.get(key) is task:
                del self._running[key]
