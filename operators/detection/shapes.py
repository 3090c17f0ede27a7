"""The shape of events: which properties an event name has, of which JSON types.

Looked at for one event in `ShapeRules.sample`. Counters, like all observations:
`domain.signals.metrics.SHAPE` and `PROPERTY`. Comparing them over time shows what a deploy added,
dropped or retyped (`operators.detection.schema_drift`). Whether an event is looked at lies in the
event alone, so that the counters do not depend on how the log was cut into batches.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from domain.ids import MessageKey
from domain.policies import ShapeRules
from domain.signals import metrics

TYPES: Final[Mapping[type, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
}
"""Types of decoded JSON → what they are called."""

_Shape = tuple[str, tuple[str, ...], tuple[type, ...]]
"""Event name, properties in their order, and the type of each."""


class Shapes:
    """Counts the shapes of one source's events in one batch.

    Events of one shape are counted first, told apart once.

    Args:
        rules: which events are looked at.
    """

    def __init__(self, rules: ShapeRules) -> None:
        self._rules = rules
        self._sample = rules.sample
        self._alike: dict[_Shape, int] = defaultdict(int)

    def look(self, name: str, message: MessageKey, properties: Mapping[str, Any]) -> None:
        """Look at one event, if its message key, which is a digest, is among the sample."""
        if not message[-1] % self._sample:
            self._alike[name, tuple(properties), tuple(map(type, properties.values()))] += 1

    def summed(self) -> Iterable[tuple[str, int]]:
        """Metrics with what they grow by, some of them twice."""
        most, length = self._rules.properties, self._rules.length
        for (name, keys, types), count in self._alike.items():
            spelled = spell(name, length)
            yield f"{metrics.SHAPE}:{spelled}", count
            for key, kind in zip(keys[:most], types[:most], strict=True):
                if kind in TYPES:
                    parts = (f"{metrics.PROPERTY}:{spelled}", spell(key, length), TYPES[kind])
                    yield metrics.PART.join(parts), count


def spell(name: str, length: int) -> str:
    """A name as part of a metric, of at most so many characters."""
    return name[:length].replace(metrics.PART, " ").replace("\0", " ")
