"""Names of purposes, and the names that stand in place of one."""

import unicodedata
from typing import Final

EVERY_PURPOSE: Final = "*"
"""In place of a purpose: a refusal of whatever was granted until then. It is never granted."""
ANY_USE: Final = "ANY_USE"
"""In place of a purpose: any use beyond storage. An operator's restriction refuses it, the release
grants it; without a statement it is granted.

Its capitals are in no normal form (`purpose_of`), so nothing else can state it.
"""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Unicode categories that are invisible in a name: control, format, surrogate halves."""


def purpose_of(text: str) -> str:
    r"""The normal form of a purpose; empty where nothing is left.

    Compatibility forms are made one (NFKC), invisible characters and surrounding blanks go,
    letters become small.

    >>> purpose_of(" Adver\u200btising\n"), purpose_of("\uff21ds")
    ('advertising', 'ads')
    """
    if text.isascii() and text.isalnum():
        return text.lower()
    return visible(unicodedata.normalize("NFKC", text)).lower()


def visible(text: str) -> str:
    r"""A text without invisible characters and surrounding blanks.

    >>> visible(" v\u200b2\0 ")
    'v2'
    """
    return "".join([sign for sign in text if unicodedata.category(sign) not in _INVISIBLE]).strip()


def is_plain_purpose(text: str) -> bool:
    r"""Whether a text names a purpose, but for case and surrounding blanks: only such are granted.

    >>> is_plain_purpose(" Advertising "), is_plain_purpose("adver\u200btising")
    (True, False)
    """
    return unicodedata.normalize("NFC", text).strip().lower() == purpose_of(text)
