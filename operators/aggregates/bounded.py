"""Keeps a map below a limit in a way that no order of arrival can change.

The entries with the smallest digests of their keys stay (a bottom-k sample). An entry that belongs
to the final selection belongs to every earlier selection that it was in, so it is never dropped and
taken up again, and its value is exact.
"""

from hashlib import blake2b
from typing import TypeVar

V = TypeVar("V")


def _digest(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def keep_bounded(entries: dict[str, V], limit: int) -> bool:
    """Drop entries beyond the limit, in place.

    Args:
        entries: any map with string keys.
        limit: how many may stay.

    Returns:
        True when something was left out.
    """
    if len(entries) <= limit:
        return False
    for key in sorted(entries, key=_digest)[limit:]:
        del entries[key]
    return True
