"""Reads what lenient clients send as JSON, at more cost than strict JSON takes, as strict JSON."""

import codecs
import json
import math
import re
from itertools import islice
from typing import Any, Final

from api.collector.errors import Refusal
from domain.values import Json

_INTEGER_DIGITS_LIMIT: Final = 400
"""Longer integers have no meaning as a number and take quadratic time to read."""
_ESCAPED_BYTES: Final = "".join(chr(byte if byte < 0x80 else 0xDC00 + byte) for byte in range(256))
_HALF_PAIRS: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that stand for no byte."""
_LIKELY_KEY: Final = re.compile(r'"writeKey"\s{0,16}:\s{0,16}"([^"\\]{1,256})"')
_LIKELY_KEYS: Final = 4


def relaxed(raw: bytes) -> bytes:
    """The same JSON in strict spelling.

    Bytes that are not UTF-8 are kept as they are, so that two ids that differ in them never become
    one.

    Raises:
        Refusal: 400, it is not JSON even in a lenient reading.
    """
    try:
        return dumped(loaded(text_of(raw)))
    except (ValueError, UnicodeDecodeError):
        raise Refusal("invalid_json") from None


def loaded(text: str) -> Json:
    """Parse JSON; NaN, infinities and integers without meaning become None."""
    return json.loads(
        text,
        parse_constant=lambda _: None,
        parse_float=_finite,
        parse_int=_bounded,
        strict=False,
        object_pairs_hook=_Members,
    )


def dumped(value: Json) -> bytes:
    """Write what `loaded` parsed as strict JSON."""
    return _bytes_of(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def text_of(raw: bytes) -> str:
    """The text of a body in any encoding of Unicode.

    Where UTF-8 is broken, each byte beyond ASCII stands for itself, as in PEP 383.
    """
    encoding = json.detect_encoding(raw)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if not encoding.startswith("utf-8"):
            raise
    return codecs.charmap_decode(raw.removeprefix(codecs.BOM_UTF8), "strict", _ESCAPED_BYTES)[0]


def _bytes_of(text: str) -> bytes:
    """The opposite of `text_of`; half of a surrogate pair becomes U+FFFD.

    It uses Python's own error handler: any other one is called for every character of a run with
    all of the run, which is quadratic.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF_PAIRS.sub("\ufffd", text).encode(errors="surrogateescape")


class _Members(dict[str, Any]):
    """An object that is written as it was read.

    A key that comes twice stays twice, for the decoder to say what counts.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Json:
        """All members, in their order."""
        return self._pairs


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _bounded(text: str) -> int | None:
    return int(text) if len(text) <= _INTEGER_DIGITS_LIMIT else None


def likely_keys(raw: bytes) -> list[str]:
    """The first few texts that look like write keys in a body that is no strict JSON.

    Nothing is parsed: the lenient reading costs much more than the strict one. It is worth it only
    where one of these is a key.
    """
    try:
        text = text_of(raw)
    except UnicodeDecodeError:
        return []
    return [found[1] for found in islice(_LIKELY_KEY.finditer(text), _LIKELY_KEYS)]
