"""What a record that could not be read may name somebody by.

A dead letter need not be JSON, and where it is, an id may stand anywhere in it: every text and
every number counts. Pure; never raises.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from domain.ids import IdentifierKey
from domain.keys import identifier_key
from operators.privacy.redact import Normal
from operators.privacy.tokens import TOKEN, spellings, unescaped

_WORD: Final = re.compile(r"[^\s\"',;|<>(){}\[\]=&?]+")
_ANY: Final = msgspec.json.Decoder()


def texts(payload: bytes) -> set[str]:
    """Every text and number of a record; of one that is no JSON, every word of it besides.

    >>> sorted(texts(b'{"a": ["b", 1.0]}')), sorted(texts(b'to:mary@example.com, "x'))
    (['1', '1.0', 'a', 'b'], ['mary@example.com', 'to', 'to:mary@example.com', 'x'])
    """
    found: set[str] = set()
    for token in TOKEN.finditer(payload):
        if token["number"] is not None:
            found |= spellings(token["number"].decode())
        else:
            found.add(unescaped(token["text"]))
    if not _is_json(payload):
        words = _WORD.findall(payload.decode(errors="replace"))
        found.update(words)
        found.update(part for word in words for part in word.split(":") if part)
    return found


def identifier_keys(
    candidates: Iterable[str], kinds: Iterable[str], normals: Iterable[Normal], salt: bytes
) -> set[IdentifierKey]:
    """Keys of all identifiers that texts may be, of every kind.

    Args:
        candidates: texts.
        kinds: of identifiers.
        normals: normal forms; several where default regions differ.
        salt: of the workspace.
    """
    values = {
        (kind, value)
        for normal in normals
        for kind in kinds
        for text in candidates
        if (value := normal(kind, text)) is not None
    }
    return {
        identifier_key(salt, kind, value)
        for kind, value in values
        if value.isascii() or _encodes(value)
    }


def _encodes(value: str) -> bool:
    """Whether it is text: half a surrogate pair is none, and names nobody."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_json(payload: bytes) -> bool:
    try:
        _ANY.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
