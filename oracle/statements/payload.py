"""Reads JSON payloads as the engine reads them: depth, infinities, integers beyond 64 bits."""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from domain.values import Json

DEPTH: Final = 64
"""Deepest trait value that is stored."""
_DEEPER: Final = 10_000
"""More levels than the engine passes over."""
_DIGITS: Final = 4_000
"""A longer integer is beyond floating point, and slow to read."""


@contextmanager
def deeper() -> Iterator[None]:
    """Read stored records as deep as the engine passes over."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _DEEPER)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _integer(text: str) -> float:
    return (
        int(text)
        if len(text) <= _DIGITS
        else math.copysign(math.inf, -1 if text.startswith("-") else 1)
    )


def object_of(value: Json) -> dict[str, Any]:
    """What is no object counts as an empty one."""
    return value if isinstance(value, dict) else {}


def is_scalar(value: Json) -> bool:
    """Whether a value is a text or a finite number."""
    return (
        isinstance(value, str | int | float)
        and not isinstance(value, bool)
        and not _holds_infinity(value)
    )


class _Object(dict[str, Any]):
    """A JSON object.

    Remembers whether a value that a later one of its key takes the place of holds an infinity.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.hides = len(pairs) > len(self) and any(
            _holds_infinity(value) for key, value in pairs if self[key] is not value
        )


def _holds_infinity(value: Json) -> bool:
    if isinstance(value, dict | list):
        return any(map(_holds_infinity, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and math.isinf(value)


def _hides(value: Json) -> bool:
    if isinstance(value, _Object):
        return value.hides or any(map(_hides, value.values()))
    return isinstance(value, list) and any(map(_hides, value))


def is_finite(value: Json) -> bool:
    """Whether no number in a value is beyond floating point, wherever it stands in the JSON."""
    if _hides(value):
        return False
    try:
        json.dumps(storable(value), allow_nan=False)
    except (OverflowError, ValueError):
        return False
    return True


def depth(value: Json) -> int:
    """Levels of objects and lists around the innermost value."""
    if isinstance(value, dict | list):
        return 1 + max(
            (depth(item) for item in (value.values() if isinstance(value, dict) else value)),
            default=0,
        )
    return 0


def text_of(value: Json) -> str:
    """A scalar as text; empty for null."""
    if value is None:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def storable(value: Json) -> Json:
    """Integers beyond 64 bits are kept as floating point numbers."""
    if isinstance(value, dict):
        return {key: storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def read_payload(payload: bytes) -> dict[str, Any]:
    """Read a stored payload; inside of `deeper`."""
    said: dict[str, Any] = json.loads(payload, parse_int=_integer, object_pairs_hook=_Object)
    return said
