"""Lag as it is shown, on real servers."""

import time
from contextlib import closing

import pytest
import redis

from domain.intake.partitioning import stream_key
from sources.log.lag import KafkaLag, LagReader, PartitionLag, ValkeyLag
from tests.sources.conftest import KafkaUnderTest, LogUnderTest, ValkeyUnderTest
from tests.sources.log.test_contract import commit_all, numbered, until


def lag_reader(log: LogUnderTest) -> LagReader:
    if isinstance(log, ValkeyUnderTest):
        return ValkeyLag(log.url, log.name, log.partitions, log.connect)
    assert isinstance(log, KafkaUnderTest)
    return KafkaLag(log.bootstrap_servers, (log.name,), {}, log.connect)


def lags(log: LogUnderTest) -> list[PartitionLag]:
    with closing(lag_reader(log)) as reader:
        return reader.read()


def test_every_partition_is_listed_before_anything_was_written_or_read(log: LogUnderTest) -> None:
    assert [
        (lag.log, lag.partition, lag.records_behind, lag.seconds_behind) for lag in lags(log)
    ] == [(log.name, partition, 0, 0.0) for partition in range(log.partitions)]


def test_what_waits_is_counted_with_the_age_of_the_oldest(log: LogUnderTest) -> None:
    log.append(numbered(5), partition=1)
    began = time.time()
    log.append(numbered(20), partition=1)
    time.sleep(0.2)
    lag = lags(log)[1]
    assert (lag.records_behind, lag.exact) == (25, True)
    assert 0.2 <= lag.seconds_behind <= time.time() - began + 5
    assert lag.head_position > lag.next_position == 0


def test_what_was_processed_is_behind_no_more(log: LogUnderTest) -> None:
    log.append(numbered(30))
    reader = log.reader()
    commit_all(30, reader)
    until(lambda: all(lag.caught_up_ms for lag in lags(log)), reader.step)
    found = lags(log)
    assert all(
        lag.records_behind == 0
        and lag.seconds_behind == 0.0
        and lag.head_position == lag.next_position
        for lag in found
    )
    log.append(numbered(4), partition=2)
    assert [lag.records_behind for lag in lags(log)] == [0, 0, 4, 0]


def test_a_long_backlog_of_a_stream_is_estimated_and_says_so(valkey_log: ValkeyUnderTest) -> None:
    first_ms = int(time.time() * 1000) - 60_000
    with (
        redis.Redis.from_url(valkey_log.url) as client,
        client.pipeline(transaction=False) as pipeline,
    ):
        for number in range(3_000):
            pipeline.xadd(
                stream_key(valkey_log.name, 0), {"0": b"{}"}, id=f"{first_ms + 10 * number}-0"
            )
        pipeline.execute()
    lag = lags(valkey_log)[0]
    assert not lag.exact
    assert lag.records_behind == pytest.approx(3_000, rel=0.02)
