"""Counts what a batch says about its sources: small additive rows per signal and minute of arrival, written with the batch itself.

Clock: `changes.now_ms` for lag; arrival decides the minute. State: none; adding rows in any order gives the same totals.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from domain import metrics
from domain.event import DeadLetter, Event, Unmerge
from domain.ids import MessageKey, SourceId, WorkspaceId
from domain.rules import ProfileRules
from operators.changes import Changes, Counted

MINUTE_MS: Final = 60_000

_Minute = tuple[WorkspaceId, SourceId, int]


def source_signal(source: SourceId) -> str:
    """The signal that a source's observations belong to."""
    return f"source:{source}"


def observe(
    items: Iterable[Event | Unmerge | DeadLetter],
    accepted: Sequence[Event | Unmerge],
    created: Mapping[WorkspaceId, Iterable[MessageKey]],
    rules: ProfileRules,
    changes: Changes,
) -> None:
    """Add the observations of one batch to its changes.

    Args:
        items: everything that the batch held.
        accepted: what was new and valid.
        created: first messages of people who were created.
        rules: `late_after`.
        changes: receives the counters; `now_ms` is read.
    """
    newcomers = {key for keys in created.values() for key in keys}
    fresh: set[int] = {id(item) for item in accepted}
    minutes: dict[_Minute, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    carried: dict[tuple[_Minute, tuple[str, ...]], int] = defaultdict(int)
    for item in items:
        if isinstance(item, DeadLetter):
            if item.workspace is not None and item.source is not None:
                at_ms = item.received_ms or changes.now_ms
                minute = item.workspace, item.source, at_ms - at_ms % MINUTE_MS
                minutes[minute][f"{metrics.REJECTED}:{item.failure.reason}"] += 1
        elif isinstance(item, Event):
            minute = item.workspace, item.source, item.received_ms - item.received_ms % MINUTE_MS
            counters = minutes[minute]
            if id(item) not in fresh:
                counters[metrics.DUPLICATE] += 1
                continue
            fresh.remove(id(item))
            counters[metrics.ACCEPTED] += 1
            counters[metrics.LAG_MS] += max(0, changes.now_ms - item.received_ms)
            carried[minute, tuple([identifier.kind for identifier in item.identifiers])] += 1
            if item.message_key in newcomers:
                counters[metrics.NEW_PEOPLE] += 1
            _observe_content(item, rules, counters)
    for (minute, kinds), count in carried.items():
        for kind in set(kinds):
            minutes[minute][f"{metrics.COVERAGE}:{kind}"] += count
    for (workspace, source, at_ms), counters in minutes.items():
        signal = source_signal(source)
        for metric, value in counters.items():
            changes.observed[Counted(workspace, signal, at_ms, metric)] = float(value)


def _observe_content(event: Event, rules: ProfileRules, counters: dict[str, float]) -> None:
    if event.future:
        counters[metrics.FUTURE] += 1
    elif event.received_ms - event.occurred_ms > rules.late_after_ms:
        counters[metrics.LATE] += 1
    for purpose, granted in event.consent.items():
        if granted:
            counters[f"{metrics.CONSENTED}:{purpose}"] += 1
    if event.order is not None:
        counters[f"{metrics.ORDERS}:{event.order.currency}"] += 1
        counters[f"{metrics.REVENUE}:{event.order.currency}"] += event.order.amount_minor
