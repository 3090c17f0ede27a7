"""Joins the states of two leaves, in every family; the order of joining does not matter."""

from collections.abc import Callable
from typing import TypeVar

from domain.profiles.leaf import earlier, later
from domain.segments.aggregate import (
    Counts,
    Edges,
    Ends,
    Frequencies,
    Marks,
    NumberBuckets,
    State,
    Uniques,
)
from domain.segments.definition import AggregateSpec
from domain.segments.rule import FREQUENT_VALUES, SEQUENCE_MARKS
from operators.aggregates.bounded import keep_bounded
from operators.aggregates.distinct import join_uniques
from operators.aggregates.numbers import add_numbers
from operators.rules.windows import kept_buckets

V = TypeVar("V")


def _join_buckets(
    one: dict[int, V], other: dict[int, V], add: Callable[[V, V], V], kept: int
) -> dict[int, V]:
    joined = dict(one)
    for bucket, entry in other.items():
        known = joined.get(bucket)
        joined[bucket] = entry if known is None else add(known, entry)
    cut = max(joined, default=0) - kept
    return {bucket: joined[bucket] for bucket in sorted(joined) if bucket >= cut}


def join(spec: AggregateSpec, one: State, other: State) -> State:
    """Unite the states of two leaves; both stay untouched.

    Marks are kept in order, the latest ones.
    """
    kept = kept_buckets(spec.resolution)
    match one, other:
        case Counts(), Counts():
            counts = Counts(_join_buckets(one.buckets, other.buckets, lambda a, b: a + b, kept))
            counts.first_ms, counts.last_ms = _seen_between(one, other)
            return counts
        case NumberBuckets(), NumberBuckets():
            numbers = NumberBuckets(_join_buckets(one.buckets, other.buckets, add_numbers, kept))
            numbers.first_ms, numbers.last_ms = _seen_between(one, other)
            numbers.negative = one.negative or other.negative
            return numbers
        case Uniques(), Uniques():
            return join_uniques(one, other, sketched=spec.resolution == "ever")
        case Frequencies(), Frequencies():
            values = dict(one.values)
            for text, buckets in other.values.items():
                values[text] = _join_buckets(
                    values.get(text, {}), buckets, lambda a, b: a + b, kept
                )
            keep_bounded(values, FREQUENT_VALUES)
            return Frequencies(values)
        case Edges(), Edges():
            return Edges(_join_buckets(one.buckets, other.buckets, _join_ends, kept))
        case Marks(), Marks():
            return Marks(sorted([*one.marks, *other.marks])[-SEQUENCE_MARKS:])
    raise TypeError("states of different families")


def _join_ends(one: Ends, other: Ends) -> Ends:
    return Ends(earlier(one.first, other.first), later(one.last, other.last))


def _seen_between(one: Counts | NumberBuckets, other: Counts | NumberBuckets) -> tuple[int, int]:
    if not one.buckets:
        return other.first_ms, other.last_ms
    if not other.buckets:
        return one.first_ms, one.last_ms
    return min(one.first_ms, other.first_ms), max(one.last_ms, other.last_ms)
