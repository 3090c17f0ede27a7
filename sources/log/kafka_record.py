"""Kafka messages as records: whom they belong to, and when they arrived.

A record that is not ours (`domain.intake.envelope`) belongs to the source that the header
``stratum-source`` names by its id, else to the source that is registered for the topic. Where
headers cannot be read, whom they name is not guessed: such a record belongs to nobody.

A record arrived when its timestamp says; where that cannot be, when it is read. Nothing is dated
later than its arrival, and a refusal of consent that is dated 1970 counts against no grant.
"""

from operator import methodcaller
from typing import Final, cast

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from domain.event import Record
from domain.instants import DAY_MS
from domain.intake.envelope import PREFIX

SOURCE_HEADER: Final = "stratum-source"
NOBODY: Final = 0
"""The id of no source."""
_EARLIEST_MS: Final = 10**12
"""2001.

No record came earlier: such a timestamp is a producer's seconds in place of milliseconds, or its
word for none.
"""
_AHEAD_MS: Final = DAY_MS
"""How far a producer's clock may be ahead: a day.

Timestamps beyond it are microseconds, or years that no calendar holds.
"""
_ID_DIGITS: Final = 19
"""Digits of the greatest id of a row; Python refuses to read numbers of some thousands."""
_HEADERS: Final = methodcaller("headers")
"""Asks a message for its headers.

Where a name is not UTF-8 the client returns a list with a hole and an error beside it: called in
this way Python looks for the error first, while its fast path for methods continues with the list,
and the process dies.
"""


def record_of(message: Message, topic_hint: int, now_ms: int) -> Record:
    """Read one message that is no tombstone.

    Args:
        message: as the client hands it out.
        topic_hint: id of the source that is registered for its topic; 0 for none.
        now_ms: when it is read.
    """
    value = message.value() or b""
    kind, at_ms = message.timestamp()
    named = NOBODY if value.startswith(PREFIX) else _header_source(message)
    hint = topic_hint if named is None else named
    told = kind != TIMESTAMP_NOT_AVAILABLE and _EARLIEST_MS <= at_ms <= now_ms + _AHEAD_MS
    return Record(int(message.offset() or 0), 0, value, hint, at_ms if told else now_ms)


def _header_source(message: Message) -> int | None:
    """The source that a header names, `NOBODY` where there is none of such an id.

    None where no header speaks of one.
    """
    try:
        headers = cast("list[tuple[str, bytes | None]]", _HEADERS(message) or [])
    except (SystemError, UnicodeDecodeError):
        # A name that is no UTF-8; the others cannot be read then.
        return NOBODY
    for name, value in headers:
        if name == SOURCE_HEADER and value is not None and value.isdigit():
            return int(value) if len(value) <= _ID_DIGITS else NOBODY
    return None
