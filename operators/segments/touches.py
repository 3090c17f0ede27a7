"""Which aggregates an event touches, and what it adds to them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, cast

import msgspec

from domain.profiles.leaf import Leaf
from domain.segments.aggregate import Marks
from domain.segments.definition import Aggregate
from operators.aggregates.fold import Fold, event_matchers, fold_mark, folder, new_state, state_of

Properties = Mapping[str, Any]
_PROPERTIES: Final = msgspec.json.Decoder(dict[str, Any] | None)
NO_PROPERTIES: Final[Properties] = {}
_NO_TOUCHES: Final[list["Touch"]] = []


def read_properties(raw: bytes) -> Properties:
    """A stored event's properties.

    Empty where they are absent, no object, or hold what cannot be read: once that was accepted.
    """
    if not raw:
        return NO_PROPERTIES
    try:
        return _PROPERTIES.decode(raw) or NO_PROPERTIES
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return NO_PROPERTIES


class Touch(NamedTuple):
    """One filter of an aggregate, as an event meets it.

    Attributes:
        aggregate: whose.
        bit: of the filter, for marks; else 0.
        matches: conditions on properties, or None.
        fold: for all families but marks.
    """

    aggregate: Aggregate
    bit: int
    matches: Callable[[Properties], bool] | None
    fold: Fold | None


class TouchIndex:
    """Filters of aggregates by type and name of the events that they may match.

    Args:
        aggregates: of one workspace.
    """

    def __init__(self, aggregates: Iterable[Aggregate]) -> None:
        self._named: dict[tuple[str, str], list[Touch]] = {}
        self._unnamed: dict[str, list[Touch]] = {}
        for aggregate in aggregates:
            for kind, name, touch in _touches_of(aggregate):
                if name is None:
                    self._unnamed.setdefault(kind, []).append(touch)
                else:
                    self._named.setdefault((kind, name), []).append(touch)
        for (kind, _), named in self._named.items():
            named.extend(self._unnamed.get(kind, ()))
            named.sort(key=lambda touch: touch.aggregate.id)

    def touches(self, kind: str, name: str) -> list[Touch]:
        """Filters that an event of a type and name may match, by aggregate."""
        found = self._named.get((kind, name))
        return self._unnamed.get(kind, _NO_TOUCHES) if found is None else found


def _touches_of(aggregate: Aggregate) -> Iterator[tuple[str, str | None, Touch]]:
    """Type and name (None: any) of the events that each filter of an aggregate may match."""
    spec = aggregate.spec
    fold = None if spec.family == "marks" else folder(aggregate)
    for bit, (kind, name, matches) in enumerate(event_matchers(spec, spec.time_zone or "UTC")):
        yield kind, name, Touch(aggregate, 1 << bit if fold is None else 0, matches, fold)


class Matched(NamedTuple):
    """What one event adds to one aggregate of whichever leaf: a fold, or a mark."""

    aggregate: Aggregate
    fold: Fold | None
    mask: int


def matched(touches: list[Touch], properties: Properties, above: int = 0) -> list[Matched]:
    """Which aggregates an event belongs to.

    Args:
        touches: from `Program.touches`.
        properties: of the event.
        above: aggregates up to this id are left out.
    """
    found: list[Matched] = []
    for touch in touches:
        if touch.aggregate.id <= above or (
            touch.matches is not None and not touch.matches(properties)
        ):
            continue
        if touch.bit and found and found[-1].aggregate.id == touch.aggregate.id:
            found[-1] = found[-1]._replace(mask=found[-1].mask | touch.bit)
        else:
            found.append(Matched(touch.aggregate, touch.fold, touch.bit))
    return found


def fold_matched(
    leaf: Leaf, matches: Iterable[Matched], properties: Properties, at_ms: int, tie: int
) -> None:
    """Add an event to the aggregates of a leaf or view, in place.

    Args:
        leaf: leaf or view; changed.
        matches: the aggregates that the event matches.
        properties: of the event.
        at_ms: event time.
        tie: orders events of one instant.
    """
    aggregates = leaf.aggregates
    for aggregate, fold, mask in matches:
        state = state_of(leaf, aggregate) or new_state(aggregate.spec)
        aggregates[aggregate.id] = cast("msgspec.Raw", state)
        if fold is None:
            fold_mark(cast("Marks", state), (at_ms, tie, mask))
        else:
            fold(state, at_ms, tie, properties)
