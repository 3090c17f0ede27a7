"""The one adapter that puts a feed on Bytewax.

What is relied on, as measured with Bytewax 0.21.1 and one worker in the process's main thread:

- A worker is one loop: it asks each source once, runs the steps on what came, then asks again. A
  feed is never asked while a batch it handed out is still on its way, so when `Feed.read` is called
  everything handed out before has been committed, or fenced off.
- All sources share that loop. A read that waits 50 ms for data delays the other sources by as much
  and brings the idle process from 6 % of a core (polling every millisecond, or every five) to under
  1 %.
- Appointments leak: a source that answers `next_awake` with an instant leaves another entry in the
  engine's list of them each time the loop turns for some other reason, and the idle process grew to
  20 % of a core within a quarter of an hour. So no appointments are made; a feed that pauses is
  simply not asked.
- Signal handlers run between and inside reads. `StopIteration` from every source ends the execution
  in order, within one wait.
- An exception from a step ends the execution: it comes out of `cli_main` as the last cause of a
  `BytewaxRuntimeError`, and nothing is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event as Flag
from time import sleep
from typing import Final, Generic, Protocol, TypeVar

from bytewax.inputs import DynamicSource, StatelessSourcePartition

from domain.event import Batch
from domain.instants import MS

REST: Final = timedelta(milliseconds=50)

X = TypeVar("X")
X_co = TypeVar("X_co", covariant=True)


@dataclass(frozen=True)
class ReadParams:
    """How the log is read, whichever it is.

    Attributes:
        idle_wait: how long a read waits for something to come before it answers that there is
            nothing.
        in_flight: longest time between an event's arrival at a collector and its record in the log,
            clock differences included.
        touch_interval: how often partitions are recorded as caught up that no batch moves.
        retry_pause: pause after the log or the store did not answer.
        read_records: most records that one read of the embedded log takes, over all partitions.
        read_bytes: most bytes that one read of the embedded log takes; entry sizes are estimated
            from earlier reads.
    """

    idle_wait: timedelta = timedelta(milliseconds=50)
    in_flight: timedelta = timedelta(milliseconds=200)
    touch_interval: timedelta = timedelta(milliseconds=100)
    retry_pause: timedelta = timedelta(milliseconds=500)
    read_records: int = 32_000
    read_bytes: int = 32 * 1024 * 1024

    @property
    def in_flight_ms(self) -> int:
        """`in_flight` in ms."""
        return self.in_flight // MS


class Feed(Protocol[X_co]):
    """Something that is asked again and again for what is new."""

    def read(self) -> Sequence[X_co]:
        """Hand out what there is now.

        May wait some tens of milliseconds when there is nothing; returns an empty sequence then.
        """
        ...

    def resumes_at(self) -> datetime | None:
        """The instant before which `read` need not be called, aware; None for at once."""
        ...

    def close(self) -> None:
        """Give back what others may want: leases, group membership, locks, connections."""
        ...


LogSource = Feed[Batch]
"""The reading end of the event log.

Laws, held against every implementation by one battery of tests:

- A batch has records of one partition, in log order, and its `start` is the cursor: the `next` of
  the partition's batch before it, or the position stored in Postgres where the partition was newly
  assigned or reset.
- Nothing in the log between `start` and `next` is missing from the batch, except what can hold no
  record (tombstones, transaction markers).
- A read hands out at most one batch per partition.
- Two processes share the partitions; after either has stopped or died the other reads them all.
  Overlap is possible and fenced.
"""


class _Partition(StatelessSourcePartition[X]):
    def __init__(self, feed: Feed[X], stop: Flag, rest_s: float) -> None:
        self._feed = feed
        self._stop = stop
        self._rest_s = rest_s

    def next_batch(self) -> Sequence[X]:
        if self._stop.is_set():
            raise StopIteration
        resumes_at = self._feed.resumes_at()
        pause_s = (resumes_at - datetime.now(UTC)).total_seconds() if resumes_at else 0.0
        if pause_s <= 0:
            return self._feed.read()
        if self._rest_s:
            sleep(min(pause_s, self._rest_s))
        return ()


class Intake(DynamicSource[X], Generic[X]):
    """A feed as a Bytewax source of one worker.

    Args:
        feed: what is asked; closed by whoever made it.
        stop: once set, the source is complete.
        rest: how long the loop, and with it every other source, may sleep while this feed pauses;
            zero where another feed of the flow rests.
    """

    def __init__(self, feed: Feed[X], stop: Flag, rest: timedelta = REST) -> None:
        self._feed = feed
        self._stop = stop
        self._rest = rest

    def build(
        self, _step_id: str, _worker_index: int, worker_count: int
    ) -> StatelessSourcePartition[X]:
        """Called by Bytewax once per worker.

        Raises:
            ValueError: more than one worker; several workers are several processes.
        """
        if worker_count != 1:
            raise ValueError("a profiles process runs one worker; start more processes instead")
        return _Partition(self._feed, self._stop, self._rest.total_seconds())
