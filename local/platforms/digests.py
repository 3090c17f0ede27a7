"""What a platform checks about a hashed identifier: its form, and that it identifies somebody."""

import re
from hashlib import md5, sha256
from typing import Final

_FORM: Final = re.compile(r"[0-9a-f]+")
_LENGTHS: Final = {"SHA256": 64, "MD5": 32}
_NOBODY: Final = (
    "",
    "0",
    "null",
    "none",
    "00000000-0000-0000-0000-000000000000",
    "+0000000000",
    "0000000000",
)
_HASHES_OF_NOBODY: Final = frozenset(
    digest
    for value in map(str.encode, _NOBODY)
    for digest in (sha256(value).hexdigest(), md5(value, usedforsecurity=False).hexdigest())
)


def well_formed(column: str, value: str) -> bool:
    """Whether the value is lower-case hex as long as the hash that the column's name ends with.

    >>> well_formed("EMAIL_SHA256", "ab" * 32), well_formed("IDFA_MD5", "ab" * 16)
    (True, True)
    >>> well_formed("EMAIL_SHA256", "mary@example.com")
    False
    """
    return len(value) == _LENGTHS[column.rpartition("_")[2]] and _FORM.fullmatch(value) is not None


def is_digest_of_nothing(value: str) -> bool:
    """Whether the value is the hash of nothing, of zeros or of a placeholder.

    >>> is_digest_of_nothing("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    True
    """
    return value in _HASHES_OF_NOBODY
