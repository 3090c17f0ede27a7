"""A rolling window of minute counters. Rows hold totals, so that a row that is read again, or late, replaces itself: replay is harmless.

State: the minutes of the kept span, at most (span × shards × metrics) numbers. Clock: `now_ms` decides what has left the span.
"""

import math
from typing import Final

import msgspec

from domain import metrics
from domain.reading import Observed

MINUTE_MS: Final = 60_000


class Window(msgspec.Struct):
    """Counters of the last minutes.

    Attributes:
        version: layout of this structure.
        minutes: minute in ms → metric without its suffix → ``shard:suffix`` → total.
        last_accepted_ms: when an event was accepted last, as far as the window knows; 0 for never.
    """

    version: int = 2
    minutes: dict[int, dict[str, dict[str, float]]] = {}
    last_accepted_ms: int = 0


def add(window: Window, rows: tuple[Observed, ...]) -> None:
    """Take in counters, in place; a total never goes back, whatever the order in which rows come.

    A total that is no finite number is left out: nothing can be concluded from it.
    """
    for row in rows:
        if not math.isfinite(row.value):
            continue
        metric, _, suffix = row.metric.partition(":")
        counters = window.minutes.setdefault(row.minute_ms, {}).setdefault(metric, {})
        key = f"{row.shard}:{suffix}"
        counters[key] = max(counters.get(key, 0.0), row.value)
        if metric == metrics.ACCEPTED:
            window.last_accepted_ms = max(window.last_accepted_ms, row.updated_ms)


def forget(window: Window, before_ms: int) -> None:
    """Drop minutes that began before an instant, in place."""
    for minute in [minute for minute in window.minutes if minute < before_ms]:
        del window.minutes[minute]


def in_minute(window: Window, metric: str, minute_ms: int) -> float:
    """Sum of a metric, or of all its suffixes, over the shards of one minute; 0 where nothing was counted."""
    return sum(window.minutes.get(minute_ms, {}).get(metric, {}).values())


def total(window: Window, metric: str, since_ms: int, until_ms: int) -> float:
    """Sum of a metric, or of all its suffixes, over the minutes that begin in [since, until)."""
    return sum(in_minute(window, metric, minute) for minute in window.minutes if since_ms <= minute < until_ms)
