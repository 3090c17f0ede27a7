"""Law 10 for what stands around a record: whatever its headers are, it is handed out, and so is
what comes after it."""

import ctypes
from pathlib import Path
from typing import Any

import confluent_kafka
import psycopg
import pytest

from sources.log.kafka_record import NOBODY
from tests.conftest import TestWorkspace
from tests.sources.conftest import KafkaUnderTest
from tests.sources.log.test_contract import numbered, read_all

pytestmark = pytest.mark.kafka

USUAL = 20
"""So many ordinary records come first that Python has learned the call that reads their headers."""
_TEXT, _PARTITION, _VALUE, _HEADER = 1, 3, 4, 9
"""``rd_kafka_vtype_t``: the members of a message; `_TEXT` is the topic."""


class _Slice(ctypes.Structure):
    _fields_ = (("pointer", ctypes.c_char_p), ("size", ctypes.c_size_t))


class _Header(ctypes.Structure):
    _fields_ = (("name", ctypes.c_char_p), ("value", ctypes.c_char_p), ("size", ctypes.c_ssize_t))


class _Of(ctypes.Union):
    _fields_ = (
        ("text", ctypes.c_char_p),
        ("number", ctypes.c_int32),
        ("slice", _Slice),
        ("header", _Header),
        ("room", ctypes.c_char * 64),
    )


class _Member(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int), ("of", _Of))


def librdkafka() -> Any:
    """The client's own library: Python's names of headers are texts, those of other languages may
    be any bytes."""
    found = sorted(
        Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs").glob("librdkafka*")
    )
    if not found:
        pytest.skip("librdkafka is not beside its Python client")
    library = ctypes.CDLL(str(found[0]))
    library.rd_kafka_conf_new.restype = library.rd_kafka_new.restype = (
        library.rd_kafka_produceva.restype
    ) = ctypes.c_void_p
    return library


def produce(bootstrap_servers: str, topic: str, header: tuple[bytes, bytes]) -> None:
    """Write one record as a producer in C does."""
    library, text = librdkafka(), ctypes.create_string_buffer(512)
    conf = ctypes.c_void_p(library.rd_kafka_conf_new())
    assert (
        library.rd_kafka_conf_set(
            conf, b"bootstrap.servers", bootstrap_servers.encode(), text, ctypes.c_size_t(len(text))
        )
        == 0
    )
    producer = ctypes.c_void_p(library.rd_kafka_new(0, conf, text, ctypes.c_size_t(len(text))))
    assert producer, text.value
    members = (_Member * 4)(
        _Member(_TEXT, _Of(text=topic.encode())),
        _Member(_PARTITION, _Of(number=0)),
        _Member(_VALUE, _Of(slice=_Slice(b"{}", 2))),
        _Member(_HEADER, _Of(header=_Header(header[0], header[1], len(header[1])))),
    )
    assert library.rd_kafka_produceva(producer, members, ctypes.c_size_t(len(members))) is None
    assert library.rd_kafka_flush(producer, 10_000) == 0
    library.rd_kafka_destroy(producer)


def hints(log: KafkaUnderTest, count: int) -> list[int]:
    return [
        record.source_hint for batch in read_all(log.reader(), count) for record in batch.records
    ]


@pytest.fixture
def topic_source(kafka_log: KafkaUnderTest, workspace: TestWorkspace) -> int:
    """The source that is registered for the topic."""
    with psycopg.connect(kafka_log.dsn) as conn:
        conn.execute(
            "UPDATE sources SET topic = %s WHERE id = %s", (kafka_log.name, workspace.source_id)
        )
    return workspace.source_id


@pytest.mark.parametrize("name", [b"\xff\xfe", b"stratum-source\xff"])
def test_a_header_whose_name_is_no_text_stops_nothing_and_its_record_is_nobodys(
    kafka_log: KafkaUnderTest, topic_source: int, name: bytes
) -> None:
    for value in numbered(USUAL):
        kafka_log.producer.produce(
            kafka_log.name, value, partition=0, headers={"stratum-source": b"77"}
        )
    assert kafka_log.producer.flush(10) == 0
    produce(kafka_log.bootstrap_servers, kafka_log.name, (name, b"1"))
    kafka_log.append(numbered(1, USUAL), partition=0)
    assert hints(kafka_log, USUAL + 2) == [*[77] * USUAL, NOBODY, topic_source]


@pytest.mark.parametrize("digits", [20, 5_000])
def test_a_header_that_names_no_possible_source_stops_nothing_and_its_record_is_nobodys(
    kafka_log: KafkaUnderTest, topic_source: int, digits: int
) -> None:
    kafka_log.producer.produce(
        kafka_log.name, b"{}", partition=0, headers={"stratum-source": b"9" * digits}
    )
    kafka_log.append(numbered(1), partition=0)
    assert hints(kafka_log, 2) == [NOBODY, topic_source]
