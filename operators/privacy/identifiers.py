"""Identifiers of somebody who is to be erased: one digest of all of them, and values by their mask.

State: none. Clock: none.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

_SHORT: Final = 4


def fingerprint(keys: Iterable[bytes]) -> str:
    """A digest of exactly these identifiers, in whatever order they come.

    Args:
        keys: of one person; each is a keyed digest itself, so that nobody can test guesses.

    Returns:
        64 hex digits, equal for equal sets.

    >>> one, other = b"1" * 16, b"2" * 16
    >>> fingerprint([one, other]) == fingerprint([other, one, one])
    True
    """
    return sha256(b"".join(sorted(set(keys)))).hexdigest()


def masked(value: str) -> str:
    """A value by which whoever knows it recognises it; the dashboard masks alike.

    >>> masked("mary@example.com"), masked("+4915112345678"), masked("u1"), masked("")
    ('m…@e…', '+4…78', 'u…', '…')
    """
    name, _, host = value.partition("@")
    if name and "@" in value:
        return f"{name[0]}…@{host[:1]}…"
    if len(value) <= _SHORT:
        return f"{value[:1]}…"
    return f"{value[:2]}…{value[-2:]}"
