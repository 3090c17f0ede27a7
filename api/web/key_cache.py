"""Remembers what was looked up by key.

Fresh answers are served at once, unknown keys are refused for a while, and, where allowed, an old
answer stands in while the store does not answer.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import psycopg

from config.collector import KeyParams

V = TypeVar("V")
_AWAY: Final = "Postgres does not answer"


@dataclass(frozen=True)
class _Answer(Generic[V]):
    value: V | None
    until_s: float


class KeyCache(Generic[V]):
    """Digest → value, through a bounded memory.

    Args:
        load: looks up a digest; None where it is unknown.
        params: how long answers are valid.
        clock: monotonic seconds.
        outlives_store: whether an expired answer is still used while the store is down. Right for
            write keys, whose events are only appended; wrong for API keys, which may have been
            revoked.
    """

    def __init__(
        self,
        load: Callable[[bytes], Awaitable[V | None]],
        params: KeyParams,
        clock: Callable[[], float],
        *,
        outlives_store: bool,
    ) -> None:
        self._load = load
        self._params = params
        self._clock = clock
        self._outlives_store = outlives_store
        # Apart, so that a flood of invented keys cannot push known ones out.
        self._known: OrderedDict[bytes, _Answer[V]] = OrderedDict()
        self._unknown: OrderedDict[bytes, _Answer[V]] = OrderedDict()
        self._loads: dict[bytes, asyncio.Task[V | None]] = {}
        self._paused_until_s = float("-inf")
        self._newcomers = asyncio.Semaphore(params.lookups_limit)

    async def get(self, digest: bytes) -> V | None:
        """The value behind a digest, or None where it is unknown.

        Raises:
            psycopg.OperationalError: the store does not answer and nothing may stand in.
        """
        now_s = self._clock()
        answer = self._known.get(digest) or self._unknown.get(digest)
        if answer is not None and now_s < answer.until_s:
            return answer.value
        stand_in = answer if self._outlives_store and digest in self._known else None
        if now_s < self._paused_until_s:
            return self._without_store(stand_in)
        try:
            return await self._load_once(digest)
        except (psycopg.OperationalError, TimeoutError):
            return self._without_store(stand_in)

    @staticmethod
    def _without_store(stand_in: _Answer[V] | None) -> V | None:
        if stand_in is None:
            raise psycopg.OperationalError(_AWAY)
        return stand_in.value

    async def _load_once(self, digest: bytes) -> V | None:
        """Share one lookup among all concurrent callers."""
        flight = self._loads.get(digest)
        if flight is None:
            flight = self._loads[digest] = asyncio.create_task(self._look_up(digest))
            flight.add_done_callback(lambda done: self._finish_load(digest, done))
        return await asyncio.shield(flight)

    def _finish_load(self, digest: bytes, flight: asyncio.Task[V | None]) -> None:
        del self._loads[digest]
        if not flight.cancelled():
            flight.exception()  # seen, even where everybody who asked has gone away

    async def _ask(self, digest: bytes) -> V | None:
        if self._clock() < self._paused_until_s:  # since this look began to wait for its turn
            raise psycopg.OperationalError(_AWAY)
        try:
            async with asyncio.timeout(self._params.timeout.total_seconds()):
                return await self._load(digest)
        except (psycopg.OperationalError, TimeoutError):
            self._paused_until_s = self._clock() + self._params.pause.total_seconds()
            raise

    async def _look_up(self, digest: bytes) -> V | None:
        if digest in self._known:
            value = await self._ask(digest)
        else:
            async with self._newcomers:
                value = await self._ask(digest)
        fresh = self._params.fresh if value is not None else self._params.unknown_fresh
        mine, other = (
            (self._known, self._unknown) if value is not None else (self._unknown, self._known)
        )
        other.pop(digest, None)
        mine[digest] = _Answer(value, self._clock() + fresh.total_seconds())
        mine.move_to_end(digest)
        if len(mine) > self._params.remembered:
            mine.popitem(last=False)
        return value
