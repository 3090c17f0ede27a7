"""The Kafka log's writing end against a real broker: what was acknowledged is there, once, in
order, where Java would put it."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from domain.intake.envelope import encode_event
from local.servers.address import free_port
from local.servers.process import wait_until
from sinks.intake.kafka import KafkaAppender, KafkaAppendParams
from sinks.intake.log import LogFullError, LogUnavailableError, keyed
from tests.support.appending import append_once

pytestmark = pytest.mark.kafka

PARTITIONS = 3


def stored(bootstrap: str, topic: str, count: int) -> list[list[tuple[bytes | None, bytes]]]:
    """Key and value of every message, per partition; at least this many in all."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "test",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found: list[list[tuple[bytes | None, bytes]]] = [[] for _ in range(PARTITIONS)]
    ended: set[int] = set()
    while len(ended) < PARTITIONS:
        message = consumer.poll(30)
        assert message is not None
        if message.error() is not None:
            ended.add(int(message.partition() or 0))
        else:
            found[int(message.partition() or 0)].append((message.key(), message.value() or b""))
    consumer.close()
    assert sum(len(messages) for messages in found) >= count
    return found


def records(count: int) -> list[tuple[bytes, bytes]]:
    """Records of some people."""
    events = [
        b'{"userId":"u%d","messageId":"m%d"}' % (number % 17, number) for number in range(count)
    ]
    return keyed([encode_event(1, 5, 0, event) for event in events])


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run in an event loop of its own."""
    asyncio.run(work)


def test_appended_records_are_stored_once_and_in_order_per_person(
    kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> None:
    topic, entries = kafka_topic(PARTITIONS), records(2_000)

    async def work() -> None:
        log = KafkaAppender(kafka_bootstrap, topic, {}, KafkaAppendParams())
        assert await log.refusal() is None
        await asyncio.gather(
            *(log.append(entries[start : start + 100]) for start in range(0, 1_000, 100))
        )
        await log.append(entries[1_000:])
        await log.close()

    run(work())
    found = stored(kafka_bootstrap, topic, len(entries))
    assert sorted(message for messages in found for message in messages) == sorted(entries)
    for key in {key for key, _ in entries}:
        (mine,) = [messages for messages in found if any(name == key for name, _ in messages)]
        assert [value for name, value in mine if name == key] == [
            value for name, value in entries if name == key
        ]


def test_a_person_is_in_the_partition_that_javas_default_partitioner_names(
    kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> None:
    topic = kafka_topic(PARTITIONS)
    append_once(
        lambda: KafkaAppender(kafka_bootstrap, topic, {}, KafkaAppendParams()),
        [(b"21", b"a"), (b"foobar", b"b")],
    )
    found = stored(kafka_bootstrap, topic, 2)
    places = {key: number for number, messages in enumerate(found) for key, _ in messages}
    # org.apache.kafka.common.utils.UtilsTest: murmur2("21") = -973932308, murmur2("foobar") =
    # -790332482; toPositive drops the sign bit.
    assert places == {
        b"21": (-973932308 & 0x7FFFFFFF) % PARTITIONS,
        b"foobar": (-790332482 & 0x7FFFFFFF) % PARTITIONS,
    }


def test_records_without_a_key_are_stored(
    kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> None:
    topic = kafka_topic(PARTITIONS)
    append_once(
        lambda: KafkaAppender(kafka_bootstrap, topic, {}, KafkaAppendParams()), [(b"", b"command")]
    )
    assert [message for messages in stored(kafka_bootstrap, topic, 1) for message in messages] == [
        (None, b"command")
    ]


def test_more_under_way_than_the_limit_pushes_back(
    kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> None:
    topic = kafka_topic(PARTITIONS)

    async def work() -> None:
        log = KafkaAppender(
            kafka_bootstrap,
            topic,
            {"linger.ms": "500"},
            KafkaAppendParams(waiting_limit_messages=100),
        )
        with pytest.raises(LogFullError):
            await log.append(records(500))
        await log.close()

    run(work())


def test_a_broker_that_is_away_is_told_and_not_ready() -> None:
    async def work() -> None:
        params = KafkaAppendParams(
            timeout=timedelta(seconds=1), metadata_timeout=timedelta(seconds=0.5)
        )
        log = KafkaAppender(f"127.0.0.1:{free_port()}", "nowhere", {"log_level": "0"}, params)
        assert (await log.refusal()) is not None
        with pytest.raises(LogUnavailableError) as refused:
            await log.append(records(5))
        assert refused.value.retry_after_s > 0
        await log.close()

    run(work())


def test_a_producer_that_broke_for_good_is_replaced(
    kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> None:
    topic, entries = kafka_topic(PARTITIONS), records(200)

    async def work() -> None:
        log = KafkaAppender(kafka_bootstrap, topic, {}, KafkaAppendParams())
        await log.append(entries[:100])
        log._broken.set()
        assert await asyncio.to_thread(wait_until, lambda: not log._broken.is_set(), 10)
        await log.append(entries[100:])
        await log.close()

    run(work())
    assert sorted(
        message for messages in stored(kafka_bootstrap, topic, 200) for message in messages
    ) == sorted(entries)


def test_an_unknown_topic_is_refused(kafka_bootstrap: str) -> None:
    async def work() -> None:
        log = KafkaAppender(
            kafka_bootstrap, "not-there", {}, KafkaAppendParams(timeout=timedelta(seconds=2))
        )
        assert (await log.refusal()) is not None
        with pytest.raises(LogUnavailableError):
            await log.append(records(1))
        await log.close()

    run(work())
