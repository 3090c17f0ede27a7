"""Breaks people down by a JSON value.

The values that most people have, everything else together, and those without a value.

Numbers are compared as numbers, booleans only with booleans; lists and objects by their JSON text.
State: none.
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.values import Json


class Kind(StrEnum):
    """What a group is: people with one value, with any other value, or without one."""

    VALUE = "value"
    OTHER = "other"
    MISSING = "missing"


class Group(NamedTuple):
    """People with one value.

    Attributes:
        kind: what the group is.
        value: theirs; None for other kinds than `Kind.VALUE`.
        rows: places of the people among the values.
    """

    kind: Kind
    value: Any
    rows: NDArray[np.intp]


def _key(value: Json) -> tuple[str, Any]:
    """What equal values share: 1 and 1.0 do, true and 1 do not."""
    if isinstance(value, str):
        return "text", value
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int | float):
        return "number", value
    return "json", _text(value)


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def break_down(values: Sequence[Any], limit: int) -> list[Group]:
    """Group people by their value.

    Args:
        values: one per person; None for a person without a value.
        limit: groups of one value at most; the values with the most people are kept, among equals
            the smaller JSON text.

    Returns:
        Groups of one value, most people first; then `Kind.OTHER` and `Kind.MISSING` where there is
        anybody.
    """
    grouped: dict[tuple[str, Any], list[int]] = {}
    missing: list[int] = []
    for row, value in enumerate(values):
        if value is None:
            missing.append(row)
        else:
            grouped.setdefault(_key(value), []).append(row)
    ordered = sorted(grouped.values(), key=lambda rows: (-len(rows), _text(values[rows[0]])))
    groups = [Group(Kind.VALUE, values[rows[0]], np.array(rows)) for rows in ordered[:limit]]
    other = sorted(row for rows in ordered[limit:] for row in rows)
    groups += [Group(Kind.OTHER, None, np.array(other))] if other else []
    groups += [Group(Kind.MISSING, None, np.array(missing))] if missing else []
    return groups
