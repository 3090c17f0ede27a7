"""Counts what a batch says about its sources: small additive rows per signal and minute of arrival, written with the batch itself.

Clock: `changes.now_ms` for lag; arrival decides the minute. State: none; adding rows in any order gives the same totals.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from domain import metrics
from domain.event import DeadLetter, Event, Unmerge
from domain.ids import MessageKey, SourceId, WorkspaceId
from domain.rules import ProfileRules
from operators.changes import Changes, Counted

MINUTE_MS: Final = 60_000


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
    observed = changes.observed
    newcomers = {key for keys in created.values() for key in keys}
    fresh: set[int] = {id(item) for item in accepted}

    def add(workspace: WorkspaceId, source: SourceId, received_ms: int, metric: str, amount: float = 1.0) -> None:
        minute = received_ms - received_ms % MINUTE_MS
        key = Counted(workspace, source_signal(source), minute, metric)
        observed[key] = observed.get(key, 0.0) + amount

    for item in items:
        if isinstance(item, DeadLetter):
            if item.workspace is not None and item.source is not None:
                received = item.received_ms or changes.now_ms
                add(item.workspace, item.source, received, f"{metrics.REJECTED}:{item.failure.reason}")
        elif isinstance(item, Event):
            spot = item.workspace, item.source, item.received_ms
            if id(item) not in fresh:
                add(*spot, metrics.DUPLICATE)
                continue
            add(*spot, metrics.ACCEPTED)
            add(*spot, metrics.LAG_MS, max(0.0, float(changes.now_ms - item.received_ms)))
            for kind in {identifier.kind for identifier in item.identifiers}:
                add(*spot, f"{metrics.COVERAGE}:{kind}")
            if item.future:
                add(*spot, metrics.FUTURE)
            elif item.received_ms - item.occurred_ms > rules.late_after_ms:
                add(*spot, metrics.LATE)
            for purpose, granted in item.consent.items():
                if granted:
                    add(*spot, f"{metrics.CONSENTED}:{purpose}")
            if item.order is not None:
                add(*spot, f"{metrics.ORDERS}:{item.order.currency}")
                add(*spot, f"{metrics.REVENUE}:{item.order.currency}", item.order.amount_minor)
            if item.message_key in newcomers:
                add(*spot, metrics.NEW_PEOPLE)
