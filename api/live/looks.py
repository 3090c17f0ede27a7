"""Looks at one workspace: what is new since the look before, topic by topic."""

from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, NamedTuple
from uuid import UUID

from api.live.schemas import NAMES
from api.live.windows import Window
from api.web.values import now
from config.live import LiveParams
from domain.instants import EPOCH
from domain.keys import command_id, message_key
from domain.signals import metrics
from store import live
from store.fetch import Pool
from store.intake.partitions import Watched, complete_until
from store.live import Arrival, Fact, Mark
from store.profiles.statistics import Totals

COMMANDS_WITHIN: Final = timedelta(minutes=10)
"""A command is followed for so long."""
_EVENTS_OVERLAP: Final = timedelta(seconds=2)
_KNOWN: Final = 100
"""Newest rows of a topic from which on it is looked for those that become visible late."""


class Told(NamedTuple):
    """Something to tell.

    Attributes:
        topic: which.
        data: its JSON.
        mark: how far the topic has been told with it; None where that does not move.
    """

    topic: str
    data: bytes
    mark: Mark | None


class Looks:
    """One workspace's place in every topic.

    Args:
        pool: open pool.
        totals: sums of the workspace.
        workspace: tenant.
        salt: names its commands.
        params: how far a look reaches.
        watched: partitions of the log, which may be read late.
    """

    def __init__(
        self,
        pool: Pool,
        totals: Totals,
        workspace: int,
        salt: bytes,
        params: LiveParams,
        watched: Watched,
    ) -> None:
        self._pool = pool
        self._totals = totals
        self._workspace = workspace
        self._salt = salt
        self._params = params
        self._watched = watched
        self._windows: dict[str, Window] = {}
        self._given = Window((), 0, 0, whole=True)
        self._pending: OrderedDict[int, live.Command] = OrderedDict()
        self._since: datetime | None = None
        self._seen: set[UUID] = set()
        self._late = False
        self._summed_s = float("-inf")
        self._sums: tuple[int, ...] = ()

    async def begin(self) -> dict[str, Mark]:
        """Note where every topic is now.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        overlap_s = self._params.overlap.total_seconds()
        limit = max(1, min(_KNOWN, self._params.rows // 2))
        for topic in live.TABLES:
            known = await live.newest(self._pool, self._workspace, topic, limit)
            whole = len(known) < limit
            self._windows[topic] = Window(known, overlap_s, monotonic(), whole=whole)
        given = await self._commands_after(0)
        whole = len(given) < self._params.rows
        known = [(0, one.id) for one in (given if whole else given[-1:])]
        self._given = Window(known, overlap_s, monotonic(), whole=whole)
        self._pending.update((one.id, one) for one in given)
        await self._processed()
        marks = {topic: window.end for topic, window in self._windows.items()}
        return marks | {"commands": self._given.end}

    async def look(self, wanted: Collection[str]) -> AsyncIterator[Told]:
        """Look at every topic once.

        Args:
            wanted: topics that somebody listens to; the expensive ones are looked at only then.

        Yields:
            What is new since the look before, topic by topic.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        limit = self._params.rows
        for topic, window in self._windows.items():
            found = await live.after(self._pool, self._workspace, topic, window.begin, limit)
            for fact in window.fresh(found, monotonic(), full=len(found) == limit):
                yield told(topic, fact.said, max(window.end, fact.mark))
        for command in await self._new_commands():
            self._pending[command.id] = command
            yield self._command_told(command, "pending")
        for command in await self._processed():
            yield self._command_told(command, "processed")
        if "events" in wanted:
            async for each in self._events():
                yield each
        else:
            self._since = None
        if "statistics" in wanted:
            async for each in self._statistics():
                yield each

    async def missed(self, topic: str, after: Mark, until: Mark) -> AsyncIterator[Told | None]:
        """What was told by somebody else between two marks; None where that is too much.

        Args:
            topic: which.
            after: known up to here.
            until: told by this feed from here on.
        """
        if topic == "commands":
            for command in await self._commands_after(0):
                if command.id <= until[1] and command.id not in self._pending:
                    yield self._command_told(command, "processed")
                elif after[1] < command.id <= until[1]:
                    yield self._command_told(command, "pending")
        if topic not in live.TABLES:
            return
        limit = self._params.rows
        found = await live.after(self._pool, self._workspace, topic, after, limit)
        for fact in found:
            if fact.mark <= until:
                yield told(topic, fact.said, fact.mark)
        if len(found) == limit and found[-1].mark < until:
            yield None

    async def _commands_after(self, row: int) -> Sequence[live.Command]:
        since = now() - COMMANDS_WITHIN
        return await live.commands(self._pool, self._workspace, row, since, self._params.rows)

    async def _new_commands(self) -> list[live.Command]:
        found = await self._commands_after(self._given.begin[1])
        facts = [Fact((0, one.id), {}) for one in found]
        full = len(found) == self._params.rows
        new = {fact.mark[1] for fact in self._given.fresh(facts, monotonic(), full=full)}
        return [one for one in found if one.id in new]

    async def _processed(self) -> list[live.Command]:
        """Commands that have been processed since the look before; old ones are given up."""
        border = now() - COMMANDS_WITHIN
        for number in [number for number, one in self._pending.items() if one.at < border]:
            del self._pending[number]
        if not self._pending:
            return []
        keys = {
            bytes(message_key(self._salt, command_id(self._salt, one.kind, number))): number
            for number, one in self._pending.items()
        }
        done = await live.processed(self._pool, self._workspace, list(keys))
        numbers = sorted(keys[key] for key in done)
        return [self._pending.pop(number) for number in numbers]

    def _command_told(self, command: live.Command, status: str) -> Told:
        said = {
            "id": command_id(self._salt, command.kind, command.id),
            "kind": command.kind,
            "status": status,
            "requested_at": command.at,
        }
        return told("commands", said, self._given.end)

    async def _events(self) -> AsyncIterator[Told]:
        limit = self._params.rows * 10
        begin = now() if self._since is None else self._since - _EVENTS_OVERLAP
        read_until = await complete_until(self._pool, self._watched)
        found = await live.arrivals(self._pool, self._workspace, begin, limit)
        new = [one for one in found if one.key not in self._seen]
        full = len(found) == limit
        self._since = max([begin if self._since is None else self._since, *_instants(found)])
        if full:  # what is beyond is left out, so that the feed does not fall behind
            self._since = max(self._since, now()) + _EVENTS_OVERLAP
        border = self._since - _EVENTS_OVERLAP  # before it, nothing is looked at again
        was_late, self._late = self._late, read_until is None or read_until < border
        self._seen = {one.key for one in found if one.received_at >= border}
        if new or self._late > was_late:
            exact = not (full or self._late)
            yield told("events", counted(new, self._params.shown_events, exact=exact), None)

    async def _statistics(self) -> AsyncIterator[Told]:
        if monotonic() - self._summed_s < self._params.statistics_interval.total_seconds():
            return
        at = now()
        sums = await self._totals.sum_by_metric(self._workspace, at)
        self._summed_s = monotonic()
        rejected = sum(
            value for name, value in sums.items() if name.startswith(metrics.REJECTED + ":")
        )
        said = (sums[metrics.ACCEPTED], sums[metrics.DUPLICATE], rejected, sums[metrics.NEW_PEOPLE])
        if said != self._sums:
            self._sums = said
            names = ("accepted", "duplicate", "rejected", "new_people")
            yield told("statistics", {"at": at, **dict(zip(names, said, strict=True))}, None)


def told(topic: str, said: dict[str, Any], mark: Mark | None) -> Told:
    """A fact in the shape that the API's document names."""
    _, model = NAMES[topic]
    return Told(topic, model.model_validate(said).model_dump_json().encode(), mark)


def counted(arrivals: Sequence[Arrival], shown: int, *, exact: bool) -> dict[str, Any]:
    """Events by type and name, and the newest of them.

    Args:
        arrivals: in the order of their arrival.
        shown: how many are named.
        exact: whether they are all.
    """
    counts = Counter((one.type, one.name) for one in arrivals)
    most = counts.most_common(_NAMES)
    return {
        "counts": [{"type": kind, "name": name, "count": count} for (kind, name), count in most],
        "exact": exact and len(counts) <= _NAMES,
        "shown": [
            {"id": one.key, "type": one.type, "name": one.name, "received_at": one.received_at}
            for one in arrivals[len(arrivals) - min(shown, len(arrivals)) :]
        ],
    }


_NAMES: Final = 50
"""Names counted apart; events of the rarest are left out beyond."""


def _instants(arrivals: Iterable[Arrival]) -> list[datetime]:
    return [one.received_at or EPOCH for one in arrivals]
