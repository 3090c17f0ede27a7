"""Traits and properties of an event as the store can hold them. Pure."""

import re
from contextlib import suppress
from typing import Any, Final

import msgspec

from domain.policies import ProfileRules
from domain.values import Json
from sources.intake.message import BadRecordError, path_of

DEPTH_LIMIT: Final = 64
"""Deepest trait value that is stored, and deepest properties that are read."""
_INT64: Final = range(-(2**63), 2**64)
_PROPERTIES: Final[msgspec.json.Decoder[dict[str, Any] | None]] = msgspec.json.Decoder(
    dict[str, Any] | None
)
_FLOAT_DIGITS: Final = 309
"""Digits of the greatest number that floating point holds."""
_LONG_NUMBER: Final = re.compile(rb"[:,\[\s]-?[0-9]{%d}" % _FLOAT_DIGITS)
_BLANKS: Final = b" \t\r\n"


def storable(value: Json, depth: int = 0) -> Json:
    """Return a trait value that the store can hold.

    Integers beyond 64 bits become floats.

    Args:
        value: any JSON value.
        depth: how deep the value is nested already.

    Raises:
        BadRecordError: it is nested deeper than `DEPTH_LIMIT`.
    """
    if isinstance(value, int):
        return value if value in _INT64 else float(value)
    if isinstance(value, dict | list):
        if depth >= DEPTH_LIMIT:
            raise BadRecordError("too_deep", "$.traits")
        if isinstance(value, dict):
            return {key: storable(item, depth + 1) for key, item in value.items()}
        return [storable(item, depth + 1) for item in value]
    return value


def read_properties(raw: msgspec.Raw, brackets: int) -> dict[str, Any] | None:
    """An event's properties, read once for every later step; None where it states none.

    PHP spells an empty object as an empty list.

    Args:
        raw: JSON.
        brackets: no fewer than open in it.

    Raises:
        BadRecordError: they are no object, nested too deeply, or hold a number beyond all floats.
    """
    if not raw:
        return None
    try:
        found = _PROPERTIES.decode(raw)
    except msgspec.ValidationError as error:
        if bytes(raw).translate(None, _BLANKS) == b"[]":
            return {}
        raise BadRecordError("invalid_type", f"$.properties{path_of(error)[1:]}") from None
    if not found:
        return {}
    if brackets > DEPTH_LIMIT and _deeper_than(found, DEPTH_LIMIT):
        raise BadRecordError("too_deep", "$.properties")
    spelled = bytes(raw)
    if len(spelled) >= _FLOAT_DIGITS and _LONG_NUMBER.search(spelled) and not _finite(found):
        raise BadRecordError("invalid_type", "$.properties")
    return found


def _finite(value: Json) -> bool:
    """Whether floating point holds all numbers of a value."""
    try:
        storable(value)
    except OverflowError:
        return False
    return True


def _deeper_than(value: dict[str, Any], limit: int) -> bool:
    """Whether objects and lists are nested more than so deep."""
    level: list[Any] = [value]
    for _ in range(limit):
        members = (
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        )
        level = [inner for inner in members if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def read_traits(traits: dict[str, Any], rules: ProfileRules) -> dict[str, Any]:
    """Return traits as they are stored.

    Raises:
        BadRecordError: there are too many, or one of them cannot be stored.
    """
    if len(traits) > rules.event_trait_limit:
        raise BadRecordError("too_many_traits", "$.traits")
    try:
        return {
            name: value if isinstance(value, str) else storable(value)
            for name, value in traits.items()
        }
    except OverflowError:
        raise BadRecordError("invalid_type", "$.traits") from None


def storable_traits(traits: dict[str, Any], rules: ProfileRules) -> dict[str, Any]:
    """Return the traits that can be stored; none where there are too many."""
    kept: dict[str, Any] = {}
    for name, value in traits.items() if len(traits) <= rules.event_trait_limit else ():
        with suppress(BadRecordError, OverflowError):
            kept[name] = storable(value)
    return kept
