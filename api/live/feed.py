"""The feed of one workspace: one look a second for all of its listeners."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from time import time_ns
from typing import Final

import msgspec
import psycopg
import structlog

from api.live.looks import Looks
from api.live.places import Place, written
from api.live.schemas import NAMES, LiveAway, LiveBack
from api.web.values import now
from config.live import LiveParams
from store.live import Mark
from store.workspaces.claims import Claim

logger = structlog.get_logger(__name__)

Holding = Callable[[Collection[Claim]], Awaitable[Collection[Claim]]]
"""Finds those of some claims that still hold."""

_FOR_ALL: Final = ""
"""Topic of messages that everybody gets."""

_BREATH_S: Final = 0.001
"""In a burst, listeners take what is queued within so long."""


@dataclass(frozen=True)
class Message:
    """One message as it is sent.

    Attributes:
        seq: its number in the feed; 0 for those that are not kept.
        topic: which; empty for everybody.
        text: the event of the stream.
    """

    seq: int
    topic: str
    text: bytes


class Listener:
    """One connection that listens.

    Args:
        claim: what it was let in by.
        topics: what it wants.
        queue: messages that it may be behind.

    Attributes:
        claim: what it was let in by.
        ended: set where it may not listen any more.
        dropped: set where it was too slow, or the feed ended.
        seq: number of the feed's last message before it came.
        marks: how far the topics had been told then.
    """

    def __init__(self, claim: Claim, topics: Collection[str], queue: int) -> None:
        self.claim = claim
        self.topics = frozenset(topics)
        self.queue: asyncio.Queue[Message] = asyncio.Queue(queue)
        self.ended = asyncio.Event()
        self.dropped = asyncio.Event()
        self.seq = 0
        self.marks: dict[str, Mark] = {}

    def wants(self, message: Message) -> bool:
        """Whether a message is for it."""
        return message.topic == _FOR_ALL or message.topic in self.topics

    def put(self, message: Message) -> None:
        """Queue a message; whoever is too far behind is dropped, and comes back with its place."""
        if self.wants(message) and not (self.dropped.is_set() or self.ended.is_set()):
            try:
                self.queue.put_nowait(message)
            except asyncio.QueueFull:
                self.dropped.set()


class Feed:
    """A workspace's feed; it runs from its first listener to its last.

    Args:
        looks: the workspace.
        holding: finds the claims that still hold.
        workspace: its id.
        params: how often.

    Attributes:
        epoch: names this feed.
        listeners: who listens.
        looks: the workspace.
    """

    def __init__(self, looks: Looks, holding: Holding, workspace: int, params: LiveParams) -> None:
        self.looks = looks
        self._holding = holding
        self.epoch = f"{time_ns():x}"
        self.listeners: set[Listener] = set()
        self._workspace = workspace
        self._params = params
        self._seq = 0
        self._marks: dict[str, Mark] = {}
        self._kept: deque[Message] = deque(maxlen=params.remembered)
        self._statistics: Message | None = None
        self._away: LiveAway | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Find out where the workspace is, and start looking.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
            TimeoutError: nor does it in time.
        """
        async with asyncio.timeout(self._params.patience.total_seconds()):
            self._marks = await self.looks.begin()
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)

    def end(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()

    def add(self, listener: Listener) -> None:
        """Let somebody listen from here on."""
        listener.seq, listener.marks = self._seq, dict(self._marks)
        self.listeners.add(listener)
        if self._statistics is not None:
            listener.put(self._statistics)
        if self._away is not None:
            listener.put(self._plain("away", self._away.model_dump_json().encode()))

    def place(self, listener: Listener) -> bytes:
        """The line that names where a listener begins."""
        return self._line(listener.seq, listener.marks)

    def kept_since(self, place: Place, until: int) -> list[Message] | None:
        """The messages after a place of this feed; None where they are not kept any more.

        Args:
            place: of a listener that comes back.
            until: number of the last message that is meant.
        """
        first = self._kept[0].seq if self._kept else self._seq + 1
        if place.epoch != self.epoch or not first - 1 <= place.seq <= until:
            return None
        return [one for one in self._kept if place.seq < one.seq <= until]

    async def missed(self, listener: Listener, place: Place) -> "asyncio.Queue[Message | str]":
        """What came between a place of another feed and this listener, looked up.

        Args:
            listener: who comes back.
            place: where it had got to.

        Returns:
            Messages in order, and names of topics of which too much came.

        Raises:
            psycopg.OperationalError: Postgres does not answer.
        """
        found: asyncio.Queue[Message | str] = asyncio.Queue()
        marks = {**place.marks}
        for topic in sorted(listener.topics):
            until = listener.marks.get(topic)
            after = place.marks.get(topic)
            if until is None:
                continue
            if after is None or after > until:
                found.put_nowait(topic)
                continue
            async for told in self.looks.missed(topic, after, until):
                if told is None:
                    found.put_nowait(topic)
                    break
                if told.mark is not None:
                    marks[topic] = told.mark
                line = _id_line(Place(self._workspace, "", 0, marks))
                name, _ = NAMES[topic]
                found.put_nowait(Message(0, topic, line + event(name, told.data)))
        return found

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._params.look_interval.total_seconds())
            try:
                async with asyncio.timeout(self._params.patience.total_seconds()):
                    await self._part()
                    await self._look()
            except (psycopg.OperationalError, TimeoutError):
                self._note_away()
            else:
                self._note_back()

    async def _part(self) -> None:
        """End those who may not listen any more, before anything is told."""
        listeners = list(self.listeners)
        hold = await self._holding({listener.claim for listener in listeners})
        for listener in listeners:
            if listener.claim not in hold:
                listener.ended.set()

    async def _look(self) -> None:
        wanted = {topic for listener in self.listeners for topic in listener.topics}
        untaken = 0
        async for told in self.looks.look(wanted):
            self._tell(told.topic, told.data, told.mark)
            untaken += 1
            if untaken >= self._params.queue // 2:
                await asyncio.sleep(_BREATH_S)  # only who does not take them now is slow
                untaken = 0

    def _tell(self, topic: str, data: bytes, mark: Mark | None) -> None:
        if mark is not None:
            self._marks[topic] = mark
        self._seq += 1
        name, _ = NAMES[topic]
        text = self._line(self._seq, self._marks) + event(name, data)
        message = Message(self._seq, topic, text)
        self._kept.append(message)
        if topic == "statistics":
            self._statistics = Message(0, topic, event(name, data))
        self._put(message)

    def _note_away(self) -> None:
        if self._away is None:
            self._away = LiveAway(since=now())
            self._put(self._plain("away", self._away.model_dump_json().encode()))

    def _note_back(self) -> None:
        if self._away is not None:
            back, self._away = LiveBack(since=self._away.since), None
            self._put(self._plain("back", back.model_dump_json().encode()))

    def _put(self, message: Message) -> None:
        for listener in self.listeners:
            listener.put(message)

    def _plain(self, name: str, data: bytes) -> Message:
        return Message(0, _FOR_ALL, event(name, data))

    def _line(self, seq: int, marks: dict[str, Mark]) -> bytes:
        return _id_line(Place(self._workspace, self.epoch, seq, marks))

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Whoever still listens comes back, and is told the reason by nobody: it is a fault."""
        for listener in self.listeners:
            listener.dropped.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("live_feed_ended", kind=type(error).__name__)

    @property
    def ended(self) -> bool:
        """Whether it looks no more."""
        return self._task is None or self._task.done()


def _id_line(place: Place) -> bytes:
    return b"id: " + written(place).encode() + b"\n"


def event(name: str, data: bytes) -> bytes:
    """One event of a stream, as the HTML standard has it.

    >>> event("gap", b"{}").decode().splitlines()
    ['event: gap', 'data: {}', '']
    """
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def gap(topics: Iterator[str]) -> bytes:
    """The event that says which lists to read anew."""
    return event("gap", msgspec.json.encode({"topics": sorted(set(topics))}))
