"""Counts observations of a batch: additive rows per signal and minute, written with the batch.

Clock: `changes.now_ms` for lag; arrival decides the minute. State: none; adding rows in any order
gives the same totals.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from domain.changes import Changes, Counted, Suppressed
from domain.event import OPERATOR, Command, DeadLetter, Event, Report
from domain.ids import MessageKey, SourceId, WorkspaceId
from domain.instants import MINUTE_MS
from domain.policies import ProfileRules
from domain.signals import metrics
from operators.detection.shapes import Shapes, spell
from operators.signals.match_quality import INCOMPLETE, LATE, of_kinds

_SOON_MS: Final = metrics.DELAY_EDGES_MS[0]

_Alike = tuple[str, str, tuple[str, ...]]
"""Type, name and kinds of identifiers of an event."""


def source_signal(source: SourceId) -> str:
    """The signal that a source's observations belong to."""
    return f"source:{source}"


def count_observations(
    items: Iterable[Event | Command | DeadLetter | Suppressed],
    accepted: Sequence[Event | Command],
    created: Mapping[WorkspaceId, Iterable[MessageKey]],
    rules: ProfileRules,
    changes: Changes,
) -> None:
    """Count the observations of one batch, and add them to its changes.

    Args:
        items: everything that the batch held.
        accepted: what was new and valid.
        created: first messages of people who were created.
        rules: `late_after`, `match_weights`.
        changes: receives the counters; `now_ms` is read.
    """
    newcomers = {key for keys in created.values() for key in keys}
    fresh: set[int] = {id(item) for item in accepted}
    minutes: dict[tuple[WorkspaceId, SourceId, int], _Minute] = {}

    def minute_of(workspace: WorkspaceId, source: SourceId, at_ms: int) -> _Minute:
        key = workspace, source, at_ms - at_ms % MINUTE_MS
        found = minutes.get(key)
        if found is None:
            found = minutes[key] = _Minute(rules, changes.now_ms)
        return found

    suppressed = {message for _, message in changes.suppressed}
    for item in items:
        if isinstance(item, Suppressed):
            event = item.event
            if event.source == OPERATOR:
                continue
            metric = metrics.SUPPRESSED if event.message_key in suppressed else metrics.DUPLICATE
            suppressed.discard(event.message_key)
            minute_of(event.workspace, event.source, event.received_ms).counters[metric] += 1
        elif isinstance(item, Event):
            if item.source == OPERATOR:
                continue
            minute = minute_of(item.workspace, item.source, item.received_ms)
            if id(item) in fresh:
                fresh.remove(id(item))
                minute.accept(item, newcomer=item.message_key in newcomers)
            else:
                minute.counters[metrics.DUPLICATE] += 1
        elif (
            isinstance(item, DeadLetter)
            and item.workspace is not None
            and item.source is not None
            and not item.retry_of  # else it was counted when it was sent
        ):
            minute = minute_of(item.workspace, item.source, item.received_ms or changes.now_ms)
            minute.counters[f"{metrics.REJECTED}:{item.failure.reason}"] += 1
    for (workspace, source, at_ms), minute in minutes.items():
        signal = source_signal(source)
        for metric, value in minute.summed():
            changes.observed[Counted(workspace, signal, at_ms, metric)] = value
        for metric, value in minute.conversions():
            counted = Counted(workspace, metrics.CONVERSIONS, at_ms, metric)
            changes.observed[counted] = changes.observed.get(counted, 0.0) + value


class _Minute:
    """What one source sent in one minute, as far as one batch holds it.

    Events that carry the same are counted first, told apart once.
    """

    def __init__(self, rules: ProfileRules, now_ms: int) -> None:
        self.counters: dict[str, float] = defaultdict(float)
        self._rules = rules
        self._late_ms = rules.late_after_ms
        self._now_ms = now_ms
        self._alike: dict[_Alike, int] = defaultdict(int)
        self._lessened: dict[tuple[str, str], float] = defaultdict(float)
        self._invalid: dict[str, int] = defaultdict(int)
        self._received: dict[int, int] = defaultdict(int)
        self._people = [0] * metrics.BUCKETS
        self._addresses = [0] * metrics.BUCKETS
        self._delays = [0] * (len(metrics.DELAY_EDGES_MS) + 1)
        self._reports: dict[str, float] = defaultdict(float)
        self._shapes = Shapes(rules.shapes)

    def accept(self, event: Event, *, newcomer: bool) -> None:
        """Count an event that is new and valid."""
        identifiers = event.identifiers
        kinds = (
            (identifiers[0].kind,)
            if len(identifiers) == 1
            else tuple([identifier.kind for identifier in identifiers])
        )
        self._alike[event.type, event.name, kinds] += 1
        received_ms = event.received_ms
        self._received[received_ms] += 1
        delay = received_ms - event.occurred_ms
        self._delays[0 if delay <= _SOON_MS else bisect_left(metrics.DELAY_EDGES_MS, delay)] += 1
        self._people[identifiers[0].key[0] % metrics.BUCKETS] += 1
        if event.address >= 0:
            self._addresses[event.address] += 1
        if event.properties is not None:
            self._shapes.look(event.name or event.type, event.message_key, event.properties)
        if newcomer:
            self.counters[metrics.NEW_PEOPLE] += 1
        late = delay > self._late_ms
        if event.future or late:
            self.counters[metrics.FUTURE if event.future else metrics.LATE] += 1
        for kind in event.invalid:
            self._invalid[kind] += 1
        for field in event.odd:
            self.counters[f"{metrics.ODD}:{field}"] += 1
        for purpose, granted in event.consent.items():
            self.counters[f"{metrics.CONSENTED if granted else metrics.REFUSED}:{purpose}"] += 1
        incomplete = False
        if event.order is not None:
            currency, amount_minor = event.order.currency, event.order.amount_minor
            self.counters[f"{metrics.ORDERS}:{currency}"] += 1
            self.counters[f"{metrics.REVENUE}:{currency}"] += amount_minor
            incomplete = not amount_minor
        if late or incomplete:
            self._lessen(event, kinds, late=late and not event.future, incomplete=incomplete)
        if event.report is not None:
            self._report(event.report)

    def _lessen(
        self, event: Event, kinds: tuple[str, ...], *, late: bool, incomplete: bool
    ) -> None:
        """Note by how much an event's match quality is less than that of its identifiers."""
        left = (LATE if late else 1.0) * (INCOMPLETE if incomplete else 1.0)
        quality = of_kinds(kinds, self._rules.match_weights)
        self._lessened[event.type, event.name] += quality * (1.0 - left)

    def _report(self, report: Report) -> None:
        """Count the conversions that a platform reported."""
        platform, orders, currency, amount = report
        self._reports[f"{metrics.REPORTED_ORDERS}:{platform}"] += orders
        self._reports[f"{metrics.REPORTED_REVENUE}:{platform}{metrics.PART}{currency}"] += amount

    def summed(self) -> Iterable[tuple[str, float]]:
        """The counters of the source's signal."""
        counters, length = self.counters, self._rules.shapes.length
        for (kind, name, kinds), count in self._alike.items():
            spelled = spell(name or kind, length)
            counters[metrics.ACCEPTED] += count
            counters[f"{metrics.NAMED}:{spelled}"] += count
            counters[f"{metrics.QUALITY}:{spelled}"] += count * of_kinds(
                kinds, self._rules.match_weights
            )
            for carried in set(kinds):
                counters[f"{metrics.COVERAGE}:{carried}"] += count
        for (kind, name), less in self._lessened.items():
            counters[f"{metrics.QUALITY}:{spell(name or kind, length)}"] -= less
        for kind, count in self._invalid.items():
            counters[f"{metrics.INVALID}:{kind}"] += count
        for metric, count in self._shapes.summed():
            counters[metric] += count
        for received_ms, count in self._received.items():
            lag = max(0, self._now_ms - received_ms)
            counters[metrics.LAG_MS] += count * lag
            counters[f"{metrics.LAG}:{bisect_left(metrics.LAG_EDGES_MS, lag)}"] += count
        for metric, counts in (
            (metrics.PERSON, self._people),
            (metrics.ADDRESS, self._addresses),
            (metrics.DELAY, self._delays),
        ):
            for bucket, count in enumerate(counts):
                if count:
                    counters[f"{metric}:{bucket}"] += count
        return [(metric, value) for metric, value in counters.items() if value]

    def conversions(self) -> Iterable[tuple[str, float]]:
        """The counters of the signal of conversions: ours, and what platforms reported."""
        ours = (metrics.ORDERS, metrics.REVENUE)
        return [
            *self._reports.items(),
            *(
                (metric, value)
                for metric, value in self.counters.items()
                if metric.partition(":")[0] in ours
            ),
        ]
