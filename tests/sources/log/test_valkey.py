"""What the embedded log promises beyond the contract of every log."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from domain.intake.stream_position import entry_id
from sources.log.entries import id_before, position_of
from sources.log.leases import LeaseParams, Leases
from sources.log.positions import Positions
from sources.log.valkey import TrimParams, ValkeyLog, ValkeyLogParams
from tests.sources.conftest import QUICK_LEASES, QUICK_READS, Reader, ValkeyUnderTest
from tests.sources.log.stand_in import StandIn
from tests.sources.log.test_contract import commit_all, numbered, read_all, until, values

entry_ids = st.builds("{}-{}".format, st.integers(1, 2**41 - 1), st.integers(0, 2**20 - 1))
MakeLeases = Callable[..., Leases]


@given(entry_ids, entry_ids)
def test_positions_order_as_entry_ids_do(one: str, two: str) -> None:
    parts = [tuple(int(part) for part in each.split("-")) for each in (one, two)]
    assert (position_of(one.encode()) < position_of(two.encode())) == (parts[0] < parts[1])


@given(entry_ids)
def test_a_position_names_its_entry(identity: str) -> None:
    assert entry_id(position_of(identity.encode())) == identity
    assert (
        position_of(id_before(position_of(identity.encode())).encode())
        == position_of(identity.encode()) - 1
    )


def test_an_entry_id_that_fits_no_position_stops_the_reader() -> None:
    with pytest.raises(OverflowError, match="clock"):
        position_of(b"17-1048576")


def test_packed_records_share_a_position_and_keep_their_order(valkey_log: ValkeyUnderTest) -> None:
    valkey_log.append(numbered(3), partition=0)
    batch = read_all(valkey_log.reader(), 3)[0]
    assert [(record.index, record.value) for record in batch.records] == list(
        enumerate(numbered(3))
    )
    assert len({record.position for record in batch.records}) == 1
    assert batch.next == batch.records[0].position + 1


def test_records_carry_the_instant_at_which_the_server_took_them(
    valkey_log: ValkeyUnderTest,
) -> None:
    before_ms = int(time.time() * 1000)
    valkey_log.append(numbered(1))
    record = read_all(valkey_log.reader(), 1)[0].records[0]
    assert before_ms - 5 <= record.received_ms <= time.time() * 1000 + 5


def test_reading_survives_a_server_that_lost_its_leases_and_scripts(
    valkey_log: ValkeyUnderTest,
) -> None:
    reader = valkey_log.reader()
    valkey_log.append(numbered(30))
    commit_all(30, reader)
    valkey_log.client.delete(f"stratum:leases:{valkey_log.name}")
    valkey_log.client.script_flush()
    valkey_log.append(numbered(30, 30))
    commit_all(60, reader)
    assert sorted(reader.unify.values()) == sorted(numbered(60))


def test_without_the_server_nothing_is_handed_out(
    valkey_log: ValkeyUnderTest, postgres_dsn: str
) -> None:
    positions = Positions(valkey_log.connect)
    leases = Leases(
        "redis://127.0.0.1:1", "x", 4, "w", LeaseParams(request_limit=timedelta(milliseconds=100))
    )
    source = ValkeyLog("redis://127.0.0.1:1", ValkeyLogParams("x", 4), leases, positions)
    reader = Reader(source, positions, StandIn(postgres_dsn, positions.reset))
    assert not source.read()
    assert source.resumes_at() is not None
    reader.close()


class TestRetention:
    """Entries leave when they are processed and old, and never before."""

    @staticmethod
    def reader(log: ValkeyUnderTest, retention: timedelta) -> Reader:
        positions = Positions(log.connect)
        trim = TrimParams(interval=timedelta(0), pause=timedelta(0))
        params = ValkeyLogParams(log.name, log.partitions, 1_000, retention, QUICK_READS, trim)
        source = ValkeyLog(
            log.url,
            params,
            Leases(log.url, log.name, log.partitions, "one", QUICK_LEASES),
            positions,
        )
        reader = Reader(source, positions, StandIn(log.dsn, positions.reset))
        log._open.append(reader)
        return reader

    @staticmethod
    def entries(log: ValkeyUnderTest) -> int:
        return int(log.client.xlen(f"{log.name}:0"))

    def test_processed_entries_are_trimmed(self, valkey_log: ValkeyUnderTest) -> None:
        reader = self.reader(valkey_log, timedelta(0))
        valkey_log.append(numbered(3_000), partition=0)
        commit_all(3_000, reader)
        # The server trims whole nodes of 100.
        until(lambda: self.entries(valkey_log) <= 100, reader.step)

    def test_what_is_read_but_not_processed_is_never_trimmed(
        self, valkey_log: ValkeyUnderTest
    ) -> None:
        reader = self.reader(valkey_log, timedelta(0))
        valkey_log.append(numbered(3_000), partition=0)
        assert sorted(values(read_all(reader, 3_000))) == sorted(numbered(3_000))
        for _ in range(20):
            reader.source.read()
        assert self.entries(valkey_log) == 1_000
        reader.positions.reset(valkey_log.name, 0)
        commit_all(3_000, reader)
        assert sorted(reader.unify.values()) == sorted(numbered(3_000))

    def test_what_is_processed_but_younger_than_the_retention_stays(
        self, valkey_log: ValkeyUnderTest
    ) -> None:
        reader = self.reader(valkey_log, timedelta(hours=1))
        valkey_log.append(numbered(3_000), partition=0)
        commit_all(3_000, reader)
        for _ in range(20):
            reader.step()
        assert self.entries(valkey_log) == 1_000

    def test_partitions_of_others_are_left_alone(self, valkey_log: ValkeyUnderTest) -> None:
        other = valkey_log.reader("other")
        until(lambda: bool(other.positions.assigned(valkey_log.name)), other.step)
        reader = self.reader(valkey_log, timedelta(0))

        def assigned() -> frozenset[int]:
            return reader.positions.assigned(valkey_log.name)

        until(lambda: len(assigned()) == 2, lambda: (other.step(), reader.step()))
        for partition in range(valkey_log.partitions):
            valkey_log.append(numbered(3_000), partition)
        with psycopg.connect(valkey_log.dsn) as conn:  # everything counts as processed
            conn.execute("UPDATE offsets SET next_position = %s", (2**62,))
        for _ in range(20):
            reader.step()
        lengths = [
            int(valkey_log.client.xlen(f"{valkey_log.name}:{partition}")) for partition in range(4)
        ]
        assert [
            length for partition, length in enumerate(lengths) if partition not in assigned()
        ] == [1_000, 1_000]


class TestLeases:
    """Fair shares, quick hand-over."""

    @pytest.fixture
    def make(self, valkey_url: str) -> Iterator[MakeLeases]:
        made: list[Leases] = []

        def make(worker: str, partitions: int = 5, params: LeaseParams = QUICK_LEASES) -> Leases:
            made.append(Leases(valkey_url, "log", partitions, worker, params))
            return made[-1]

        yield make
        for each in made:
            each.close()

    def test_the_first_worker_holds_everything(self, make: MakeLeases) -> None:
        one = make("one")
        one.beat()
        assert one.owned() == frozenset(range(5))

    def test_a_newcomer_gets_its_share_only_when_it_was_given_back(self, make: MakeLeases) -> None:
        one, two = make("one"), make("two")
        one.beat()
        two.beat()
        assert two.owned() == frozenset()
        one.beat()
        assert one.release_surplus() == one.owned() == frozenset({0, 1, 2})
        two.beat()
        assert two.owned() == frozenset({3, 4})

    def test_no_partition_has_two_holders_or_none_when_all_have_settled(
        self, make: MakeLeases
    ) -> None:
        workers = [make(f"w{number}", 16) for number in range(5)]
        for count in (1, 2, 3, 4, 5, 5, 5):
            for worker in workers[:count]:
                worker.beat()
                worker.release_surplus()
        held = [worker.owned() for worker in workers]
        assert sorted(len(each) for each in held) == [3, 3, 3, 3, 4]
        assert frozenset.union(*held) == frozenset(range(16))

    def test_with_more_workers_than_partitions_some_stand_by_and_step_in(
        self, make: MakeLeases
    ) -> None:
        one, two = make("one", 1), make("two", 1)
        one.beat()
        two.beat()
        assert two.owned() == frozenset()
        one.close()
        two.beat()
        assert two.owned() == frozenset({0})

    def test_the_partitions_of_a_dead_worker_are_taken_over_when_its_time_is_up(
        self, make: MakeLeases
    ) -> None:
        params = LeaseParams(lifetime=timedelta(seconds=1))
        dead, heir = make("dead", 2, params), make("heir", 2, params)
        dead.beat()
        heir.beat()
        assert heir.owned() == frozenset()
        until(lambda: heir.owned() == frozenset({0, 1}), heir.beat)
        assert dead.owned() == frozenset()

    def test_they_are_taken_over_as_soon_where_the_clock_of_the_server_went_back(
        self, make: MakeLeases, valkey_url: str
    ) -> None:
        """And nobody loses anything who lives longer without a beat."""
        quick = LeaseParams(lifetime=timedelta(seconds=1))
        slow = LeaseParams(lifetime=timedelta(minutes=1))
        dead, alive, heir = make("dead", 3, quick), make("alive", 3, slow), make("heir", 3, quick)
        for worker in (dead, alive, heir) * 2:
            worker.beat()
            worker.release_surplus()
        with redis.Redis.from_url(valkey_url) as client:
            for field in ("clock", "w:dead", "w:alive", "w:heir"):  # what it said before
                client.hincrby("stratum:leases:log", field, 36_000_000)
            (mine,) = heir.owned()
            until(lambda: client.hget("stratum:leases:log", "w:dead") is None, heir.beat)
        assert heir.owned() == {mine}
        alive.beat()
        assert alive.owned() == frozenset({0, 1, 2}) - {mine}

    def test_a_worker_that_restarts_under_its_name_has_its_partitions_at_once(
        self, make: MakeLeases
    ) -> None:
        killed = make("same", params=LeaseParams(lifetime=timedelta(minutes=1)))
        restarted = make("same")
        killed.beat()
        restarted.beat()
        assert restarted.owned() == frozenset(range(5))

    def test_a_late_worker_does_not_get_back_what_others_have_taken(self, make: MakeLeases) -> None:
        params = LeaseParams(lifetime=timedelta(milliseconds=100))
        late = make("late", 2, params)
        heir = make("heir", 2, LeaseParams(lifetime=timedelta(minutes=1)))
        late.beat()
        until(lambda: heir.owned() == frozenset({0, 1}), heir.beat)
        late.beat()
        assert late.owned() == frozenset()

    def test_leases_are_taken_kept_and_given_back_while_the_memory_is_full(
        self, make: MakeLeases, valkey_url: str
    ) -> None:
        one, two = make("one"), make("two")
        one.beat()
        with redis.Redis.from_url(valkey_url) as client:
            limit = client.config_get("maxmemory")["maxmemory"]
            client.config_set("maxmemory", 1)
            try:
                one.beat()
                two.beat()
                one.beat()
                assert one.release_surplus() == frozenset({0, 1, 2})
                two.beat()
                one.close()
                two.beat()
            finally:
                client.config_set("maxmemory", limit)
        assert two.owned() == frozenset(range(5))

    def test_leases_go_on_by_themselves_once_started(
        self, make: MakeLeases, valkey_url: str
    ) -> None:
        one = make("one")
        one.start()
        until(lambda: len(one.owned()) == 5, lambda: time.sleep(0.01))
        with redis.Redis.from_url(valkey_url) as client:
            client.flushall()
            until(lambda: bool(client.keys("stratum:leases:*")), lambda: time.sleep(0.01))
        until(lambda: len(one.owned()) == 5, lambda: time.sleep(0.01))
