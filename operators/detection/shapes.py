"""The shape of events: which properties an event name has, of which JSON types.

Looked at for a share of the events.

Counters, like all observations: `domain.signals.metrics.SHAPE` and `PROPERTY`. Comparing them over
time shows what a deploy added, dropped or retyped (`operators.detection.schema_drift`). Whether an
event is looked at lies in the event alone, so that the counters do not depend on how the log was
cut into batches.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from domain.ids import MessageKey
from domain.signals import metrics

SHARE: Final = 4
"""One event of so many is looked at, told by its message key, which is a digest."""
PROPERTIES: Final = 40
"""Properties of one event that are looked at, in their order."""
LENGTH: Final = 100
"""Longest event name or property that is told apart, characters."""

_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
}

_Shape = tuple[str, tuple[str, ...], tuple[type, ...]]
"""Event name, properties in their order, and the type of each."""


class Shapes:
    """Counts the shapes of one source's events in one batch.

    Events of one shape are counted first, told apart once.
    """

    def __init__(self) -> None:
        self._alike: dict[_Shape, int] = defaultdict(int)

    def look(self, name: str, message: MessageKey, properties: Mapping[str, Any]) -> None:
        """Look at one event, if its message key is among the sample."""
        if not message[-1] % SHARE:
            self._alike[name, tuple(properties), tuple(map(type, properties.values()))] += 1

    def summed(self) -> Iterable[tuple[str, int]]:
        """Metrics with what they grow by, some of them twice."""
        for (name, keys, types), count in self._alike.items():
            spelled = spell(name)
            yield f"{metrics.SHAPE}:{spelled}", count
            for key, kind in zip(keys[:PROPERTIES], types[:PROPERTIES], strict=True):
                if kind in _TYPES:
                    parts = (f"{metrics.PROPERTY}:{spelled}", spell(key), _TYPES[kind])
                    yield metrics.PART.join(parts), count


def spell(name: str) -> str:
    """A name as part of a metric."""
    return name[:LENGTH].replace(metrics.PART, " ").replace("\0", " ")
