"""Conditions on a state's series.

Whether one holds now, and the instant at which that changes if nothing happens.

What is asked most has a way of its own that looks only at the newest buckets; everything else walks
the series.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from domain.segments import conditions
from domain.segments.aggregate import Counts, Edges, Frequencies, NumberBuckets
from domain.segments.conditions import Condition
from operators.aggregates.numbers import MICRO
from operators.aggregates.series import Frame, Values, amount, number_series
from operators.rules.operators import Test, is_number
from operators.rules.windows import NEVER

_Kept: TypeAlias = Any
"""State of a leaf, of whichever family the function is."""
Ask = Callable[[_Kept, int], tuple[bool, int]]
"""(state or value, now in ms) → whether a condition holds, and until which instant that is sure."""


def test_series(values: Values, test: Test) -> tuple[bool, int]:
    """Whether a condition holds for the first value, and the instant at which that changes."""
    now: bool | None = None
    until = NEVER
    for value, end in values:
        holds = test(value)
        if now is None:
            now = holds
        elif holds is not now:
            return now, until
        until = end
    return bool(now), NEVER


def walk_series(values: Values, test: Ask, now_ms: int) -> tuple[bool, int]:
    """Follow values that change, each under a test that changes with the clock too."""
    now: bool | None = None
    begin = now_ms
    for value, end in values:
        moment = begin
        while moment < end:
            holds, until = test(value, moment)
            if now is None:
                now = holds
            elif holds is not now:
                return now, moment
            moment = until
        begin = end
    return bool(now), NEVER


def bounds_of(condition: Condition) -> list[int | float]:
    """The numbers that a condition compares with."""
    named: list[Any] = [getattr(condition, name, None) for name in ("value", "low", "high")]
    if isinstance(condition, conditions.In | conditions.NotIn):
        named = list(condition.values)
    return [value for value in named if is_number(value)]


def count_test(frame: Frame, condition: Condition, test: Test) -> Ask:
    """Compile a condition on the number of events.

    Above its greatest bound every number is alike: only the newest buckets matter.
    """
    stop = max([0, *bounds_of(condition)])
    if isinstance(condition, conditions.AtLeast) and condition.value > 0:
        return _enough_test(frame, condition.value)

    def tests(state: Counts | None, now_ms: int) -> tuple[bool, int]:
        if state is None:
            return test(0), NEVER
        start, total, without = frame.start(now_ms), 0, []
        for bucket, events in reversed(state.buckets.items()):
            if bucket < start:
                break
            without.append((bucket, total))
            total += events
            if total > stop:
                break
        holds = test(total)
        for bucket, rest in reversed(without):
            if test(rest) is not holds:
                return holds, frame.expiry(bucket)
        return holds, NEVER

    return tests


def _enough_test(frame: Frame, least: float) -> Ask:
    """The condition that is asked most: at least so many events."""
    if frame.window.resolution == "ever":
        return lambda state, _now_ms: (
            state is not None and state.buckets.get(0, 0) >= least,
            NEVER,
        )

    def tests(state: Counts | None, now_ms: int) -> tuple[bool, int]:
        if state is None:
            return False, NEVER
        start, total = frame.start(now_ms), 0
        for bucket, events in reversed(state.buckets.items()):
            if bucket < start:
                break
            total += events
            if total >= least:
                return True, frame.expiry(bucket)
        return False, NEVER

    return tests


def sum_test(frame: Frame, condition: Condition, test: Test) -> Ask:
    """Compile a condition on a sum.

    Where no number was ever negative, the sum is tested like a count; otherwise bucket by bucket.
    """
    stop = max([0, *bounds_of(condition)]) * MICRO
    series = number_series(frame, "sum")

    def tests(state: NumberBuckets | None, now_ms: int) -> tuple[bool, int]:
        if state is None:
            return test(0), NEVER
        if state.negative:
            return test_series(series(state, now_ms), test)
        start, total, without = frame.start(now_ms), 0, []
        for bucket, numbers in reversed(state.buckets.items()):
            if bucket < start:
                break
            without.append((bucket, total))
            total += numbers[2]
            if total > stop:
                break
        holds = test(amount(total))
        for bucket, rest in reversed(without):
            if test(amount(rest)) is not holds:
                return holds, frame.expiry(bucket)
        return holds, NEVER

    return tests


def age_tester(condition: Condition, test: Test) -> Callable[[Values, int], tuple[bool, int]]:
    """Compile a condition on the seconds since an instant: the series is of the instant."""
    offsets = sorted(
        {int(bound * 1000) + extra for bound in bounds_of(condition) for extra in (-1, 0, 1, 2)}
    )

    def holds_at(at: int | None, now_ms: int) -> bool:
        return test(None if at is None else (now_ms - at) / 1000)

    def tests(values: Values, now_ms: int) -> tuple[bool, int]:
        now: bool | None = None
        begin = now_ms
        for at, until in values:
            holds = holds_at(at, begin)
            if now is None:
                now = holds
            elif holds is not now:
                return now, begin
            for offset in offsets if at is not None else ():
                moment = at + offset
                if begin < moment < until and holds_at(at, moment) is not now:
                    return now, moment
            begin = until
        return bool(now), NEVER

    return tests


def _newest_frequent(state: Frequencies) -> int:
    return max((bucket for buckets in state.values.values() for bucket in buckets), default=-NEVER)


def _newest_edge(state: Edges) -> int:
    return max(state.buckets, default=-NEVER)


_NEWEST: Final[dict[str, Callable[[_Kept], int]]] = {
    "most_frequent": _newest_frequent,
    "first": _newest_edge,
    "last": _newest_edge,
}
"""Of functions that have a value exactly while a bucket counts: the newest bucket of a state."""


def present_test(frame: Frame, function: str, condition: Condition) -> Ask | None:
    """Compile the condition that a value is there, where only the newest bucket decides.

    None where it is another condition.
    """
    newest = _NEWEST.get(function)
    if newest is None or not isinstance(condition, conditions.Exists):
        return None

    def tests(state: _Kept, now_ms: int) -> tuple[bool, int]:
        if state is None:
            return False, NEVER
        bucket = newest(state)
        return (True, frame.expiry(bucket)) if bucket >= frame.start(now_ms) else (False, NEVER)

    return tests
