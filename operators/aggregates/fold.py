"""Folds events into the states that leaves keep for definitions.

Commutative, in every family; `operators.aggregates.join` joins the states of leaves.

Old buckets are dropped by what the state itself has seen (so many before its newest), never by a
clock: the same events leave the same state in any order, and what was dropped lies outside every
window that the aggregate serves.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from domain.profiles.leaf import Leaf, Register, earlier, later
from domain.segments.aggregate import (
    STATES,
    Counts,
    Edges,
    Ends,
    Frequencies,
    Mark,
    Marks,
    NumberBuckets,
    State,
    Uniques,
    decode_state,
)
from domain.segments.definition import Aggregate, AggregateSpec
from domain.segments.rule import FREQUENT_VALUES, SEQUENCE_MARKS
from domain.values import Json
from operators.aggregates.bounded import keep_bounded
from operators.aggregates.distinct import add_value, value_text
from operators.aggregates.numbers import add_numbers, micro
from operators.rules.conditions import matcher, property_of
from operators.rules.windows import bucketer, kept_buckets

V = TypeVar("V")
Properties = Mapping[str, Any]
Fold = Callable[[Any, int, int, Properties], None]
"""(state, changed in place; event time in ms; tie; properties) → nothing."""


def _insert(buckets: dict[int, V], bucket: int, entry: V, limit: int) -> None:
    """Insert a new bucket in its place, and drop those too far before the newest."""
    newest = next(reversed(buckets), bucket)
    if bucket >= newest:
        buckets[bucket] = entry
        cut = bucket - limit
        while next(iter(buckets)) < cut:
            del buckets[next(iter(buckets))]
    elif bucket >= newest - limit:
        buckets[bucket] = entry
        ordered = sorted(buckets.items())
        buckets.clear()
        buckets.update(ordered)


def _see(state: Counts | NumberBuckets, at_ms: int) -> None:
    if not state.buckets:
        state.first_ms = state.last_ms = at_ms
    elif at_ms > state.last_ms:
        state.last_ms = at_ms
    elif at_ms < state.first_ms:
        state.first_ms = at_ms


def _fold_counts(spec: AggregateSpec) -> Fold:
    bucket_of = bucketer(spec.resolution, spec.time_zone or "UTC")
    kept = kept_buckets(spec.resolution)

    def fold(state: Counts, at_ms: int, _tie: int, _properties: Properties) -> None:
        _see(state, at_ms)
        bucket, buckets = bucket_of(at_ms), state.buckets
        known = buckets.get(bucket)
        if known is not None:
            buckets[bucket] = known + 1
        else:
            _insert(buckets, bucket, 1, kept)

    return fold


def _fold_numbers(spec: AggregateSpec) -> Fold:
    bucket_of = bucketer(spec.resolution, spec.time_zone or "UTC")
    kept = kept_buckets(spec.resolution)
    path = spec.property or ""

    def fold(state: NumberBuckets, at_ms: int, _tie: int, properties: Properties) -> None:
        _see(state, at_ms)
        amount = micro(property_of(properties, path))
        if amount is not None and amount < 0:
            state.negative = True
        entry = (1, 0, 0, 0, 0) if amount is None else (1, 1, amount, amount, amount)
        bucket, buckets = bucket_of(at_ms), state.buckets
        known = buckets.get(bucket)
        if known is not None:
            buckets[bucket] = add_numbers(known, entry)
        else:
            _insert(buckets, bucket, entry, kept)

    return fold


def _fold_uniques(spec: AggregateSpec) -> Fold:
    bucket_of = bucketer(spec.resolution, spec.time_zone or "UTC")
    path = spec.property or ""
    sketched = spec.resolution == "ever"

    def fold(state: Uniques, at_ms: int, _tie: int, properties: Properties) -> None:
        text = value_text(property_of(properties, path))
        if text is not None:
            add_value(state, text, bucket_of(at_ms), sketched=sketched)

    return fold


def _fold_frequencies(spec: AggregateSpec) -> Fold:
    bucket_of = bucketer(spec.resolution, spec.time_zone or "UTC")
    kept = kept_buckets(spec.resolution)
    path = spec.property or ""

    def fold(state: Frequencies, at_ms: int, _tie: int, properties: Properties) -> None:
        text = value_text(property_of(properties, path))
        if text is None:
            return
        buckets = state.values.setdefault(text, {})
        bucket = bucket_of(at_ms)
        if bucket in buckets:
            buckets[bucket] += 1
        else:
            _insert(buckets, bucket, 1, kept)
        keep_bounded(state.values, FREQUENT_VALUES)

    return fold


def _storable(value: Json) -> Json:
    """A value as a leaf can keep it: integers beyond 64 bits as floating point.

    None where not even that holds one of them.
    """
    try:
        return _within_64_bits(value)
    except (OverflowError, RecursionError):
        return None


def _within_64_bits(value: Json) -> Json:
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else float(value)
    if isinstance(value, dict):
        return {name: _within_64_bits(item) for name, item in value.items()}
    return [_within_64_bits(item) for item in value] if isinstance(value, list) else value


def _fold_edges(spec: AggregateSpec) -> Fold:
    bucket_of = bucketer(spec.resolution, spec.time_zone or "UTC")
    kept = kept_buckets(spec.resolution)
    path = spec.property

    def fold(state: Edges, at_ms: int, tie: int, properties: Properties) -> None:
        value = None if path is None else property_of(properties, path)
        if path is not None and (value := _storable(value)) is None:
            return
        said = Register(value, at_ms, tie)
        bucket, buckets = bucket_of(at_ms), state.buckets
        known = buckets.get(bucket)
        if known is not None:
            buckets[bucket] = Ends(earlier(known.first, said), later(known.last, said))
        else:
            _insert(buckets, bucket, Ends(said, said), kept)

    return fold


def fold_mark(state: Marks, mark: Mark) -> None:
    """Add one event of a sequence, in place."""
    marks = state.marks
    marks.append(mark)
    if len(marks) > 1 and mark < marks[-2]:
        marks.sort()
    if len(marks) > SEQUENCE_MARKS:
        del marks[0]


_FOLDS: Final[dict[str, Callable[[AggregateSpec], Fold]]] = {
    "count": _fold_counts,
    "number": _fold_numbers,
    "unique": _fold_uniques,
    "frequent": _fold_frequencies,
    "edge": _fold_edges,
}


def folder(aggregate: Aggregate) -> Fold:
    """Compile the fold of any family but marks, whose mask its caller knows."""
    return _FOLDS[aggregate.spec.family](aggregate.spec)


def new_state(spec: AggregateSpec) -> State:
    """The state of no events."""
    return STATES[spec.family]()


def event_matchers(
    spec: AggregateSpec, zone: str
) -> list[tuple[str, str | None, Callable[[Properties], bool] | None]]:
    """Of every filter: event type, name (None: any) and compiled conditions (None: none)."""
    return [(event.event_type, event.name, matcher(event, zone)) for event in spec.events]


def state_of(leaf: Leaf, aggregate: Aggregate) -> State | None:
    """A leaf's state of an aggregate, unpacked; None where there is none."""
    raw = leaf.aggregates.get(aggregate.id)
    if raw is None:
        return None
    return (
        decode_state(aggregate.spec.family, raw)
        if isinstance(raw, msgspec.Raw)
        else cast("State", raw)
    )
