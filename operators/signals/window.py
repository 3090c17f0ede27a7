"""Recent counters: minutes as they come, then spans that no longer change, coarser with age.

Rows hold totals, so that a row that is read again, or late, replaces itself: replay is harmless. A
minute is closed once no more rows of it are expected; what comes for it later is left out. State:
the counters of the unsettled minutes per writer, and at most 20 minutes + 12 × 5 minutes + 24 hours
of sums. Clock: `settle` takes the instant up to which minutes are closed.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from domain.instants import HOUR_MS, MINUTE_MS
from domain.signals import metrics
from domain.signals.reading import Observed
from operators.signals.counts import Counts

NEVER_MS: Final = 2**62
"""Past every instant."""
_FIVE_MS: Final = 5 * MINUTE_MS
_SINGLE_MS: Final = 20 * MINUTE_MS
"""Age up to which settled minutes stay apart."""
_FINE_MS: Final = 80 * MINUTE_MS
"""Age up to which they stay in fives."""
_KEPT_MS: Final = 26 * HOUR_MS
"""Age at which an hour is dropped."""
BRIEF: Final = tuple(
    f"{metric}:"
    for metric in (
        metrics.PERSON,
        metrics.ADDRESS,
        metrics.LAG,
        metrics.DELAY,
        metrics.SHAPE,
        metrics.PROPERTY,
    )
)
"""Metrics that are looked at minute by minute and never summed over a span."""


class Span(msgspec.Struct):
    """Sums over closed minutes."""

    start_ms: int
    length_ms: int
    counts: dict[str, float]


class Window(msgspec.Struct):
    """Counters of the last day.

    Attributes:
        version: layout of this structure.
        minutes: minute in ms → metric → writer → total, of minutes that are not closed.
        details: the same of metrics that are never summed over a span.
        spans: sums of closed minutes, oldest first, none overlapping.
        settled_ms: minutes before this are closed; 0 before the first.
        last_accepted_ms: when an event that was accepted arrived last, as far as the window knows;
            0 for never.
    """

    version: int = 3
    minutes: dict[int, dict[str, dict[int, float]]] = {}
    details: dict[int, dict[str, dict[int, float]]] = {}
    spans: list[Span] = []
    settled_ms: int = 0
    last_accepted_ms: int = 0


def add(window: Window, rows: Iterable[Observed]) -> int:
    """Take in counters, in place; a total never goes back, whatever the order in which rows come.

    A total that is no finite number is left out: nothing can be concluded from it.

    Returns:
        The earliest minute that changed, in ms; `NEVER_MS` where none did.
    """
    earliest = NEVER_MS
    for row in rows:
        if not math.isfinite(row.value):
            continue
        if row.metric == metrics.ACCEPTED:
            # Processed late is not arrived late: an event came in its minute, whenever it was
            # counted.
            arrived_ms = min(row.updated_ms, row.minute_ms + MINUTE_MS - 1)
            window.last_accepted_ms = max(window.last_accepted_ms, arrived_ms)
        if row.minute_ms < window.settled_ms:
            continue
        minutes = window.details if row.metric.startswith(BRIEF) else window.minutes
        writers = minutes.setdefault(row.minute_ms, {}).setdefault(row.metric, {})
        if row.value > writers.get(row.shard, 0.0):
            writers[row.shard] = row.value
            earliest = min(earliest, row.minute_ms)
    return earliest


def settle(window: Window, until_ms: int) -> list[tuple[int, Counts]]:
    """Settle all minutes that end by an instant, in place.

    Args:
        window: counters; the first call begins with the earliest minute that it holds.
        until_ms: end of the last minute to settle.

    Returns:
        What was counted in each minute since the last time, in order, silent minutes too – at most
        a day of them.
    """
    until_ms -= until_ms % MINUTE_MS
    if not window.settled_ms:
        first = first_minute(window)
        if first is None or first >= until_ms:
            return []
        window.settled_ms = first
    begin = max(window.settled_ms, until_ms - 24 * HOUR_MS)
    settled: list[tuple[int, Counts]] = []
    for minute in range(begin, until_ms, MINUTE_MS):
        settled.append((minute, counted(window, minute)))
        lasting = _summed(window.minutes.pop(minute, {}))
        if lasting:
            window.spans.append(Span(minute, MINUTE_MS, lasting))
    if until_ms > window.settled_ms:
        window.settled_ms = until_ms
        window.minutes = {
            minute: counters for minute, counters in window.minutes.items() if minute >= until_ms
        }
        window.details = {
            minute: counters for minute, counters in window.details.items() if minute >= until_ms
        }
    _compact(window)
    return settled


def first_minute(window: Window) -> int | None:
    """The earliest minute that is not closed, in ms; None where nothing was counted."""
    return min((*window.minutes, *window.details), default=None)


def counted(window: Window, minute_ms: int) -> Counts:
    """What was counted in a minute that is not closed."""
    return Counts(
        _summed(window.minutes.get(minute_ms, {})) | _summed(window.details.get(minute_ms, {}))
    )


def _summed(counters: Mapping[str, Mapping[int, float]]) -> dict[str, float]:
    return {metric: sum(writers.values()) for metric, writers in counters.items()}


def _compact(window: Window) -> None:
    """Join spans that have grown old, and drop the oldest.

    Age is measured from the newest row: while nothing comes, nothing grows coarser.
    """
    if not window.spans:
        return
    now_ms = window.spans[-1].start_ms + window.spans[-1].length_ms
    single = [span for span in window.spans if span.length_ms == MINUTE_MS]
    if not single or single[0].start_ms >= now_ms - _SINGLE_MS - _FIVE_MS:
        return
    joined: dict[tuple[int, int], Span] = {}
    for span in window.spans:
        if span.start_ms < now_ms - _KEPT_MS:
            continue
        length = span.length_ms
        if (
            length == MINUTE_MS
            and span.start_ms // _FIVE_MS * _FIVE_MS + _FIVE_MS <= now_ms - _SINGLE_MS
        ):
            length = _FIVE_MS
        if length == _FIVE_MS and span.start_ms // HOUR_MS * HOUR_MS + HOUR_MS <= now_ms - _FINE_MS:
            length = HOUR_MS
        start = span.start_ms // length * length
        whole = joined.get((start, length))
        if whole is None:
            whole = joined[start, length] = Span(start, length, {})
        for metric, value in span.counts.items():
            whole.counts[metric] = whole.counts.get(metric, 0.0) + value
    window.spans = [joined[key] for key in sorted(joined)]


def since(window: Window, since_ms: int) -> dict[str, float]:
    """Sums over everything that began at or after an instant, to the end, details aside.

    An older span that reaches into it is left out.
    """
    total: dict[str, float] = {}
    for span in reversed(window.spans):
        if span.start_ms < since_ms:
            break
        for metric, value in span.counts.items():
            total[metric] = total.get(metric, 0.0) + value
    for minute, counters in window.minutes.items():
        if minute >= since_ms:
            for metric, writers in counters.items():
                total[metric] = total.get(metric, 0.0) + sum(writers.values())
    return total
