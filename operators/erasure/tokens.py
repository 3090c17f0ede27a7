"""The texts and numbers of JSON, found without a parser.

So that neither depth nor odd numbers, repeated keys or broken ends matter. Pure; never raises.
"""

import json
import re
from contextlib import suppress
from typing import Final

TOKEN: Final = re.compile(
    rb'(?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?P<colon>[ \t\r\n]*:)?'
    rb"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)",
    re.DOTALL,
)
"""A string, with the colon after it where it names a member, or a number."""
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def unescaped(token: bytes) -> str:
    r"""Read a string token, its quotes included; what no JSON has is read as it stands.

    >>> unescaped(b'"mary\\u0040example.com"'), unescaped(b'"\\q"')
    ('mary@example.com', 'q')
    """
    text = token.decode(errors="replace")
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return _ESCAPE.sub(_character, text[1:-1])


def spellings(number: str) -> set[str]:
    """Every text that a number may stand for as an id.

    >>> sorted(spellings("12.0")), sorted(spellings("1e400"))
    (['12', '12.0'], ['1e400'])
    """
    texts = {number}
    with suppress(ValueError, OverflowError):
        texts.add(str(int(number)))
    with suppress(ValueError, OverflowError):
        if float(number).is_integer():
            texts.add(str(int(float(number))))
    return texts


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _SHORT.get(escape[2], escape[2])
