"""Which partition of the event log a record belongs to.

Pure; whoever writes to the log follows the same rule.

The partition key is the user id, else the anonymous id, else the message id, as the client sent
them, in UTF-8. Kafka spreads keys by the murmur2 hash of its Java client
(``partitioner=murmur2_random`` elsewhere); the embedded log by CRC-32. Any other spreading is
correct too, but events of one person that lie in different partitions make workers repeat work.
"""

from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import msgspec

from domain.intake.envelope import PREFIX, decode

Id = str | int | float | None


class Ids(msgspec.Struct, rename="camel", gc=False):
    """The ids of a Segment-shaped event, as far as partitioning looks at them."""

    user_id: Id = None
    anonymous_id: Id = None
    message_id: Id = None


_IDS: Final = msgspec.json.Decoder(Ids)


def partition_key(user_id: Id, anonymous_id: Id, message_id: Id) -> bytes:
    """The key of an event's record.

    >>> partition_key("u1", "a1", "m1"), partition_key(None, 7, "m1"), partition_key("", "", "m1")
    (b'u1', b'7', b'm1')
    """
    for value in (user_id, anonymous_id, message_id):
        if value is not None and value != "":
            return str(value).encode(errors="replace")
    return b""


def loose_key(fields: Mapping[str, Any], message_id: str) -> bytes:
    """The key of an event some of whose ids are not of a type that names anybody.

    Those are passed over.
    """
    found = (fields.get(name) for name in ("userId", "anonymousId", "messageId"))
    user_id, anonymous_id, own_id = (
        value if isinstance(value, str | int | float) else None for value in found
    )
    return partition_key(user_id, anonymous_id, own_id or message_id)


def record_key(record: bytes) -> bytes:
    """The key of a record of the log: of its event.

    The empty key for commands and for what is no event.

    >>> enveloped = b'{"stratum":1,"source":3,"received":5,"event":{"userId":"u1"}}'
    >>> record_key(enveloped), record_key(b'{"userId":"u1"}'), record_key(b"[")
    (b'u1', b'u1', b'')
    """
    message_id = ""
    try:
        if record.startswith(PREFIX):
            envelope = decode(record)
            record, message_id = bytes(envelope.event), envelope.message_id
        ids = _IDS.decode(record)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return message_id.encode()
    return partition_key(ids.user_id, ids.anonymous_id, ids.message_id or message_id)


def partition_of(key: bytes, partitions: int) -> int:
    """Partition of the embedded log, from 0.

    >>> partition_of(b"u1", 8)
    6
    """
    return crc32(key) % partitions


def stream_key(log: str, partition: int) -> str:
    """Name of the Valkey stream that holds a partition of the embedded log."""
    return f"{log}:{partition}"
