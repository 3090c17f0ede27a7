"""What a state says now, and how that changes with no further event.

A measure of a window as a series of values.

A window only ever loses buckets, each at a known instant. So a measure's future is a finite list of
values, and the instant at which a condition on it flips is found by walking that list – no farther
than there: values are made as they are asked for.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

import msgspec

from domain.segments.aggregate import Counts, Edges, Frequencies, NumberBuckets, Numbers, Uniques
from domain.segments.definition import Function
from domain.segments.rule import Measure
from domain.values import Json
from operators.aggregates.distinct import estimate_all, scale
from operators.aggregates.numbers import MICRO, add_numbers
from operators.rules.windows import NEVER, Window, expirer, first_counting

B = TypeVar("B")
Values = Iterable[tuple[Any, int]]
"""(value, until which instant), ascending; the last one's instant is `NEVER`."""
Series = Callable[[Any, int], Values]
"""(state or None, now in ms) → its values from now on."""


class Frame:
    """A window of one workspace: which buckets count, and when each stops.

    Args:
        window: its span and resolution.
        zone: IANA name.

    Attributes:
        expiry: a function from a bucket to the instant at which it stops counting.
    """

    __slots__ = ("_now_ms", "_start", "expiry", "window", "zone")

    def __init__(self, window: Window, zone: str) -> None:
        self.window = window
        self.zone = zone
        self.expiry = expirer(window, zone)
        self._now_ms = self._start = -NEVER

    def start(self, now_ms: int) -> int:
        """The first bucket that counts at an instant.

        Remembered, because whole batches have one instant.
        """
        if now_ms != self._now_ms:
            self._now_ms, self._start = now_ms, first_counting(self.window, self.zone, now_ms)
        return self._start

    def live(self, buckets: dict[int, B], now_ms: int) -> list[int]:
        """Buckets that count at an instant, ascending; `buckets` are."""
        found = list(buckets)
        start = self.start(now_ms)
        return found if not found or found[0] >= start else found[bisect_left(found, start) :]


def _shrinking(
    frame: Frame,
    live: list[int],
    value_from: Callable[[int], Any],
    empty: Json,
) -> Iterator[tuple[Any, int]]:
    """Values as buckets leave: `value_from(i)` is that of live buckets from the i-th on."""
    expiry = 0
    for place, bucket in enumerate(live):
        expiry = frame.expiry(bucket)
        yield value_from(place), expiry
    if expiry < NEVER:
        yield empty, NEVER


def first_value(values: Values) -> Json:
    """The value now."""
    return next(iter(values))[0]


def _accumulated(live: list[int], entry: Callable[[int], B], add: Callable[[B, B], B]) -> list[B]:
    """For each place, the sum from there to the newest bucket."""
    sums: list[B] = []
    for bucket in reversed(live):
        sums.append(add(entry(bucket), sums[-1]) if sums else entry(bucket))
    sums.reverse()
    return sums


def count_series(frame: Frame) -> Series:
    """Number of events."""

    def series(state: Counts | None, now_ms: int) -> Values:
        if state is None:
            return [(0, NEVER)]
        live = frame.live(state.buckets, now_ms)
        sums = _accumulated(live, state.buckets.__getitem__, lambda a, b: a + b)
        return _shrinking(frame, live, sums.__getitem__, 0)

    return series


def amount(millionths: int) -> int | float:
    """A number that was kept in millionths: an integer where it is one."""
    return millionths // MICRO if millionths % MICRO == 0 else millionths / MICRO


_OF_NUMBERS: Final[dict[str, Callable[[Numbers], int | float | None]]] = {
    "sum": lambda numbers: amount(numbers[2]) if numbers[1] else 0,
    "average": lambda numbers: numbers[2] / (numbers[1] * MICRO) if numbers[1] else None,
    "minimum": lambda numbers: amount(numbers[3]) if numbers[1] else None,
    "maximum": lambda numbers: amount(numbers[4]) if numbers[1] else None,
}


def number_series(frame: Frame, measure: str) -> Series:
    """Sum, average, minimum or maximum of a property's numbers."""
    of = _OF_NUMBERS[measure]
    empty = 0 if measure == "sum" else None

    def series(state: NumberBuckets | None, now_ms: int) -> Values:
        if state is None:
            return [(empty, NEVER)]
        live = frame.live(state.buckets, now_ms)
        sums = _accumulated(live, state.buckets.__getitem__, add_numbers)
        return _shrinking(frame, live, lambda place: of(sums[place]), empty)

    return series


def unique_series(frame: Frame) -> Series:
    """Number of different values."""

    def series(state: Uniques | None, now_ms: int) -> Values:
        if state is None:
            return [(0, NEVER)]
        if frame.window.resolution == "ever":
            return [(estimate_all(state), NEVER)]
        counts = dict(sorted(Counter(state.seen.values()).items()))
        live, factor = frame.live(counts, now_ms), scale(state)
        sums = _accumulated(live, counts.__getitem__, lambda a, b: a + b)
        return _shrinking(
            frame,
            live,
            lambda place: round(sums[place] * factor) if state.partial else sums[place],
            0,
        )

    return series


def edge_series(frame: Frame, part: str) -> Series:
    """Return the earliest or latest value, or its instant.

    That is ``first``, ``last``, ``first_at`` and ``last_at``.
    """
    first, instant = part.startswith("first"), part.endswith("_at")

    def value(state: Edges, bucket: int) -> Json:
        ends = state.buckets[bucket]
        said = ends.first if first else ends.last
        return said.at_ms if instant else said.value

    def series(state: Edges | None, now_ms: int) -> Values:
        if state is None:
            return [(None, NEVER)]
        live = frame.live(state.buckets, now_ms)
        return _shrinking(
            frame,
            live if first else live[-1:],
            lambda place: value(state, live[place if first else -1]),
            None,
        )

    return series


def last_at_series(frame: Frame) -> Series:
    """Instant of the latest event, ms, from counts."""

    def series(state: Counts | None, now_ms: int) -> Values:
        if state is None or not (live := frame.live(state.buckets, now_ms)):
            return [(None, NEVER)]
        expiry = frame.expiry(live[-1])
        return (
            [(state.last_ms, expiry), (None, NEVER)] if expiry < NEVER else [(state.last_ms, NEVER)]
        )

    return series


def first_at_series() -> Series:
    """Instant of the earliest event of all time, ms, from counts."""
    return lambda state, _now_ms: [(None if state is None else state.first_ms, NEVER)]


def frequent_series(frame: Frame) -> Series:
    """The value that most events have; among equals the one with the smallest text."""

    def series(state: Frequencies | None, now_ms: int) -> Values:
        if state is None:
            yield None, NEVER
            return
        start, totals = frame.start(now_ms), dict.fromkeys(state.values, 0)
        leaving: dict[int, list[tuple[str, int]]] = {}
        for text, buckets in state.values.items():
            for bucket, events in buckets.items():
                if bucket >= start:
                    totals[text] += events
                    leaving.setdefault(bucket, []).append((text, events))
        expiry = 0
        for bucket in sorted(leaving):
            best = min(
                (text for text, total in totals.items() if total),
                key=lambda text: (-totals[text], text),
            )
            expiry = frame.expiry(bucket)
            yield best if best.startswith("#") else msgspec.json.decode(best), expiry
            for text, events in leaving[bucket]:
                totals[text] -= events
        if expiry < NEVER:
            yield None, NEVER

    return series


def exists_series(frame: Frame) -> Series:
    """Whether there is an event."""
    counts = last_at_series(frame)
    return lambda state, now_ms: [(at is not None, until) for at, until in counts(state, now_ms)]


def measure_series(measure: Measure, frame: Frame) -> Series:
    """The series of a behaviour's measure."""
    if measure == "count":
        return count_series(frame)
    if measure == "unique":
        return unique_series(frame)
    if measure == "last_at":
        return last_at_series(frame)
    if measure == "first_at":
        return (
            first_at_series() if frame.window.resolution == "ever" else edge_series(frame, measure)
        )
    return number_series(frame, measure)


def function_series(function: Function, frame: Frame) -> Series:
    """The series of a computed trait; for ``time_since`` it is the instant that is counted from."""
    if function == "exists":
        return exists_series(frame)
    if function == "time_since":
        return last_at_series(frame)
    if function == "most_frequent":
        return frequent_series(frame)
    if function in ("first", "last"):
        return edge_series(frame, function)
    return measure_series(function, frame)  # type: ignore[arg-type]  # what is left are measures
