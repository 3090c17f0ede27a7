"""Positions in an embedded stream: entry ``ms-seq`` is position ``ms << 20 | seq``. Pure."""

from typing import Final

SEQUENCE_BITS: Final = 20
"""A million entries within one millisecond of the server's clock.

41 bits remain for milliseconds, until the year 2039 and beyond.
"""
_SEQUENCE_MASK: Final = (1 << SEQUENCE_BITS) - 1


def entry_id(position: int) -> str:
    """Id of the entry at a position; the first id at or after it where there is none.

    >>> entry_id((17 << SEQUENCE_BITS) + 3)
    '17-3'
    """
    return f"{position >> SEQUENCE_BITS}-{position & _SEQUENCE_MASK}"


def position_at(instant_ms: int) -> int:
    """First position of an instant, ms since 1970."""
    return max(instant_ms, 0) << SEQUENCE_BITS


def kept_from(processed: int, since_ms: int) -> str:
    """Return the first entry that trimming keeps.

    What is unprocessed, and what is not older than an instant.

    Args:
        processed: the next position to be processed, one that no crash can take back.
        since_ms: younger entries stay, ms since 1970.

    >>> kept_from((17 << SEQUENCE_BITS) + 3, 20), kept_from((17 << SEQUENCE_BITS) + 3, 5)
    ('17-3', '5-0')
    """
    return entry_id(min(processed, position_at(since_ms)))
