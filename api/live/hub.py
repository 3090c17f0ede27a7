"""All feeds of one process: as many as workspaces that somebody listens to."""

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from time import monotonic

from api.live.feed import Feed, Listener
from api.live.looks import Looks
from api.web.concurrency import FairPlaces, Outages
from api.web.deps import Caller
from api.web.errors import BusyError
from config.live import LiveParams
from store.errors import StoreUnavailable
from store.fetch import Pool
from store.intake.partitions import Watched
from store.profiles.statistics import Totals
from store.workspaces.claims import Claim, holding

_RETRY_AFTER_S = 10.0


class Hub:
    """Lets callers listen.

    Args:
        pool: open pool.
        totals: sums of workspaces.
        params: how many may listen.
        watched: partitions of the log: while they are read late, events are told late, too.
        idle: rest that ends a login.
    """

    def __init__(
        self, pool: Pool, totals: Totals, params: LiveParams, watched: Watched, idle: timedelta
    ) -> None:
        self.params = params
        self._pool = pool
        self._totals = totals
        self._watched = watched
        self._idle = idle
        self._feeds: dict[int, Feed] = {}
        self._beginning: dict[int, asyncio.Lock] = {}
        self._outages = Outages()
        self._places = FairPlaces(params.listeners)

    async def join(
        self, caller: Caller, claim: Claim, topics: Collection[str]
    ) -> tuple[Feed, Listener]:
        """Let a caller listen to its workspace; `leave` must follow.

        Args:
            caller: who listens.
            claim: what it was let in by.
            topics: to what.

        Raises:
            BusyError: as many listen as may, or the workspace has as many listeners as there are
                places left for all others.
            psycopg.OperationalError: Postgres does not answer.
            StoreUnavailable: nor does it in time.
        """
        if not self._places.take(caller.workspace):
            raise BusyError("As many listen as may at once.", _RETRY_AFTER_S)
        try:
            feed = await self._feed(caller)
            listener = Listener(claim, topics, self.params.queue)
            feed.add(listener)
        except BaseException:
            self._places.give_back(caller.workspace)
            raise
        return feed, listener

    def leave(self, caller: Caller, feed: Feed, listener: Listener) -> None:
        """Stop listening; the last one stops the feed."""
        self._places.give_back(caller.workspace)
        feed.listeners.discard(listener)
        if not feed.listeners:
            feed.end()
            if self._feeds.get(caller.workspace) is feed:
                del self._feeds[caller.workspace]

    def end_login(self, digest: bytes) -> None:
        """End at once what a login listens to (`api.access.streams`)."""
        self._end(lambda claim: claim.login == digest)

    def end_key(self, key_id: int) -> None:
        """End at once what an API key and its logins listen to (`api.access.streams`)."""
        self._end(lambda claim: claim.key_id == key_id)

    def _end(self, meant: Callable[[Claim], bool]) -> None:
        for feed in self._feeds.values():
            for listener in feed.listeners:
                if meant(listener.claim):
                    listener.ended.set()

    @property
    def listeners(self) -> int:
        """How many listen."""
        return self._places.taken

    @property
    def feeds(self) -> int:
        """How many workspaces are looked at."""
        return len(self._feeds)

    def close(self) -> None:
        """Stop all feeds."""
        for feed in self._feeds.values():
            feed.end()

    async def _feed(self, caller: Caller) -> Feed:
        """The workspace's feed, which runs."""
        lock, since_s = self._beginning.setdefault(caller.workspace, asyncio.Lock()), monotonic()
        async with lock:
            feed = self._feeds.get(caller.workspace)
            if feed is None or feed.ended:
                looks = Looks(
                    self._pool,
                    self._totals,
                    caller.workspace,
                    caller.salt,
                    self.params,
                    self._watched,
                )
                holds = partial(holding, self._pool, caller.workspace, "read", self._idle)
                feed = Feed(looks, holds, caller.workspace, self.params)
                with self._outages.noticed(since_s):
                    try:
                        await feed.begin()
                    except TimeoutError as error:
                        raise StoreUnavailable(type(error).__name__) from error
                self._feeds[caller.workspace] = feed
        return feed
