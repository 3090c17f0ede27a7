"""Room in the embedded log on a real server: what leaves is processed for good, what is refused is
refused for its true reason, in time."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic, time
from typing import Any, cast

import psycopg
import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from config.embedded import PostgresParams, ValkeyParams
from domain.intake.log_refusal import LogRefusal
from domain.intake.partitioning import partition_of
from local.servers.postgres import EmbeddedPostgres
from local.servers.valkey import EmbeddedValkey
from sinks.intake.log import Entry, LogFullError, LogUnavailableError
from sinks.intake.valkey import ValkeyAppender, ValkeyAppendParams
from sinks.intake.valkey_guard import GuardParams
from sinks.intake.valkey_room import PositionsUnknownError, Room, ValkeyRoom
from sinks.intake.valkey_server import Disk
from sources.log.entries import position_of
from store.intake.offsets import durable_positions

pytestmark = pytest.mark.servers

PARTITIONS = 3
ALWAYS = GuardParams(interval=timedelta())
ENTRY = [(b"u", b"x" * 1_000_000)]


class Store:
    """What Postgres promises of positions that are committed without waiting for the disk."""

    def __init__(self) -> None:
        self.visible = dict.fromkeys(range(PARTITIONS), 0)
        self.durable = dict(self.visible)
        self.away = False

    async def processed(self) -> Mapping[int, int]:
        """As `store.intake.offsets.durable_positions`: what it answers is on the disk."""
        if self.away:
            raise PositionsUnknownError
        self.durable = dict(self.visible)
        return dict(self.durable)

    def crash(self) -> None:
        """The newest commits are gone."""
        self.visible = dict(self.durable)


def positions(client: redis.Redis, partition: int) -> list[int]:
    """Positions of a stream's entries."""
    found = cast("list[tuple[bytes, Any]]", client.xrange(f"log:{partition}"))
    return [position_of(identity) for identity, _ in found]


step = st.one_of(
    st.tuples(st.just("append"), st.integers(0, PARTITIONS - 1), st.integers(1, 150)),
    st.tuples(st.just("process"), st.integers(0, PARTITIONS - 1), st.floats(0, 1)),
    st.tuples(st.sampled_from(["flush", "crash", "away", "back"]), st.just(0), st.just(0)),
    st.tuples(st.just("room"), st.booleans(), st.integers(0, 12)),
)


@settings(max_examples=40)
@given(
    steps=st.lists(step, max_size=25),
    retention_s=st.sampled_from([0, 1, 3600]),
    ahead_s=st.sampled_from([-7200, 0, 7200]),
)
def test_nothing_leaves_that_a_crash_could_ask_for_again(
    valkey_server: EmbeddedValkey, steps: list[Any], retention_s: int, ahead_s: int
) -> None:
    store = Store()
    appended: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()

        async def make(exact: bool, looks: int) -> None:
            async with Redis.from_url(valkey_server.url) as connection:
                streams = [f"log:{partition}" for partition in range(PARTITIONS)]
                room = ValkeyRoom(
                    connection,
                    streams,
                    store.processed,
                    timedelta(seconds=retention_s),
                    lambda: time() + ahead_s,
                )
                asked = 0

                async def enough() -> bool:
                    nonlocal asked
                    asked += 1
                    return asked > looks

                await room.make(enough, exact=exact)

        for what, one, two in steps:
            if what == "append":
                pipeline = client.pipeline(transaction=False)
                for _ in range(two):
                    pipeline.xadd(f"log:{one}", {"0": "x" * 60})
                appended[one] += [position_of(identity) for identity in pipeline.execute()]
            elif what == "process":
                left = [position for position in appended[one] if position >= store.visible[one]]
                if left:
                    store.visible[one] = left[int(two * (len(left) - 1))] + 1
            elif what == "room" and store.away:
                with pytest.raises(PositionsUnknownError):
                    asyncio.run(make(one, two))
            elif what == "room":
                asyncio.run(make(one, two))
            elif what in {"away", "back"}:
                store.away = what == "away"
            else:
                {"flush": lambda: store.durable.update(store.visible), "crash": store.crash}[what]()
            for partition in range(PARTITIONS):
                wanted = {
                    position
                    for position in appended[partition]
                    if position >= store.durable[partition]
                }
                assert wanted <= set(positions(client, partition))
        store.away = False
        asyncio.run(make(True, 1 << 20))
        for partition in range(PARTITIONS):
            assert positions(client, partition) == [
                position for position in appended[partition] if position >= store.durable[partition]
            ]


def test_only_as_much_leaves_as_is_needed_and_the_oldest_first(valkey_url: str) -> None:
    now_ms = int(time() * 1000)
    with redis.Redis.from_url(valkey_url) as client:
        pipeline = client.pipeline(transaction=False)
        for minute in range(60, 0, -1):
            for number in range(10):
                # A node each.
                pipeline.xadd(
                    "log:0", {"0": "x" * 5_000}, id=f"{now_ms - minute * 60_000}-{number}"
                )
        pipeline.execute()

        async def make() -> None:
            async with Redis.from_url(valkey_url) as connection:

                async def processed() -> Mapping[int, int]:
                    return {0: 1 << 62}

                async def enough() -> bool:
                    return bool(await connection.xlen("log:0") <= 200)

                await ValkeyRoom(connection, ["log:0"], processed, timedelta(hours=1), time).make(
                    enough
                )

        asyncio.run(make())
        left = positions(client, 0)
    assert 100 < len(left) <= 200
    assert min(left) >> 20 > now_ms - 20 * 60_000


def test_a_position_by_which_entries_are_deleted_survives_the_death_of_postgres(
    tmp_path: Path,
) -> None:
    with EmbeddedPostgres(
        tmp_path, PostgresParams(shared_buffers_mb=128, max_wal_mb=256)
    ) as server:
        dsn = server.dsn("postgres")
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(
                "CREATE TABLE offsets (log text, partition int, next_position bigint, PRIMARY KEY"
                " (log, partition))"
            )
            conn.execute("INSERT INTO offsets VALUES ('log', 0, 0)")
        with (
            psycopg.connect(dsn, autocommit=True) as engine,
            psycopg.connect(dsn, autocommit=True) as other,
        ):
            engine.execute("SET synchronous_commit = off")
            for _ in range(20):
                engine.execute("UPDATE offsets SET next_position = next_position + 1")
            told = durable_positions(other, "log", [0])[0]
            assert server.child is not None
            os.kill(server.child.pid, signal.SIGKILL)
        server.stop()
        server.start()
        with psycopg.connect(dsn) as conn:
            assert durable_positions(conn, "log", [0])[0] >= told


@pytest.fixture
def small(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A server with little memory, of the test's own."""
    with EmbeddedValkey(
        tmp_path / "small", ValkeyParams(max_memory_mb=64, fsync="everysec")
    ) as server:
        yield server


class Work:
    """An open log, and the store of its positions."""

    def __init__(self, log: ValkeyAppender, store: Store, server: EmbeddedValkey) -> None:
        self.log = log
        self.store = store
        self.server = server

    async def fill(self, entries: list[Entry] = ENTRY) -> LogUnavailableError:
        """Append until that is refused."""
        for _ in range(1_000):
            refused = await self.refused(entries)
            if refused is not None:
                return refused
        raise AssertionError("the log takes everything")

    async def refused(self, entries: list[Entry] = ENTRY) -> LogUnavailableError | None:
        """Append once; why that is refused."""
        try:
            await self.log.append(entries)
        except LogUnavailableError as refusal:
            return refusal
        return None

    def process(self) -> None:
        """Everything in the log counts as processed, without waiting for the disk."""
        with redis.Redis.from_url(self.server.url) as client:
            for partition in range(PARTITIONS):
                for identity, _ in client.xrevrange(f"log:{partition}", count=1):
                    self.store.visible[partition] = position_of(identity) + 1


def on_small(
    server: EmbeddedValkey,
    work: Callable[[Work], Coroutine[Any, Any, None]],
    params: ValkeyAppendParams | None = None,
    **room: Any,
) -> None:
    """Do something with a log on a small server."""

    async def run() -> None:
        store = Store()
        given = Room(store.processed, timedelta(minutes=1), **room)
        log = ValkeyAppender(
            server.url, "log", PARTITIONS, params or ValkeyAppendParams(guard=ALWAYS), given
        )
        await work(Work(log, store, server))
        await log.close()

    asyncio.run(run())


def test_a_log_whose_events_wait_is_behind_and_takes_events_once_they_are_processed(
    small: EmbeddedValkey,
) -> None:
    async def work(at: Work) -> None:
        refusal = await at.fill()
        assert isinstance(refusal, LogFullError)
        assert refusal.reason is LogRefusal.BEHIND
        at.process()
        for _ in range(80):  # more than the memory holds
            assert await at.refused() is None
            at.process()

    on_small(small, work)


def test_while_postgres_is_away_nothing_leaves_and_the_refusal_says_so(
    small: EmbeddedValkey,
) -> None:
    async def work(at: Work) -> None:
        await at.fill()
        at.process()
        at.store.away = True
        with redis.Redis.from_url(small.url) as client:
            before = positions(client, partition_of(b"u", PARTITIONS))
            refusal = await at.fill()
            assert (refusal.reason, "Postgres" in refusal.detail) == (LogRefusal.BEHIND, True)
            assert positions(client, partition_of(b"u", PARTITIONS))[: len(before)] == before
        at.store.away = False
        assert await at.refused() is None

    on_small(small, work)


def test_memory_that_other_things_fill_is_named_so(small: EmbeddedValkey) -> None:
    with redis.Redis.from_url(small.url) as client:
        for number in range(61):
            client.set(f"other:{number}", b"x" * (1 << 20))

    async def work(at: Work) -> None:
        refusal = await at.refused()
        assert isinstance(refusal, LogFullError)
        assert refusal.reason is LogRefusal.MEMORY

    on_small(small, work)


def test_what_is_only_cached_gives_way_to_events(small: EmbeddedValkey) -> None:
    with redis.Redis.from_url(small.url) as client:
        for number in range(62):
            client.set(f"cached:{number}", b"x" * (1 << 20), ex=3600)

    async def work(at: Work) -> None:
        refusal = await at.fill()
        assert refusal.reason is LogRefusal.BEHIND
        with redis.Redis.from_url(small.url) as client:
            assert (
                int(client.memory_usage(f"log:{partition_of(b'u', PARTITIONS)}", samples=0) or 0)
                > 50 << 20
            )

    on_small(small, work, ValkeyAppendParams())


def test_entries_that_were_refused_by_the_server_itself_are_written_once_there_is_room(
    small: EmbeddedValkey,
) -> None:
    async def work(at: Work) -> None:
        for _ in range(40):
            assert await at.refused() is None
        at.process()
        with redis.Redis.from_url(small.url) as client:
            # So that the server refuses before the next look.
            client.config_set("maxmemory", 16 << 20)
            assert await at.refused([(b"u", b"last")]) is None
            assert client.xrevrange(f"log:{partition_of(b'u', PARTITIONS)}", count=1)[0][1] == {
                b"0": b"last"
            }

    on_small(small, work, ValkeyAppendParams(guard=GuardParams(interval=timedelta(minutes=1))))


def test_a_limit_of_length_counts_what_waits(small: EmbeddedValkey) -> None:
    async def work(at: Work) -> None:
        refusal = await at.fill([(b"u", b"x")])
        assert refusal.reason is LogRefusal.BEHIND
        at.process()
        for _ in range(50):
            assert await at.refused([(b"u", b"x")]) is None
            at.process()

    on_small(
        small,
        work,
        ValkeyAppendParams(guard=GuardParams(interval=timedelta(), length_limit_entries=10)),
    )


def test_a_disk_that_is_nearly_full_is_named_and_what_is_processed_leaves_it(
    small: EmbeddedValkey, tmp_path: Path
) -> None:
    async def grown(at: Work) -> None:
        for _ in range(40):
            assert await at.refused() is None

    on_small(small, grown)

    async def work(at: Work) -> None:
        at.process()
        refusal = await at.refused()
        assert refusal is not None
        assert refusal.reason is LogRefusal.DISK
        with redis.Redis.from_url(small.url) as client:

            def size() -> int:
                return int(cast("dict[str, int]", client.info("persistence"))["aof_current_size"])

            deadline = monotonic() + 30
            while size() > 1 << 20:
                assert monotonic() < deadline, (
                    "the append-only file is rewritten without what is processed"
                )
                await asyncio.sleep(0.02)

    on_small(small, work, disk=Disk(tmp_path, 1 << 60))


def test_a_server_that_may_evict_the_log_is_not_durable(small: EmbeddedValkey) -> None:
    async def work(at: Work) -> None:
        with redis.Redis.from_url(small.url) as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        refusal = await at.refused()
        assert refusal is not None
        assert refusal.reason is LogRefusal.NOT_DURABLE

    on_small(small, work)


def test_a_server_that_hangs_is_away_within_the_timeout_whoever_waits_before(
    small: EmbeddedValkey,
) -> None:
    timeout_s = 0.8

    async def timed(log: ValkeyAppender, after_s: float) -> tuple[LogRefusal, float]:
        await asyncio.sleep(after_s)
        began = monotonic()
        with pytest.raises(LogUnavailableError) as refused:
            await log.append([(b"u", b"x")])
        return refused.value.reason, monotonic() - began

    async def work(at: Work) -> None:
        await at.log.append([(b"u", b"x")])
        assert small.child is not None
        os.kill(small.child.pid, signal.SIGSTOP)
        try:
            found = await asyncio.gather(
                *(timed(at.log, number * timeout_s / 2) for number in range(6))
            )
            told = await at.log.refusal()
        finally:
            os.kill(small.child.pid, signal.SIGCONT)
        assert {reason for reason, _ in found} == {LogRefusal.AWAY}
        assert told is not None
        assert told.reason is LogRefusal.AWAY
        assert max(waited_s for _, waited_s in found) < 2.5 * timeout_s
        assert await at.refused() is None

    on_small(small, work, ValkeyAppendParams(timeout=timedelta(seconds=timeout_s)))
