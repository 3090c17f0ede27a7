"""Steady traffic over HTTP: 1,000 events/s, sent as an SDK would."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import msgspec

from benchmarks.support.workload import messages
from local.traffic.sender import Item, Sender

RATE = 1_000
BATCH = 50
PEOPLE = 20_000


@dataclass
class Traffic:
    """Traffic that flows.

    Attributes:
        seed: of its messages; the same messages again are duplicates.
        sent: events handed to the sender so far.
    """

    seed: int
    sent: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def rate(self, before: int, seconds: float) -> float:
        """Events per second since so many had been sent."""
        return (self.sent - before) / seconds

    def _batches(self) -> Iterator[list[Item]]:
        events, began = messages(10_000_000, PEOPLE, self.seed), time.perf_counter()
        for number in count():
            if self._stop.wait(max(0.0, began + number * BATCH / RATE - time.perf_counter())):
                return
            self.sent += BATCH
            yield [
                Item(number * BATCH + place, msgspec.json.encode(next(events)))
                for place in range(BATCH)
            ]

    def send(self, address: str, write_key: str) -> None:
        """Send to a collector until `stop` is called.

        Args:
            address: of the collector.
            write_key: of the source.
        """
        sender = Sender(address, write_key)
        for _ in sender.deliver(self._batches()):
            pass
        sender.close()

    def stop(self) -> None:
        """Let `send` return after the batch that is under way."""
        self._stop.set()


@contextmanager
def flowing(address: str, write_key: str, seed: int = 3) -> Iterator[Traffic]:
    """Let traffic flow to a collector until the block ends.

    Another seed for other events of the same people.
    """
    traffic = Traffic(seed)
    thread = threading.Thread(target=traffic.send, args=(address, write_key))
    thread.start()
    try:
        yield traffic
    finally:
        traffic.stop()
        thread.join()
