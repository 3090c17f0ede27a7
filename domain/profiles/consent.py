"""Names of purposes, and the name under which an event refuses every purpose."""

import unicodedata
from typing import Final

EVERY_PURPOSE: Final = "*"
"""In place of a purpose: a refusal of whatever was granted until then. It is never granted."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs"})
"""Unicode categories that are invisible in a name: control, format, surrogate halves."""


def purpose_of(spelled: str) -> str:
    r"""The purpose that somebody meant, however they spelled it; empty where nothing is left.

    Compatibility forms are made one (NFKC), invisible characters and surrounding blanks go,
    letters become small.

    >>> purpose_of(" Adver\u200btising\n"), purpose_of("\uff21ds")
    ('advertising', 'ads')
    """
    if spelled.isascii() and spelled.isalnum():
        return spelled.lower()
    known = unicodedata.normalize("NFKC", spelled)
    return (
        "".join([sign for sign in known if unicodedata.category(sign) not in _INVISIBLE])
        .strip()
        .lower()
    )


def spells_plainly(spelled: str) -> bool:
    r"""Whether a text names a purpose, but for case and surrounding blanks: only such are granted.

    >>> spells_plainly(" Advertising "), spells_plainly("adver\u200btising")
    (True, False)
    """
    return unicodedata.normalize("NFC", spelled).strip().lower() == purpose_of(spelled)
