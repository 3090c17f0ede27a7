"""What Kafka asks for beyond the contract of every log: what other producers write, and what
brokers do."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import psycopg
import pytest
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from domain.intake.envelope import encode_event
from local.servers.kafka import create_topic
from sources.log.kafka import KafkaLog
from tests.conftest import TestWorkspace
from tests.sources.conftest import QUICK_READS, KafkaUnderTest, Reader
from tests.sources.log.test_contract import commit_all, numbered, read_all, until, values

pytestmark = pytest.mark.kafka


def stored(reader: Reader, partition: int = 0) -> int:
    row = reader.unify.conn.execute(
        "SELECT next_position FROM offsets WHERE partition = %s", (partition,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def make_anew(log: KafkaUnderTest) -> None:
    admin = AdminClient({"bootstrap.servers": log.bootstrap_servers})
    admin.delete_topics([log.name])[log.name].result(20)
    until(lambda: log.name not in admin.list_topics(timeout=5).topics, lambda: time.sleep(0.1))
    create_topic(log.bootstrap_servers, log.name, log.partitions)


def test_records_without_a_key_are_taken(kafka_log: KafkaUnderTest) -> None:
    kafka_log.producer.produce(kafka_log.name, b"{}", key=None)
    kafka_log.producer.flush(10)
    assert values(read_all(kafka_log.reader(), 1)) == [b"{}"]


def test_tombstones_are_passed_over(kafka_log: KafkaUnderTest) -> None:
    for value in (b"1", None, b"2", None):
        kafka_log.producer.produce(kafka_log.name, value, key=b"k", partition=0)
    kafka_log.producer.flush(10)
    reader = kafka_log.reader()
    commit_all(2, reader)
    until(lambda: stored(reader) == 4, reader.step)
    assert reader.unify.values() == [b"1", b"2"]


def test_transaction_markers_and_aborted_records_are_passed_over(kafka_log: KafkaUnderTest) -> None:
    producer = Producer(
        {"bootstrap.servers": kafka_log.bootstrap_servers, "transactional.id": kafka_log.name}
    )
    producer.init_transactions(20)
    for value, commit in ((b"kept", True), (b"aborted", False), (b"kept too", True)):
        producer.begin_transaction()
        producer.produce(kafka_log.name, value, partition=0)
        producer.flush(10)
        (producer.commit_transaction if commit else producer.abort_transaction)(20)
    reader = kafka_log.reader()
    commit_all(2, reader)
    until(lambda: stored(reader) == 6, reader.step)  # three records, three markers
    assert reader.unify.values() == [b"kept", b"kept too"]
    producer.close()


def test_a_record_carries_the_time_of_the_broker(kafka_log: KafkaUnderTest) -> None:
    sent_ms = int(time.time() * 1000) - 3_600_000  # younger than what the broker deletes
    kafka_log.producer.produce(kafka_log.name, b"{}", timestamp=sent_ms)
    kafka_log.producer.flush(10)
    assert read_all(kafka_log.reader(), 1)[0].records[0].received_ms == sent_ms


@pytest.mark.parametrize("timestamp", [-1, -2, 1, 1_790_000_000, 1_790_000_000_000_000])
def test_a_record_whose_timestamp_cannot_be_came_when_it_is_read(
    kafka_log: KafkaUnderTest, timestamp: int
) -> None:
    settings = {
        "message.timestamp.after.max.ms": str(2**63 - 1),
        "retention.ms": "-1",  # or the broker deletes what seems to be of 1970 before it is read
    }
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    topic = ConfigResource(ResourceType.TOPIC, kafka_log.name, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": kafka_log.bootstrap_servers})
    admin.incremental_alter_configs([topic])[topic].result(20)
    before_ms = int(time.time() * 1000)

    def taken() -> bool:
        errors: list[object] = []
        kafka_log.producer.produce(
            kafka_log.name,
            b"{}",
            timestamp=timestamp,
            on_delivery=lambda error, _: errors.append(error),
        )
        return kafka_log.producer.flush(10) == 0 and errors == [None]

    until(taken, lambda: time.sleep(0.1))  # the broker follows its settings by and by
    assert (
        before_ms <= read_all(kafka_log.reader(), 1)[0].records[0].received_ms <= time.time() * 1000
    )


def test_bare_records_belong_to_the_source_of_their_topic_unless_a_header_names_another(
    kafka_log: KafkaUnderTest, workspace: TestWorkspace
) -> None:
    with psycopg.connect(kafka_log.dsn) as conn:
        conn.execute(
            "UPDATE sources SET topic = %s WHERE id = %s", (kafka_log.name, workspace.source_id)
        )
    ours = encode_event(3, 5, 0, b"{}")
    kafka_log.producer.produce(kafka_log.name, b"{}", partition=0)
    kafka_log.producer.produce(
        kafka_log.name, b"{}", partition=0, headers={"stratum-source": b"77"}
    )
    kafka_log.producer.produce(
        kafka_log.name, b"{}", partition=0, headers={"stratum-source": b"\xff", "other": None}
    )
    kafka_log.producer.produce(kafka_log.name, ours, partition=0, headers={"stratum-source": b"77"})
    kafka_log.producer.flush(10)
    records = [record for batch in read_all(kafka_log.reader(), 4) for record in batch.records]
    assert [record.source_hint for record in records] == [
        workspace.source_id,
        77,
        workspace.source_id,
        0,
    ]


def test_processed_offsets_are_shown_to_lag_tools(kafka_log: KafkaUnderTest) -> None:
    kafka_log.append(numbered(10), partition=0)
    reader = kafka_log.reader()
    commit_all(10, reader)
    watcher = Consumer(
        {"bootstrap.servers": kafka_log.bootstrap_servers, "group.id": f"group-{kafka_log.name}"}
    )

    def committed() -> int:
        return int(watcher.committed([TopicPartition(kafka_log.name, 0)], timeout=5)[0].offset)

    until(lambda: committed() == 10, reader.step)
    watcher.close()


def test_the_groups_own_offsets_decide_nothing(kafka_log: KafkaUnderTest) -> None:
    kafka_log.append(numbered(10), partition=0)
    liar = Consumer(
        {"bootstrap.servers": kafka_log.bootstrap_servers, "group.id": f"group-{kafka_log.name}"}
    )
    liar.commit(offsets=[TopicPartition(kafka_log.name, 0, 7)], asynchronous=False)
    liar.close()
    assert values(read_all(kafka_log.reader(), 10)) == numbered(10)


def test_a_log_that_was_made_anew_is_read_from_its_beginning(kafka_log: KafkaUnderTest) -> None:
    with psycopg.connect(kafka_log.dsn) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position) VALUES (%s, 0, 5000)",
            (kafka_log.name,),
        )
    kafka_log.append(numbered(10), partition=0)
    reader = kafka_log.reader()
    commit_all(10, reader)
    assert reader.unify.values() == numbered(10)
    assert stored(reader) == 10


def test_a_topic_that_was_made_anew_is_read_from_its_beginning_however_long_it_is(
    kafka_log: KafkaUnderTest,
) -> None:
    kafka_log.append(numbered(20), partition=0)
    reader = kafka_log.reader()
    commit_all(20, reader)
    kafka_log.close(reader)
    make_anew(kafka_log)
    kafka_log.append(numbered(50, 100), partition=0)
    reader = kafka_log.reader()
    commit_all(70, reader)
    assert sorted(reader.unify.values()) == sorted(numbered(20) + numbered(50, 100))
    assert stored(reader) == 50
    kafka_log.close(reader)
    kafka_log.append(numbered(1, 200), partition=0)
    reader = kafka_log.reader()
    commit_all(71, reader)
    assert reader.unify.values().count(numbered(1, 100)[0]) == 1


def refused(code: int) -> Callable[..., dict[str, Future[Any]]]:
    """Describes no topic."""

    def describe(topics: TopicCollection, **_: object) -> dict[str, Future[Any]]:
        answers: dict[str, Future[Any]] = {name: Future() for name in topics.topic_names}
        for answer in answers.values():
            answer.set_exception(KafkaException(KafkaError(code)))
        return answers

    return describe


@pytest.mark.parametrize("code", [KafkaError._TIMED_OUT, KafkaError.UNKNOWN_TOPIC_OR_PART])
def test_nothing_is_read_until_the_broker_tells_of_which_topic_positions_are(
    kafka_log: KafkaUnderTest, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    position_of_another_topic(kafka_log)
    reader = kafka_log.reader()
    assert isinstance(reader.source, KafkaLog)
    with monkeypatch.context() as patch:
        patch.setattr(reader.source._admin, "describe_topics", refused(code))
        until(lambda: len(reader.positions.assigned(kafka_log.name)) == 4, reader.step)
        assert [reader.step() for _ in range(20)] == [0] * 20
    commit_all(10, reader)
    assert reader.unify.values() == numbered(10)


def test_who_may_not_describe_topics_reads_on_from_the_stored_position(
    kafka_log: KafkaUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    position_of_another_topic(kafka_log)
    reader = kafka_log.reader()
    assert isinstance(reader.source, KafkaLog)
    monkeypatch.setattr(
        reader.source._admin, "describe_topics", refused(KafkaError.TOPIC_AUTHORIZATION_FAILED)
    )
    commit_all(5, reader)
    assert reader.unify.values() == numbered(10)[5:]


def position_of_another_topic(log: KafkaUnderTest) -> None:
    """Ten records, and a position in their midst that an earlier topic of the same name left."""
    with psycopg.connect(log.dsn) as conn:
        conn.execute(
            "INSERT INTO offsets (log, partition, next_position, origin) VALUES (%s, 0, 5,"
            " 'another')",
            (log.name,),
        )
    log.append(numbered(10), partition=0)


@pytest.mark.parametrize("count", [5, 20, 50])
@pytest.mark.parametrize("workers", ["a", "ab"])
def test_a_topic_that_is_made_anew_under_its_readers_loses_no_record(
    kafka_log: KafkaUnderTest, workers: str, count: int
) -> None:
    kafka_log.append(numbered(20), partition=0)
    readers = [kafka_log.reader(worker) for worker in workers]
    first = readers[0]

    def step() -> None:
        for reader in readers:
            reader.step()

    until(lambda: len(first.unify.values()) == 20, step)
    make_anew(kafka_log)
    kafka_log.append(numbered(count, 100), partition=0)
    until(lambda: set(first.unify.values()) >= set(numbered(20) + numbered(count, 100)), step)
    kafka_log.append(numbered(30, 200), partition=0)
    until(
        lambda: set(first.unify.values()) >= set(numbered(30, 200)) and stored(first) == count + 30,
        step,
    )


def test_an_idle_reader_waits_instead_of_spinning(kafka_log: KafkaUnderTest) -> None:
    reader = kafka_log.reader()
    until(lambda: len(reader.positions.assigned(kafka_log.name)) == 4, reader.step)
    began, reads = time.monotonic(), 0
    while time.monotonic() - began < 1:
        reader.step()
        reads += 1
    idle_waits = (time.monotonic() - began) / QUICK_READS.idle_wait.total_seconds()
    # The end of each partition is told once, and a read with it does not wait.
    assert reads <= 1 + kafka_log.partitions + idle_waits
