"""How a Valkey stream becomes positions and records. Pure.

An entry's id is its position (`domain.intake.stream_position`); its fields, in order, are the
records that the collector packed together.
"""

from collections.abc import Sequence
from typing import Final

from domain.event import Record
from domain.intake.stream_position import SEQUENCE_BITS, entry_id

_SEQUENCE_MASK: Final = (1 << SEQUENCE_BITS) - 1

Entry = tuple[bytes, Sequence[bytes]]
"""An entry as the server answers: its id, and field, value, field, value …"""


def position_of(entry_id: bytes) -> int:
    """Position of an entry.

    Raises:
        OverflowError: more than 2^20 entries in one millisecond, which happens only while the
            server's clock stands back for long. Continuing would confuse positions, so the process
            stops instead.

    >>> position_of(b"1700000000000-3") - (1700000000000 << 20)
    3
    """
    ms, _, sequence = entry_id.partition(b"-")
    number = int(sequence)
    if number > _SEQUENCE_MASK:
        raise OverflowError(
            f"entry id {entry_id.decode()} does not fit a position: did the clock of the log's"
            " server jump back?"
        )
    return int(ms) << SEQUENCE_BITS | number


def id_before(position: int) -> str:
    """The greatest id below a position: what XREAD is given to read from the position on.

    >>> id_before(position_of(b"17-0"))
    '16-1048575'
    """
    return entry_id(max(position - 1, 0))


def instant_of(position: int) -> int:
    """When the server appended the entry at a position, ms since 1970."""
    return position >> SEQUENCE_BITS


def unpack(position: int, fields: Sequence[bytes]) -> list[Record]:
    """Records of one entry, in packing order."""
    received_ms = instant_of(position)
    return [
        Record(position, index, value, 0, received_ms) for index, value in enumerate(fields[1::2])
    ]
