"""The shape of events: which properties an event name has, of which JSON types. Looked at for a few events of each name per batch.

Counters, like all observations: `domain.metrics.SHAPE` and `PROPERTY`. Comparing them over time shows what a deploy added, dropped or
retyped (`operators.drift`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from domain import metrics

SAMPLE: Final = 4
"""Events of one name that are looked at per batch."""
NAMES: Final = 40
"""Event names of a source that are looked at per batch; the first to come."""
PROPERTIES: Final = 40
"""Properties of one event that are looked at, in their order."""
LENGTH: Final = 100
"""Longest event name or property that is told apart, characters."""

_TYPES: Final[Mapping[type, str]] = {str: "string", int: "number", float: "number", bool: "boolean", list: "list", dict: "object"}
_DECODER: Final = msgspec.json.Decoder(dict[str, Any] | None)


class Shapes:
    """Counts the shapes of one source's events in one batch.

    Args:
        add: told each metric that grows by one.
    """

    def __init__(self, add: Callable[[str], None]) -> None:
        self._add = add
        self._seen: dict[str, int] = {}

    def look(self, name: str, properties: bytes) -> None:
        """Look at one event, unless enough of its name were looked at."""
        seen = self._seen.get(name, 0)
        if seen >= SAMPLE or (not seen and len(self._seen) >= NAMES):
            return
        self._seen[name] = seen + 1
        spelled = spell(name)
        self._add(f"{metrics.SHAPE}:{spelled}")
        for key, value in list((_DECODER.decode(properties) or {}).items())[:PROPERTIES]:
            if value is not None:
                self._add(f"{metrics.PROPERTY}:{spelled}{metrics.PART}{spell(key)}{metrics.PART}{_TYPES[type(value)]}")


def spell(name: str) -> str:
    """A name as part of a metric."""
    return name[:LENGTH].replace(metrics.PART, " ").replace("\0", " ")
