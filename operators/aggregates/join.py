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
    left: dict[int, V], right: dict[int, V], add: Callable[[V, V], V], limit: int
) -> dict[int, V]:
    joined = dict(left)
    for bucket, entry in right.items():
        known = joined.get(bucket)
        joined[bucket] = entry if known is None else add(known, entry)
    cut = max(joined, default=0) - limit
    return {bucket: joined[bucket] for bucket in sorted(joined) if bucket >= cut}


def join(spec: AggregateSpec, left: State, right: State) -> State:
    """Unite the states of two leaves; both stay untouched.

    Marks are kept in order, the latest ones.

    Args:
        spec: the aggregate that both are states of.
        left: of one leaf.
        right: of the other.

    Returns:
        A new state.

    Raises:
        TypeError: the states are of different families.
    """
    kept = kept_buckets(spec.resolution)
    match left, right:
        case Counts(), Counts():
            counts = Counts(_join_buckets(left.buckets, right.buckets, lambda a, b: a + b, kept))
            counts.first_ms, counts.last_ms = _seen_between(left, right)
            return counts
        case NumberBuckets(), NumberBuckets():
            numbers = NumberBuckets(_join_buckets(left.buckets, right.buckets, add_numbers, kept))
            numbers.first_ms, numbers.last_ms = _seen_between(left, right)
            numbers.negative = left.negative or right.negative
            return numbers
        case Uniques(), Uniques():
            return join_uniques(left, right, sketched=spec.resolution == "ever")
        case Frequencies(), Frequencies():
            values = dict(left.values)
            for text, buckets in right.values.items():
                values[text] = _join_buckets(
                    values.get(text, {}), buckets, lambda a, b: a + b, kept
                )
            keep_bounded(values, FREQUENT_VALUES)
            return Frequencies(values)
        case Edges(), Edges():
            return Edges(_join_buckets(left.buckets, right.buckets, _join_ends, kept))
        case Marks(), Marks():
            return Marks(sorted([*left.marks, *right.marks])[-SEQUENCE_MARKS:])
    raise TypeError("states of different families")


def _join_ends(left: Ends, right: Ends) -> Ends:
    return Ends(earlier(left.first, right.first), later(left.last, right.last))


def _seen_between(left: Counts | NumberBuckets, right: Counts | NumberBuckets) -> tuple[int, int]:
    if not left.buckets:
        return right.first_ms, right.last_ms
    if not right.buckets:
        return left.first_ms, left.last_ms
    return min(left.first_ms, right.first_ms), max(left.last_ms, right.last_ms)
