"""What every reading end of the event log promises, on real servers."""

import time
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

from domain.event import Batch
from tests.sources.conftest import LogUnderTest, Reader

DEADLINE_S = 30.0


def until(condition: Callable[[], bool], step: Callable[[], Any]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        step()


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [b'{"n":%d}' % number for number in range(first, first + count)]


def read_all(reader: Reader, count: int) -> list[Batch]:
    """Read until `count` records came, committing nothing."""
    batches: list[Batch] = []
    until(
        lambda: sum(len(batch.records) for batch in batches) >= count,
        lambda: batches.extend(reader.source.read()),
    )
    return batches


def values(batches: Iterable[Batch]) -> list[bytes]:
    return [record.value for batch in batches for record in batch.records]


def commit_all(count: int, *readers: Reader) -> None:
    def step() -> None:
        for reader in readers:
            reader.step()

    until(lambda: len(readers[0].unify.values()) >= count, step)


def test_every_record_is_handed_out_once_in_log_order(log: LogUnderTest) -> None:
    log.append(numbered(500))
    batches = read_all(log.reader(), 500)
    assert sorted(values(batches)) == sorted(numbered(500))
    for batch in batches:
        places = [(record.position, record.index) for record in batch.records]
        assert places == sorted(set(places))
        assert batch.start <= places[0][0] <= places[-1][0] < batch.next


def test_batches_of_a_partition_are_contiguous(log: LogUnderTest) -> None:
    reader = log.reader(batch_records=50)
    log.append(numbered(500))
    following = dict.fromkeys(range(log.partitions), 0)
    for batch in read_all(reader, 500):
        assert batch.log == log.name
        assert batch.start == following[batch.partition]
        following[batch.partition] = batch.next


def test_a_batch_stays_within_its_limit(log: LogUnderTest) -> None:
    log.append(numbered(600), partition=1)
    batches = read_all(log.reader(batch_records=100), 600)
    assert max(len(batch.records) for batch in batches) <= 102  # an entry of three is not split
    assert max(len(batch.records) for batch in batches) >= 99


def test_what_trickles_in_is_handed_out(log: LogUnderTest) -> None:
    reader = log.reader()
    log.append(numbered(1))
    commit_all(1, reader)
    log.append(numbered(1, 1))
    batches = read_all(reader, 1)
    assert values(batches) == numbered(1, 1)


def test_a_new_reader_goes_on_behind_what_was_committed(log: LogUnderTest) -> None:
    log.append(numbered(200))
    first = log.reader()
    commit_all(200, first)
    log.close(first)
    log.append(numbered(100, 200))
    second = log.reader("two")
    assert sorted(values(read_all(second, 100))) == sorted(numbered(100, 200))


def test_what_was_handed_out_but_not_committed_comes_again(log: LogUnderTest) -> None:
    log.append(numbered(200))
    first = log.reader()
    read_all(first, 200)
    log.close(first)
    assert sorted(values(read_all(log.reader("two"), 200))) == sorted(numbered(200))


def test_after_a_reset_reading_goes_on_at_the_stored_position(log: LogUnderTest) -> None:
    reader = log.reader()
    log.append(numbered(20), partition=2)
    commit_all(20, reader)
    log.append(numbered(10, 20), partition=2)
    assert values(read_all(reader, 10)) == numbered(10, 20)
    reader.positions.reset(log.name, 2)
    assert values(read_all(reader, 10)) == numbered(10, 20)


def test_a_fenced_batch_is_dropped_and_read_again_from_the_position_of_whoever_was_faster(
    log: LogUnderTest,
) -> None:
    reader = log.reader()
    log.append(numbered(9), partition=0)
    mine = read_all(reader, 9)[0]
    middle = mine.records[5].position
    with psycopg.connect(log.dsn) as conn:
        conn.execute(
            "UPDATE offsets SET next_position = %s WHERE log = %s AND partition = 0",
            (middle, log.name),
        )
    reader.unify(mine)
    assert reader.unify.fenced == 1
    expected = [record.value for record in mine.records if record.position >= middle]
    commit_all(len(expected), reader)
    assert reader.unify.values() == expected


def test_two_readers_share_the_partitions(log: LogUnderTest) -> None:
    one, two = log.reader("one"), log.reader("two")

    def shares() -> list[frozenset[int]]:
        return [one.positions.assigned(log.name), two.positions.assigned(log.name)]

    def step() -> None:
        one.step()
        two.step()

    until(lambda: sorted(len(share) for share in shares()) == [2, 2], step)
    assert frozenset.union(*shares()) == frozenset(range(log.partitions))


def test_nothing_is_lost_or_stored_twice_while_readers_come_and_go(log: LogUnderTest) -> None:
    readers = [log.reader("r0")]
    written = 0

    def step() -> None:
        nonlocal written
        log.append(numbered(40, written))
        written += 40
        for reader in readers:
            reader.step()

    until(lambda: len(readers[0].unify.values()) > 0, step)
    for number in range(1, 4):
        newcomer = log.reader(f"r{number}")
        readers.append(newcomer)
        until(lambda newcomer=newcomer: bool(newcomer.positions.assigned(log.name)), step)  # type: ignore[misc]
        log.close(readers.pop(0))
        until(
            lambda: readers[0].positions.assigned(log.name) == frozenset(range(log.partitions)),
            step,
        )
    commit_all(written, *readers)
    assert sorted(readers[0].unify.values()) == sorted(numbered(written))


def test_an_idle_log_is_caught_up_to_the_present(log: LogUnderTest) -> None:
    reader = log.reader()
    began = time.time()

    def caught_up() -> bool:
        row = reader.unify.conn.execute(
            "SELECT count(caught_up_at), extract(epoch FROM min(caught_up_at)) FROM offsets"
        ).fetchone()
        return row is not None and row[0] == log.partitions and row[1] > began

    until(caught_up, reader.step)


def test_a_backlog_is_not_caught_up_until_it_is_committed(log: LogUnderTest) -> None:
    reader = log.reader(batch_records=30)
    began = time.time()
    log.append(numbered(300), partition=3)

    def caught_up() -> bool:
        asked = "SELECT extract(epoch FROM caught_up_at) FROM offsets WHERE partition = 3"
        row = reader.unify.conn.execute(asked).fetchone()
        return row is not None and row[0] is not None and row[0] > began

    read_all(reader, 300)
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        reader.source.read()
    assert not caught_up()
    reader.positions.reset(log.name, 3)
    commit_all(300, reader)
    until(caught_up, reader.step)


def test_without_the_store_nothing_is_handed_out_and_reading_resumes_with_it(
    log: LogUnderTest,
) -> None:
    away = True

    def connect() -> psycopg.Connection[Any]:
        if away:
            raise psycopg.OperationalError("away")
        return log.connect()

    log.append(numbered(50))
    reader = log.reader(connect=connect)
    for _ in range(20):
        assert not reader.source.read()
    away = False
    commit_all(50, reader)
    assert sorted(reader.unify.values()) == sorted(numbered(50))


def test_a_store_that_only_reads_is_waited_for_as_one_that_is_away(log: LogUnderTest) -> None:
    state = "on"

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(
            log.dsn, autocommit=True, options=f"-c default_transaction_read_only={state}"
        )

    log.append(numbered(20))
    reader = log.reader(connect=connect)
    asked = 0

    def refused() -> None:
        nonlocal asked
        asked += 1
        assert reader.step() == 0

    until(lambda: asked >= 5 and reader.source.resumes_at() is not None, refused)
    state = "off"
    commit_all(20, reader)
    assert sorted(reader.unify.values()) == sorted(numbered(20))


def test_what_a_crash_of_postgres_took_back_is_read_again_though_nothing_new_comes(
    log: LogUnderTest,
) -> None:
    """UNIFY commits without waiting for the disk: the newest commits may be lost with the server.

    What is lost is all of them or the last ones, stored records and positions alike.
    """
    reader = log.reader()
    log.append(numbered(300))
    commit_all(300, reader)
    with psycopg.connect(log.dsn) as conn:
        conn.execute("DELETE FROM stored WHERE partition IN (0, 2)")
        conn.execute("UPDATE offsets SET next_position = 0 WHERE partition IN (0, 2)")
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            (reader.unify.conn.info.backend_pid,),
        )
    assert len(reader.unify.values()) < 300
    commit_all(300, reader)
    assert sorted(reader.unify.values()) == sorted(numbered(300))
