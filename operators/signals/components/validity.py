"""Validity of a source: records rejected, duplicate or late, and shapes that changed."""

from collections.abc import Iterator
from typing import ClassVar, Final

from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import rate_cusum, schema_drift
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import Part, changed, falling, of_finding

_DELAYED: Final = tuple(map(str, range(3, len(metrics.DELAY_EDGES_MS) + 1)))
"""Delay buckets beyond five minutes."""
_LAGGING: Final = tuple(map(str, range(5, len(metrics.LAG_EDGES_MS) + 1)))
"""Lag buckets beyond ten seconds."""
_SAID: Final = {
    "duplicates": "more events came before",
    "late": "more events are late or from the future",
    "delayed": "more events arrive minutes after they happened",
    "lagging": "more events are processed late",
}


class Validity(HealthComponent):
    """0 from a share of rejected records on; less than 100 where shares rose or shapes changed."""

    name = "validity"
    kind = SignalKind.SOURCE
    weight = 0.2
    effects: ClassVar = {"duplicates": 0.25, "late": 0.2, "delayed": 0.25, "lagging": 0.3}
    tuning: ClassVar = {"drift_events_share": 0.05}

    def learn(self, minute: Minute) -> None:
        """Learn how many events are duplicate, late, delayed or lagging, and their shape."""
        counts, effects, sure = minute.counts, minute.params.materials, minute.params.sequential
        accepted, duplicate = counts[metrics.ACCEPTED], counts[metrics.DUPLICATE]
        minute.weigh("duplicates", duplicate, accepted + duplicate, effects.duplicates, sure)
        if accepted:
            late = counts[metrics.LATE] + counts[metrics.FUTURE]
            delays, lags = counts.by_suffix(metrics.DELAY), counts.by_suffix(metrics.LAG)
            delayed = sum(delays.get(bucket, 0.0) for bucket in _DELAYED)
            lagging = sum(lags.get(bucket, 0.0) for bucket in _LAGGING)
            minute.weigh("late", late, accepted, effects.late, sure)
            minute.weigh("delayed", delayed, accepted, effects.delayed, sure)
            minute.weigh("lagging", lagging, accepted, effects.lagging, sure)
        # Three minutes later is early enough for the shape of events.
        if not minute.projected:
            shapes, properties = counts.by_suffix(metrics.SHAPE), counts.by_suffix(metrics.PROPERTY)
            looked = schema_drift.Looked(minute.at_ms, shapes, properties)
            schema_drift.step(minute.baseline.drift, looked, minute.params.drift, sure)

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the worst of rejected records, shares that rose, and shapes that changed."""
        counts, params = evidence.counts, evidence.params
        accepted, rejected = counts[metrics.ACCEPTED], counts.total(metrics.REJECTED)
        parts = []
        if accepted + rejected:
            share = rejected / (accepted + rejected)
            inputs = {"accepted": accepted, "rejected": rejected}
            said = f"{share:.1%} of records rejected"
            parts.append(Part(falling(share, 0.0, params.invalid_share), inputs, said))
            parts += self._risen(evidence)
            parts += _shapes(evidence)
        return self.worst(evidence, accepted + rejected, parts, "no records in the window")

    def _risen(self, evidence: Evidence) -> Iterator[Part]:
        sure = evidence.params.sequential
        for name, said in _SAID.items():
            share = evidence.baseline.shares.get(name)
            if share is not None and rate_cusum.is_warm(share, sure):
                effect = getattr(evidence.params.materials, name)
                found = rate_cusum.risen(share, sure)
                yield of_finding(name, said, found, effect, evidence.params.scores)


def _shapes(evidence: Evidence) -> Iterator[Part]:
    """Event names that lost properties, as far as they matter to the source."""
    counts = evidence.counts
    named, accepted = counts.by_suffix(metrics.NAMED), counts[metrics.ACCEPTED]
    for one in schema_drift.drifted(evidence.baseline.drift, evidence.params.drift):
        weight = named.get(one.name, 0.0) / accepted if accepted else 0.0
        if weight < evidence.params.tuning.drift_events_share:
            continue
        said = [*(f"{key} is missing" for key in one.vanished[:3]), *one.retyped[:3]]
        reason = f"“{one.name}” changed its shape ({', '.join(said)})"
        inputs = {"changed_properties_share": one.share, "events_share": weight}
        yield Part(changed(1.0, 1.0 + one.share, evidence.params.scores), inputs, reason)
