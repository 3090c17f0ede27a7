"""Where the partitions of a Kafka log end, as the broker tells now and then.

A partition whose position is at its end is caught up as of the moment the broker was asked.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from time import monotonic, time_ns
from typing import Any

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from sources.feed import ReadParams
from sources.log.positions import Positions
from store.intake.offsets import CaughtUp


class Ends:
    """Asks for ends, and waits for no answer.

    Args:
        admin: whom to ask.
        positions: the cursors.
        read: how often to ask, and how long records may be on their way to the log.
    """

    def __init__(self, admin: AdminClient, positions: Positions, read: ReadParams) -> None:
        self._admin = admin
        self._positions = positions
        self._read = read
        self._ask_at = 0.0
        self._asked_ms = 0
        self._told: dict[TopicPartition, Future[Any]] = {}

    def due(self) -> bool:
        """Whether all that was asked is answered, and it is time to ask again."""
        return monotonic() >= self._ask_at and all(future.done() for future in self._told.values())

    def reached(self) -> list[CaughtUp]:
        """The partitions whose position is at the end that was told."""
        reached = []
        at_ms = self._asked_ms - self._read.in_flight_ms
        for each, future in self._told.items():
            cursor = self._positions.cursors(each.topic).get(each.partition)
            if cursor is None or future.exception() is not None:
                continue
            end = future.result().offset
            if cursor >= end:
                reached.append(CaughtUp(each.topic, each.partition, end, at_ms))
        return reached

    def ask(self, partitions: Sequence[TopicPartition]) -> None:
        """Ask for the ends of these."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        self._asked_ms = time_ns() // 1_000_000
        asked = {TopicPartition(each.topic, each.partition): latest for each in partitions}
        self._told = self._admin.list_offsets(asked) if asked else {}
        self._ask_at = monotonic() + self._read.touch_interval.total_seconds()
