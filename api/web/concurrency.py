"""Bounds how much heavy work one process does at a time, and shares it out among workspaces.

Routes share a process's threads and connections: whoever only reads must not keep waiting who stops
pushes, and no workspace the others.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from time import monotonic
from typing import Annotated, Final, TypeVar

from psycopg import OperationalError

from api.web.connected import while_connected
from api.web.deps import state
from api.web.errors import BusyError
from api.web.transaction import NoThreadError
from store.errors import StoreUnavailable

T = TypeVar("T")
_RETRY_AFTER_S: Final = 5.0


class FairPlaces:
    """Places of which a workspace takes at most as many as it leaves to all others.

    Args:
        total: how many there are.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._taken: Counter[int] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken.total()

    def take(self, workspace: int) -> bool:
        """Take a place, which `give_back` returns; False where there is none for the workspace."""
        own, free = self._taken[workspace], self._total - self._taken.total()
        if free <= 0 or own >= max(1, free):
            return False
        self._taken[workspace] += 1
        return True

    def give_back(self, workspace: int) -> None:
        """Return a place that was taken."""
        self._taken[workspace] -= 1
        self._taken += Counter()  # forget who has none any more


class FairTurns:
    """Turns that workspaces take one after another, however many requests of each wait.

    Of those that wait, who holds the fewest is next; of several, whose last turn is longest ago.

    Args:
        at_once: how many are held at a time.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._held: Counter[int] = Counter()
        self._waiting: dict[int, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, workspace: int) -> AsyncIterator[None]:
        """Wait for a turn, and hold it."""
        await self._take(workspace)
        try:
            yield
        finally:
            self._give_back(workspace)

    async def _take(self, workspace: int) -> None:
        if self._free:  # so nobody waits
            self._free -= 1
            self._held[workspace] += 1
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(workspace, deque()).append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.cancelled():
                self._leave(workspace, given)
            else:  # it came just as its owner went
                self._give_back(workspace)
            raise

    def _give_back(self, workspace: int) -> None:
        """Pass a turn on to whoever is next."""
        self._held[workspace] -= 1
        self._held += Counter()  # forget who has none any more
        self._put_behind_the_others(workspace)
        while self._waiting:
            following = min(self._waiting, key=self._held.__getitem__)
            given = self._waiting[following].popleft()
            if given.cancelled():  # its owner has not been told yet
                if not self._waiting[following]:
                    del self._waiting[following]
                continue
            self._put_behind_the_others(following)
            self._held[following] += 1
            given.set_result(None)
            return
        self._free += 1

    def _put_behind_the_others(self, workspace: int) -> None:
        waiting = self._waiting.pop(workspace, None)
        if waiting:
            self._waiting[workspace] = waiting

    def _leave(self, workspace: int, given: asyncio.Future[None]) -> None:
        """Forget who waits no more, unless that has been noticed."""
        waiting = self._waiting.get(workspace)
        if waiting and given in waiting:
            waiting.remove(given)
            if not waiting:
                del self._waiting[workspace]


class Outages:
    """Remembers when Postgres last did not answer, for those who wait for their turn meanwhile.

    Else each of them would wait as long for it, one after another.
    """

    def __init__(self) -> None:
        self._last_s = float("-inf")

    @contextmanager
    def noticed(self, since_s: float) -> Iterator[None]:
        """Notice whether Postgres answers the work within.

        Args:
            since_s: since when the work has waited for its turn, monotonic seconds.

        Raises:
            StoreUnavailable: Postgres did not answer somebody else since then.
        """
        if self._last_s > since_s:
            raise StoreUnavailable
        try:
            yield
        except (OperationalError, StoreUnavailable) as error:
            # With a state it is an answer; without a thread nobody has asked.
            if getattr(error, "sqlstate", None) is None and not isinstance(error, NoThreadError):
                self._last_s = monotonic()
            raise


class ConcurrencyLimit:
    """Lets so much work of one kind run at a time, lets some wait, and refuses the rest.

    Workspaces that wait have their turns one after another.

    Args:
        noun: what it is, in the plural.
        at_once: so many at a time.
        waiting: so many wait.
        within: a limit that covers other kinds, too. Whoever waits for a turn of its own kind takes
            no place of others there.
    """

    def __init__(
        self,
        noun: str,
        at_once: int = 2,
        waiting: int = 8,
        within: "ConcurrencyLimit | None" = None,
    ) -> None:
        self._noun = noun
        self._turns = FairTurns(at_once)
        self._places = FairPlaces(at_once + waiting)
        self._within = within
        self._outages = Outages()

    @asynccontextmanager
    async def slot(
        self, workspace: int, *, cancel_on_disconnect: bool = True
    ) -> AsyncIterator[None]:
        """Wait for a turn.

        Args:
            workspace: who asks; it may have at most as many places as are left for all others.
            cancel_on_disconnect: the work ends with its client. Else it goes on: others wait for
                its result, too, or nothing can stop it.

        Raises:
            BusyError: too many wait already.
            ClientDisconnectedError: the client is gone.
            StoreUnavailable: Postgres did not answer work of this kind meanwhile.
        """
        since_s = monotonic()
        if not self._places.take(workspace):
            raise BusyError(f"Too many {self._noun} are asked for at once.", _RETRY_AFTER_S)
        try:
            async with AsyncExitStack() as turn:
                if cancel_on_disconnect:
                    await turn.enter_async_context(while_connected())
                await turn.enter_async_context(self._turns.turn(workspace))
                turn.enter_context(self._outages.noticed(since_s))
                if self._within is not None:
                    within = self._within.slot(workspace, cancel_on_disconnect=False)
                    await turn.enter_async_context(within)
                yield
        finally:
            self._places.give_back(workspace)


async def finished(work: Awaitable[T]) -> T:
    """Await work in a thread, which nothing can stop; if cancelled, wait for it to end first.

    Args:
        work: runs in the thread already.

    Raises:
        Exception: whatever it raises.
    """
    thread = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.gather(thread, return_exceptions=True)
        raise


class HeavyReads:
    """The limits of an API process's heavy reads: together half of a pool of connections.

    So the other half is left to whoever looks up a person, stops a push or reads the overview. A
    pool of one connection has no other half: one heavy read at a time runs all the same, and
    whatever else needs the connection waits until it ends, as long as may be waited for one.

    Args:
        pool_size: connections of the pool.
        previews_at_once: previews of rules and segments at a time.
        funnels_at_once: funnels at a time.

    Attributes:
        audience_people: searches of an audience's people by reason.
        explanations: of a rule or a membership for a person.
        funnels: each reads many events.
        push_previews: plans of pushes that are thrown away.
        rejudgements: past pushes judged by other thresholds.
        segment_previews: of rules and segments.
        unmerge_previews: each reads a person's events.
        verdicts: counts of audiences by the gate's verdict.
    """

    def __init__(self, pool_size: int, previews_at_once: int = 1, funnels_at_once: int = 1) -> None:
        together = ConcurrencyLimit("heavy reads", max(1, pool_size // 2), 64)

        def kind(noun: str, at_once: int = 2, waiting: int = 8) -> ConcurrencyLimit:
            return ConcurrencyLimit(noun, at_once, waiting, together)

        self.audience_people = kind("searches of an audience's people", waiting=16)
        self.explanations = kind("explanations", waiting=16)
        self.funnels = kind("funnels", funnels_at_once, 32)
        self.push_previews = kind("previews of pushes")
        self.rejudgements = kind("judgements of past pushes", 1)
        self.segment_previews = kind("previews of segments", previews_at_once, 32)
        self.unmerge_previews = kind("previews of unmerges")
        self.verdicts = kind("counts of verdicts", waiting=16)


HeavyReadsDep = Annotated[HeavyReads, state("heavy_reads")]
"""Parameter of a route that reads much."""
