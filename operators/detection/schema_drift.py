"""Schema drift: properties of an event name that vanished or changed their JSON type.

Per event name and property two memories run, a fast one over the last events looked at and a slow
one over days, both of how often the property came with which type. With c fading counts, by half
every `fast_events` or `slow_events` events looked at (n):

    q = c / n   per memory;   a property has drifted where q_slow ≥ usual and q_slow − q_fast ≥ drop

It has *vanished*, unless another type came in its place: then it was *retyped*. New properties harm
nobody and are only learned. State: bounded by `names` × `properties`. Minute by minute.

References: D. Kifer, S. Ben-David and J. Gehrke, "Detecting change in data streams", VLDB 2004, for
a current window against a reference; G. Cormode et al., "Forward decay: a practical time decay
model for streaming systems", ICDE 2009, for fading counts.

>>> import random
>>> from operators.detection.cusum_params import CusumParams
>>> rng, drift, params = random.Random(1), Drift(), DriftParams()
>>> for minute in range(1, 61):  # ten events a minute; a deploy after 50 changes the price's type
...     kind = "number" if minute <= 50 else "string"
...     priced = sum(rng.random() < 0.95 for _ in range(10))
...     found = {metrics.PART.join(("Order", "price", kind)): priced}
...     step(drift, Looked(minute * 60_000, {"Order": 10}, found), params, CusumParams())
>>> [(one.name, one.retyped, one.since_ms // 60_000) for one in drifted(drift, params)]
[('Order', ('price: number → string',), 53)]
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from domain.signals import metrics
from operators.detection.cusum_params import CusumParams


@dataclass(frozen=True)
class DriftParams:
    """When the shape of events has changed.

    Sources: *fault lab*: chosen on its seeds 1, 2 and 3 (`docs/fault-lab.md`); *design*: a bound on
    state.

    Attributes:
        names: event names that are followed, at least 1. Source: design.
        properties: properties followed of each, at least 1. Source: design; as many are looked at.
        fast_events: half-life of the fast memory, events looked at. Source: fault lab.
        slow_events: half-life of the slow one, events looked at, above `fast_events`. Source: fault
            lab.
        fast_warm_up: weight of the fast memory before anything can have changed, events. Source:
            fault lab; half of `fast_events`.
        slow_warm_up: the same of the slow one, events. Source: fault lab; three times
            `fast_events`.
        usual: a property that a smaller share of the events had is optional: its absence says
            nothing, 0–1. Source: fault lab.
        drop: it has changed where the share of events that have it as usual fell by this much, 0–1.
            Source: fault lab.
        retyped: it was retyped where another type came in this share of the events, 0–1. Source:
            fault lab; half of `drop`.
        forgotten: a property of less weight is forgotten, events. Source: design.
    """

    names: int = 40
    properties: int = 40
    fast_events: float = 30.0
    slow_events: float = 2_000.0
    fast_warm_up: float = 15.0
    slow_warm_up: float = 90.0
    usual: float = 0.6
    drop: float = 0.35
    retyped: float = 0.175
    forgotten: float = 0.01

    def __post_init__(self) -> None:
        if min(self.names, self.properties) < 1 or not 0 < self.fast_events < self.slow_events:
            raise ValueError("names and properties are at least 1, 0 < fast_events < slow_events")
        if min(self.fast_warm_up, self.slow_warm_up, self.forgotten) <= 0:
            raise ValueError("fast_warm_up, slow_warm_up and forgotten are positive")
        if not all(0 < share <= 1 for share in (self.usual, self.drop, self.retyped)):
            raise ValueError("usual, drop and retyped are above 0 and at most 1")


class Looked(NamedTuple):
    """One minute's events that were looked at.

    Attributes:
        at_ms: the minute's beginning.
        events: event name → how many (`metrics.SHAPE`).
        properties: name, property and type, joined by `metrics.PART` → events (`PROPERTY`).
    """

    at_ms: int
    events: Mapping[str, float]
    properties: Mapping[str, float]


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


def step(drift: Drift, looked: Looked, params: DriftParams, sequential: CusumParams) -> None:
    """Learn one minute's shapes, in place.

    Args:
        drift: of the source.
        looked: the minute.
        params: what counts as a change.
        sequential: how long a change lasts before it is the new baseline.
    """
    if not looked.events:
        return
    observed: dict[str, dict[str, dict[str, float]]] = {}
    for joined, value in looked.properties.items():
        name, _, rest = joined.partition(metrics.PART)
        key, _, kind = rest.partition(metrics.PART)
        observed.setdefault(name, {}).setdefault(key, {})[kind] = value
    for name, value in sorted(looked.events.items()):
        shape = drift.names.get(name)
        if shape is None:
            if len(drift.names) >= params.names:
                continue
            shape = drift.names[name] = NameShape()
        _take(shape, value, observed.get(name, {}), params)
        _adopt(shape, looked.at_ms, params, sequential)


def _take(
    shape: NameShape,
    looked: float,
    observed: Mapping[str, Mapping[str, float]],
    params: DriftParams,
) -> None:
    """Let both memories fade and take in the events looked at."""
    learning = not shape.drifted_ms
    fast = 0.5 ** (looked / params.fast_events)
    slow = 0.5 ** (looked / params.slow_events) if learning else 1.0
    shape.fast = shape.fast * fast + looked
    shape.slow = shape.slow * slow + (looked if learning else 0.0)
    for kinds in shape.properties.values():
        for seen in kinds.values():
            seen.fast, seen.slow = seen.fast * fast, seen.slow * slow
    for key, found in observed.items():
        kinds_of = shape.properties.get(key)
        if kinds_of is None:
            if len(shape.properties) >= params.properties:
                continue
            kinds_of = shape.properties[key] = {}
        for kind, value in found.items():
            seen = kinds_of.setdefault(kind, Seen())
            seen.fast, seen.slow = seen.fast + value, seen.slow + (value if learning else 0.0)
    forgotten = params.forgotten
    for key in [
        key
        for key, kinds in shape.properties.items()
        if all(seen.fast + seen.slow < forgotten for seen in kinds.values())
    ]:
        del shape.properties[key]


def _adopt(shape: NameShape, minute_ms: int, params: DriftParams, sequential: CusumParams) -> None:
    """Note since when it differs; what differs for long is the new baseline."""
    if not any(_changed(shape, params)):
        shape.drifted_ms = 0
    elif not shape.drifted_ms:
        shape.drifted_ms = minute_ms
    elif minute_ms - shape.drifted_ms >= sequential.adopt_ms:
        shape.drifted_ms, shape.slow = 0, shape.fast
        for kinds in shape.properties.values():
            for seen in kinds.values():
                seen.slow = seen.fast


def _changed(shape: NameShape, params: DriftParams) -> Iterator[tuple[str, str]]:
    """Properties that vanished (with an empty word) or were retyped (with what became what)."""
    if shape.fast < params.fast_warm_up or shape.slow < params.slow_warm_up:
        return
    least, drop = params.usual, params.drop
    for key, kinds in sorted(shape.properties.items()):
        kind, seen = max(kinds.items(), key=lambda one: (one[1].slow, one[0]))
        usual = seen.slow / shape.slow
        if usual < least or usual - seen.fast / shape.fast < drop:
            continue
        others = [pair for pair in kinds.items() if pair[0] != kind]
        other, most = max(others, key=lambda pair: pair[1].fast, default=(kind, seen))
        retyped = other != kind and most.fast / shape.fast >= params.retyped
        yield key, f"{kind} → {other}" if retyped else ""


def drifted(drift: Drift, params: DriftParams) -> list[Drifted]:
    """Event names whose shape has changed, the gravest first."""
    found = []
    for name, shape in drift.names.items():
        changed = list(_changed(shape, params))
        if changed:
            usual = sum(
                max(seen.slow for seen in kinds.values()) / shape.slow >= params.usual
                for kinds in shape.properties.values()
            )
            vanished = tuple(key for key, became in changed if not became)
            retyped = tuple(f"{key}: {became}" for key, became in changed if became)
            share = len(changed) / max(usual, 1)
            found.append(Drifted(name, share, vanished, retyped, shape.drifted_ms))
    return sorted(found, key=lambda one: (-one.share, one.name))
