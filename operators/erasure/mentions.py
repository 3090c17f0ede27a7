"""What a record that could not be read may name somebody by.

A dead letter need not be JSON, and where it is, an id may stand anywhere in it: every text and
every number counts. Pure; never raises.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

import msgspec

from domain.ids import IdentifierKey
from domain.keys import identifier_key
from operators.erasure.redact import Normal
from operators.erasure.tokens import TOKEN, spellings, unescaped

_WORD: Final = re.compile(r"[^\s\"'\\,;|<>(){}\[\]=&?/\0]+")
_PHONE_DIGITS: Final = 8
"""Fewest digits of a phone number with its country code."""
_ENCODED_TIMES: Final = 3
"""How often a text may be percent-encoded."""
_ANY: Final = msgspec.json.Decoder()


def texts(payload: bytes) -> set[str]:
    """Every text and number of a record, and every word of them.

    >>> sorted(texts(b'{"a": ["b", 1.0]}'))
    ['1', '1.0', 'a', 'b']
    >>> "mary@example.com" in texts(b'{"to": "mailto:mary%40example.com?subject=x"}')
    True
    """
    found: set[str] = set()
    for token in TOKEN.finditer(payload):
        if token["number"] is not None:
            found |= spellings(token["number"].decode())
        else:
            found |= _words(unescaped(token["text"]))
    if not _is_json(payload):
        found |= _words(payload.decode(errors="replace"))
    found |= {f"+{text}" for text in found if text.isdecimal() and len(text) >= _PHONE_DIGITS}
    return found


def _words(text: str) -> set[str]:
    """A text, its words, and what is left of them without percent-encoding and schemes."""
    found = {text, text.replace("\0", "")}
    plain = text
    for _ in range(_ENCODED_TIMES):
        found.update(_WORD.findall(plain))
        decoded = unquote(plain)
        if decoded == plain:
            break
        plain = decoded
    found.update(part for word in list(found) for part in word.split(":") if part)
    return found | {word.rstrip(".!") for word in found}


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
