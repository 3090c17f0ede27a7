"""Reads the embedded log: leased partitions of streams become batches; old entries are trimmed.

One round trip reads all partitions. What is there is taken, up to a limit, so that batches are
small and quick at low load and large when there is a backlog; when nothing is there the server is
asked to wait (``XREAD BLOCK``) and answers the moment something comes.

Delivery: at least once per position, exactly once through the fence (`sources.log.positions`).
Streams are trimmed only below positions that Postgres holds durably, and only entries older than
the retention; by whoever holds the partition, a bounded number at a time. Where room is needed
sooner, whoever writes gives it back (`sinks.intake.valkey_room`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from time import monotonic, time_ns
from typing import Final, cast

import redis
import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.event import Batch, Record
from domain.instants import MS
from domain.intake.partitioning import stream_key
from domain.intake.stream_position import kept_from
from sources.feed import ReadParams
from sources.log.entries import Entry, id_before, instant_of, position_of, unpack
from sources.log.leases import Leases
from sources.log.positions import Positions
from store.errors import StoreUnavailable
from store.intake.offsets import CaughtUp

logger = structlog.get_logger(__name__)

_TRIM_CALL_LIMIT: Final = 10_000
"""Entries that one XTRIM may delete; the server's own default for approximate trimming."""
_FIRST_COUNT: Final = 16
"""Entries asked of each stream while nothing is known of them.

A collector packs up to 256 kB into one, so that guessing high could fill
the memory: the number doubles with every read that was full, and halves with every other.
"""
_SAMPLE: Final = 8
"""Entries per stream whose size is looked at."""


@dataclass(frozen=True)
class TrimParams:
    """How processed entries leave the streams.

    Attributes:
        interval: pause between trims when little was left to trim.
        pause: pause between trims when much is left.
    """

    interval: timedelta = timedelta(seconds=10)
    pause: timedelta = timedelta(milliseconds=200)


@dataclass(frozen=True)
class ValkeyLogParams:
    """The embedded log.

    Attributes:
        name: the log; its streams are ``name:0`` … ``name:<partitions - 1>``.
        partitions: how many streams.
        batch_records: most records of one batch; an entry is never split, so a batch may hold one
            entry more.
        retention: age below which processed entries stay.
        read: see `ReadParams`.
        trim: see `TrimParams`.
    """

    name: str
    partitions: int
    batch_records: int = 4_000
    retention: timedelta = timedelta(hours=1)
    read: ReadParams = field(default_factory=ReadParams)
    trim: TrimParams = field(default_factory=TrimParams)


class ValkeyLog:
    """Reads the partitions that `leases` grants. A `sources.feed.LogSource`.

    Args:
        url: of the Valkey server.
        params: see `ValkeyLogParams`.
        leases: which partitions are ours; closed with this.
        positions: cursors, shared with UNIFY, which resets one when its batch was fenced off.
    """

    def __init__(
        self, url: str, params: ValkeyLogParams, leases: Leases, positions: Positions
    ) -> None:
        once = Retry(NoBackoff(), 1)
        self._client = redis.Redis.from_url(
            url, protocol=2, socket_timeout=5, socket_connect_timeout=1, retry=once
        )
        self._client.set_response_callback("XREAD", lambda answer, **_: answer)
        self._params = params
        self._leases = leases
        self._positions = positions
        self._count_limit = _FIRST_COUNT
        self._entry_records = 1.0
        self._entry_bytes = 1.0
        self._caught_up: dict[int, CaughtUp] = {}
        self._resumes_at: datetime | None = None
        self._rows_exist = False
        self._touch_at = 0.0
        self._trim_at = monotonic() + params.trim.interval.total_seconds()
        leases.start()

    def resumes_at(self) -> datetime | None:
        """Return when to poll again: at once, or after a pause where log or store failed."""
        return self._resumes_at

    def read(self) -> Sequence[Batch]:
        """Take what is there, at most one batch per partition.

        Wait up to `ReadParams.idle_wait` when there is nothing.

        While Valkey or Postgres cannot be reached nothing is handed out, the reason is logged, and
        a pause is asked for.

        Raises:
            OverflowError: see `sources.log.entries.position_of`.
        """
        self._resumes_at = None
        try:
            return self._read()
        except StoreUnavailable as error:
            return self._pause("store_unavailable", str(error))
        except (redis.ConnectionError, redis.TimeoutError) as error:
            return self._pause("log_unavailable", type(error).__name__)

    def close(self) -> None:
        """Give the leases back and close the connection."""
        self._leases.close()
        self._client.close()

    def _pause(self, event: str, reason: str) -> Sequence[Batch]:
        logger.warning(
            event,
            log=self._params.name,
            reason=reason,
            retry_in_s=self._params.read.retry_pause.total_seconds(),
        )
        self._resumes_at = datetime.now(UTC) + self._params.read.retry_pause
        return ()

    def _read(self) -> Sequence[Batch]:
        if not self._rows_exist:
            self._positions.create(self._params.name, range(self._params.partitions))
            self._rows_exist = True
        self._positions.keep(self._params.name, self._leases.release_surplus())
        self._positions.reload()
        self._touch()
        self._trim()
        cursors = self._positions.cursors(self._params.name)
        if not cursors:
            self._resumes_at = datetime.now(UTC) + self._params.read.idle_wait
            return ()
        asked_ms = time_ns() // 1_000_000
        count = self._count(len(cursors))
        found = self._fetch(cursors, count)
        batches = []
        for partition, start in cursors.items():
            batch = self._batch(partition, start, found.get(partition, ()), count, asked_ms)
            self._caught_up[partition] = CaughtUp(
                batch.log, partition, batch.next, batch.caught_up_ms
            )
            if batch.records:
                self._positions.advance(batch)
                batches.append(batch)
        self._learn(found.values(), count)
        return batches

    def _count(self, streams: int) -> int:
        """Entries to ask of each stream."""
        records = min(self._params.batch_records, self._params.read.read_records // streams)
        size = self._params.read.read_bytes / streams
        return max(
            1,
            min(
                self._count_limit,
                ceil(min(records / self._entry_records, size / self._entry_bytes)),
            ),
        )

    def _fetch(self, cursors: Mapping[int, int], count: int) -> dict[int, list[Entry]]:
        by_key = {stream_key(self._params.name, partition): partition for partition in cursors}
        wait_ms = self._params.read.idle_wait // MS
        command = [
            "XREAD",
            "COUNT",
            count,
            "BLOCK",
            wait_ms,
            "STREAMS",
            *by_key,
            *(id_before(position) for position in cursors.values()),
        ]
        answer = self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        pairs = cast("list[tuple[bytes, list[Entry]]]", answer or [])
        return {by_key[key.decode()]: entries for key, entries in pairs}

    def _batch(
        self, partition: int, start: int, entries: Sequence[Entry], count: int, asked_ms: int
    ) -> Batch:
        """Take entries until the batch is full.

        Whatever was read beyond that is read again next time.
        """
        records: list[Record] = []
        position = start - 1
        taken = 0
        for identity, fields in entries:
            if len(records) >= self._params.batch_records:
                break
            position = position_of(identity)
            records += unpack(position, fields)
            taken += 1
        everything = taken == len(entries) < count
        seen_ms = asked_ms if everything else instant_of(position) - 1
        return Batch(
            self._params.name,
            partition,
            start,
            position + 1,
            tuple(records),
            max(seen_ms - self._params.read.in_flight_ms, 0),
        )

    def _learn(self, streams: Iterable[Sequence[Entry]], count: int) -> None:
        groups = list(streams)
        full = any(len(group) >= count for group in groups)
        self._count_limit = (
            min(2 * self._count_limit, self._params.batch_records)
            if full
            else max(self._count_limit // 2, _FIRST_COUNT)
        )
        entries = [entry for group in groups for entry in group[:_SAMPLE]]
        if entries:
            self._entry_records = sum(len(fields) for _, fields in entries) / 2 / len(entries)
            self._entry_bytes = sum(len(part) for _, fields in entries for part in fields) / len(
                entries
            )

    def _touch(self) -> None:
        now = monotonic()
        if now < self._touch_at:
            return
        assigned = self._positions.assigned(self._params.name)
        self._positions.touch(
            promise for partition, promise in self._caught_up.items() if partition in assigned
        )
        self._caught_up.clear()
        self._touch_at = now + self._params.read.touch_interval.total_seconds()

    def _trim(self) -> None:
        if monotonic() < self._trim_at:
            return
        since_ms = time_ns() // 1_000_000 - self._params.retention // MS
        pipeline = self._client.pipeline(transaction=False)
        for partition, processed in self._positions.durable(self._params.name).items():
            least = kept_from(processed, since_ms)
            pipeline.xtrim(
                stream_key(self._params.name, partition),
                minid=least,
                approximate=True,
                limit=_TRIM_CALL_LIMIT,
            )
        trimmed = cast("list[int]", pipeline.execute())
        more = max(trimmed, default=0) >= _TRIM_CALL_LIMIT // 2
        self._trim_at = (
            monotonic()
            + (self._params.trim.pause if more else self._params.trim.interval).total_seconds()
        )
