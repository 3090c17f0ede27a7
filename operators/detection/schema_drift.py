"""Schema drift: properties of an event name that vanished or changed their JSON type.

Per event name and property two memories run, a fast one over the last events looked at and a slow
one over days, both of how often the property came with which type. A property that nearly all
events had and that nearly none has now has *vanished*; one whose usual type gave way to another was
*retyped*. New properties harm nobody and are only named. State: bounded by `NAMES` × `PROPERTIES`.
Minute by minute.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from domain.signals import metrics
from operators.detection.cusum import SequentialParams

NAMES: Final = 40
PROPERTIES: Final = 40
FAST: Final = 30.0
"""Events that the fast memory remembers of each name."""
SLOW: Final = 2_000.0
"""Events that the slow one does."""
_USUAL: Final = 0.6
"""A property that a smaller share of the events had is optional: its absence says nothing."""
_DROP: Final = 0.35
"""It has changed where the share of events that have it as usual fell by this much."""
_FADED: Final = 0.01


class Seen(msgspec.Struct, array_like=True):
    """How often a property came with one type: fading counts, fast and slow."""

    fast: float = 0.0
    slow: float = 0.0


class NameShape(msgspec.Struct):
    """The shape of one event name.

    Attributes:
        fast: events looked at, fading fast.
        slow: events looked at, fading slowly.
        properties: property → JSON type → how often.
        drifted_ms: since when it differs from what is usual; 0 while it does not.
    """

    fast: float = 0.0
    slow: float = 0.0
    properties: dict[str, dict[str, Seen]] = {}
    drifted_ms: int = 0


class Drift(msgspec.Struct):
    """Shapes of one source's events by name."""

    version: int = 1
    names: dict[str, NameShape] = {}


class Drifted(msgspec.Struct, frozen=True):
    """One event name whose shape has changed.

    Attributes:
        name: the event name.
        share: which part of its usual properties vanished or were retyped, 0–1.
        vanished: properties.
        retyped: ``property: old → new``.
        since_ms: first minute in which it showed.
    """

    name: str
    share: float
    vanished: tuple[str, ...]
    retyped: tuple[str, ...]
    since_ms: int


def step(
    drift: Drift,
    looked: Mapping[str, float],
    properties: Mapping[str, float],
    minute_ms: int,
    params: SequentialParams,
) -> None:
    """Learn one minute's shapes, in place.

    Args:
        drift: of the source.
        looked: event name → events looked at (`metrics.SHAPE`).
        properties: name, property and type, joined by `metrics.PART` → events (`PROPERTY`).
        minute_ms: the minute's beginning.
        params: how long a change lasts before it is the new usual.
    """
    if not looked:
        return
    came: dict[str, dict[str, dict[str, float]]] = {}
    for joined, value in properties.items():
        name, _, rest = joined.partition(metrics.PART)
        key, _, kind = rest.partition(metrics.PART)
        came.setdefault(name, {}).setdefault(key, {})[kind] = value
    for name, value in sorted(looked.items()):
        shape = drift.names.get(name)
        if shape is None:
            if len(drift.names) >= NAMES:
                continue
            shape = drift.names[name] = NameShape()
        _take(shape, value, came.get(name, {}))
        _adopt(shape, minute_ms, params)


def _take(shape: NameShape, looked: float, came: Mapping[str, Mapping[str, float]]) -> None:
    learning = not shape.drifted_ms
    fast, slow = 0.5 ** (looked / FAST), 0.5 ** (looked / SLOW) if learning else 1.0
    shape.fast = shape.fast * fast + looked
    shape.slow = shape.slow * slow + (looked if learning else 0.0)
    for kinds in shape.properties.values():
        for seen in kinds.values():
            seen.fast, seen.slow = seen.fast * fast, seen.slow * slow
    for key, found in came.items():
        kinds_of = shape.properties.get(key)
        if kinds_of is None:
            if len(shape.properties) >= PROPERTIES:
                continue
            kinds_of = shape.properties[key] = {}
        for kind, value in found.items():
            seen = kinds_of.setdefault(kind, Seen())
            seen.fast, seen.slow = seen.fast + value, seen.slow + (value if learning else 0.0)
    for key in [
        key
        for key, kinds in shape.properties.items()
        if all(seen.fast + seen.slow < _FADED for seen in kinds.values())
    ]:
        del shape.properties[key]


def _adopt(shape: NameShape, minute_ms: int, params: SequentialParams) -> None:
    """Note since when it differs; what differs for long is the new usual."""
    if not any(_changed(shape)):
        shape.drifted_ms = 0
    elif not shape.drifted_ms:
        shape.drifted_ms = minute_ms
    elif minute_ms - shape.drifted_ms >= params.adopt_ms:
        shape.drifted_ms, shape.slow = 0, shape.fast
        for kinds in shape.properties.values():
            for seen in kinds.values():
                seen.slow = seen.fast


def _changed(shape: NameShape) -> Iterator[tuple[str, str]]:
    """Properties that vanished (with an empty word) or were retyped (with what became what)."""
    if shape.fast < FAST / 2 or shape.slow < FAST * 3:
        return
    for key, kinds in sorted(shape.properties.items()):
        kind, seen = max(kinds.items(), key=lambda one: (one[1].slow, one[0]))
        usual = seen.slow / shape.slow
        if usual < _USUAL or usual - seen.fast / shape.fast < _DROP:
            continue
        others = [pair for pair in kinds.items() if pair[0] != kind]
        other, most = max(others, key=lambda pair: pair[1].fast, default=(kind, seen))
        yield (
            key,
            (f"{kind} → {other}" if other != kind and most.fast / shape.fast >= _DROP / 2 else ""),
        )


def drifted(drift: Drift) -> list[Drifted]:
    """Event names whose shape has changed, the gravest first."""
    found = []
    for name, shape in drift.names.items():
        changed = list(_changed(shape))
        if changed:
            usual = sum(
                max(seen.slow for seen in kinds.values()) / shape.slow >= _USUAL
                for kinds in shape.properties.values()
            )
            vanished = tuple(key for key, became in changed if not became)
            retyped = tuple(f"{key}: {became}" for key, became in changed if became)
            found.append(
                Drifted(name, len(changed) / max(usual, 1), vanished, retyped, shape.drifted_ms)
            )
    return sorted(found, key=lambda one: (-one.share, one.name))
