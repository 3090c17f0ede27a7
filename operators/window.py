"""A rolling window of minute counters. Rows hold totals, so that a row that is read again, or late, replaces itself: replay is harmless.

State: the minutes of the kept span, at most (span × shards × metrics) numbers. Clock: `now_ms` decides what has left the span.
"""

import msgspec

from domain import metrics
from domain.reading import Observed

MINUTE_MS = 60_000


class Window(msgspec.Struct):
    """Counters of the last minutes.

    Attributes:
        version: layout of this structure.
        minutes: minute in ms → shard and metric → total.
        last_accepted_ms: when an event was accepted last, as far as the window knows; 0 for never.
    """

    version: int = 1
    minutes: dict[int, dict[str, float]] = {}
    last_accepted_ms: int = 0


def add(window: Window, rows: tuple[Observed, ...]) -> None:
    """Take in counters, in place; a total never goes back, whatever the order in which rows come."""
    for row in rows:
        counters = window.minutes.setdefault(row.minute_ms, {})
        key = f"{row.shard}|{row.metric}"
        counters[key] = max(counters.get(key, 0.0), row.value)
        if row.metric == metrics.ACCEPTED:
            window.last_accepted_ms = max(window.last_accepted_ms, row.updated_ms)


def forget(window: Window, before_ms: int) -> None:
    """Drop minutes that began before an instant, in place."""
    for minute in [minute for minute in window.minutes if minute < before_ms]:
        del window.minutes[minute]


def total(window: Window, metric: str, since_ms: int, until_ms: int) -> float:
    """Sum of a metric, or of all its suffixes, over the minutes that begin in [since, until)."""
    return sum(
        value
        for minute, counters in window.minutes.items()
        if since_ms <= minute < until_ms
        for key, value in counters.items()
        if key.partition("|")[2].partition(":")[0] == metric
    )
