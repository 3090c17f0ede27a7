"""The logs under test: the same small interface over a real Valkey and a real Kafka broker."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, cast

import psycopg
import pytest
import redis
from confluent_kafka import Producer

from sources.feed import LogSource, ReadParams
from sources.log.kafka import KafkaLog
from sources.log.kafka_params import KafkaLogParams
from sources.log.leases import LeaseParams, Leases
from sources.log.positions import Connect, Positions
from sources.log.valkey import ValkeyLog, ValkeyLogParams
from tests.sources.log.stand_in import CREATE, StandIn

PARTITIONS = 4
QUICK_READS = ReadParams(touch_interval=timedelta(milliseconds=50))
QUICK_LEASES = LeaseParams(lifetime=timedelta(seconds=1), beat=timedelta(milliseconds=100))


class Reader:
    """One reading process in miniature: a source, its positions, and the stand-in that commits."""

    def __init__(self, source: LogSource, positions: Positions, unify: StandIn) -> None:
        self.source = source
        self.positions = positions
        self.unify = unify

    def step(self) -> int:
        batches = self.source.read()
        self.unify.all(batches)
        return sum(len(batch.records) for batch in batches)

    def close(self) -> None:
        self.source.close()
        self.positions.close()
        self.unify.close()


class LogUnderTest:
    """A log that tests write to and open readers of.

    Attributes:
        name: under which positions are stored.
        partitions: how many there are.
    """

    name: str
    partitions = PARTITIONS

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self._open: list[Reader] = []
        self.connect: Connect = partial(psycopg.connect, dsn, autocommit=True)
        with psycopg.connect(dsn) as conn:
            conn.execute(CREATE)

    def append(self, values: Sequence[bytes], partition: int | None = None) -> None:
        raise NotImplementedError

    def source(self, positions: Positions, worker: str, batch_records: int) -> LogSource:
        raise NotImplementedError

    def reader(
        self, worker: str = "one", batch_records: int = 1_000, connect: Connect | None = None
    ) -> Reader:
        positions = Positions(connect or self.connect)
        reader = Reader(
            self.source(positions, worker, batch_records),
            positions,
            StandIn(self.dsn, positions.reset),
        )
        self._open.append(reader)
        return reader

    def close(self, reader: Reader) -> None:
        self._open.remove(reader)
        reader.close()

    def close_all(self) -> None:
        for reader in list(self._open):
            self.close(reader)


class ValkeyUnderTest(LogUnderTest):
    """Streams, several records packed into an entry."""

    name = "test.events"

    def __init__(self, dsn: str, url: str) -> None:
        super().__init__(dsn)
        self.url = url
        self.client = redis.Redis.from_url(url)

    def append(self, values: Sequence[bytes], partition: int | None = None) -> None:
        groups: dict[int, list[bytes]] = {}
        for value in values:
            groups.setdefault(
                zlib.crc32(value) % self.partitions if partition is None else partition, []
            ).append(value)
        pipeline = self.client.pipeline(transaction=False)
        for number, group in groups.items():
            for start in range(0, len(group), 3):
                fields = {
                    str(index).encode(): value
                    for index, value in enumerate(group[start : start + 3])
                }
                pipeline.xadd(f"{self.name}:{number}", cast("dict[Any, Any]", fields))
        pipeline.execute()

    def source(self, positions: Positions, worker: str, batch_records: int) -> LogSource:
        params = ValkeyLogParams(self.name, self.partitions, batch_records, read=QUICK_READS)
        return ValkeyLog(
            self.url,
            params,
            Leases(self.url, self.name, self.partitions, worker, QUICK_LEASES),
            positions,
        )

    def close_all(self) -> None:
        super().close_all()
        self.client.close()


class KafkaUnderTest(LogUnderTest):
    """A topic of its own, and a group of its own."""

    def __init__(self, dsn: str, bootstrap_servers: str, topic: str) -> None:
        super().__init__(dsn)
        self.name = topic
        self.bootstrap_servers = bootstrap_servers
        self.producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 1})

    def append(self, values: Sequence[bytes], partition: int | None = None) -> None:
        for value in values:
            number = zlib.crc32(value) % self.partitions if partition is None else partition
            self.producer.produce(self.name, value, partition=number)
        assert self.producer.flush(10) == 0

    def source(self, positions: Positions, worker: str, batch_records: int) -> LogSource:
        params = KafkaLogParams(
            self.bootstrap_servers,
            (self.name,),
            f"group-{self.name}",
            {},
            batch_records,
            QUICK_READS,
        )
        return KafkaLog(params, positions, worker)

    def close_all(self) -> None:
        super().close_all()
        self.producer.close()


@pytest.fixture
def valkey_log(postgres_dsn: str, valkey_url: str) -> Iterator[ValkeyUnderTest]:
    """The embedded log."""
    log = ValkeyUnderTest(postgres_dsn, valkey_url)
    yield log
    log.close_all()


@pytest.fixture
def kafka_log(
    postgres_dsn: str, kafka_bootstrap: str, kafka_topic: Callable[[int], str]
) -> Iterator[KafkaUnderTest]:
    """Kafka."""
    log = KafkaUnderTest(postgres_dsn, kafka_bootstrap, kafka_topic(PARTITIONS))
    yield log
    log.close_all()


@pytest.fixture(
    params=[
        pytest.param("valkey", marks=pytest.mark.servers),
        pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.servers]),
    ]
)
def log(request: pytest.FixtureRequest) -> LogUnderTest:
    """Either log."""
    found = request.getfixturevalue(f"{request.param}_log")
    assert isinstance(found, LogUnderTest)
    return found
