"""Anomaly of a source: consent, concentration on a few people or addresses, the value of orders.

Open episodes of the watched series (`operators.signals.series`) count among its parts.
"""

import math
from collections.abc import Iterator
from typing import ClassVar, Final

from domain.profiles.consent import EVERY_PURPOSE
from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import level_cusum, rate_cusum
from operators.detection.cusum import Finding
from operators.detection.level_cusum import LevelCusum, Mean
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import Part, changed, episode_parts, of_finding

_SAID: Final = {
    metrics.ADDRESS: "a few addresses send more of the events",
    metrics.PERSON: "a few people send more of the events",
}


class Anomaly(HealthComponent):
    """Less than 100 where consent, concentration or order values differ from the baseline."""

    name = "anomaly"
    kind = SignalKind.SOURCE
    weight = 0.15
    effects: ClassVar = {"consent": 0.2, "concentration": 0.25}
    factors: ClassVar = {"order_value": 3.0}
    tuning: ClassVar = {"crowd_events": 64.0, "crowd_deviations": 1.7}

    def learn(self, minute: Minute) -> None:
        """Learn consent by purpose, the mean order by currency, and how events concentrate."""
        _learn_order_values(minute)
        if minute.counts[metrics.ACCEPTED]:
            _learn_consent(minute)
        _learn_concentration(minute)

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the worst of what is unusual."""
        parts = [
            *_parts(evidence),
            *episode_parts(evidence.baseline.watches, evidence.params.scores),
        ]
        missing = "warming up: what is usual is not known yet"
        return self.worst(evidence, len(parts), parts, missing)


def _learn_order_values(minute: Minute) -> None:
    revenue = minute.counts.by_suffix(metrics.REVENUE)
    for currency, orders in minute.counts.by_suffix(metrics.ORDERS).items():
        level_cusum.step(
            minute.baseline.levels.setdefault(currency, LevelCusum()),
            Mean(minute.at_ms, revenue.get(currency, 0.0) / orders, orders),
            minute.params.materials.order_value,
            minute.params.sequential,
            trusted=minute.trusted,
        )


def _learn_consent(minute: Minute) -> None:
    counts, params = minute.counts, minute.params
    granted, refused = counts.by_suffix(metrics.CONSENTED), counts.by_suffix(metrics.REFUSED)
    for purpose in sorted((granted.keys() | refused.keys()) - {EVERY_PURPOSE}):
        name, yes = f"{metrics.CONSENTED}:{purpose}", granted.get(purpose, 0.0)
        stated = yes + refused.get(purpose, 0.0)
        minute.weigh(name, yes, stated, params.materials.consent, params.sequential)


def _learn_concentration(minute: Minute) -> None:
    """Weigh how far the fullest bucket stands out, once enough came to tell that from chance."""
    baseline, params = minute.baseline, minute.params
    for metric in (metrics.PERSON, metrics.ADDRESS):
        buckets = baseline.buckets.setdefault(metric, [0.0] * metrics.BUCKETS)
        for bucket, count in minute.counts.by_suffix(metric).items():
            buckets[int(bucket)] += count
        whole = sum(buckets)
        if whole < params.tuning.crowd_events:
            continue
        even = whole / metrics.BUCKETS
        chance = params.tuning.crowd_deviations * even**0.5
        excess = max(0.0, max(buckets) - even - chance)
        effect = params.materials.concentration
        minute.weigh(metric, excess, whole, effect, params.sequential.sparse)
        baseline.buckets[metric] = [0.0] * metrics.BUCKETS


def _parts(evidence: Evidence) -> Iterator[Part]:
    sure, effects = evidence.params.sequential, evidence.params.materials
    yield from _concentration(evidence, metrics.ADDRESS)
    for purpose, share in evidence.baseline.by_suffix(metrics.CONSENTED):
        if rate_cusum.is_warm(share, sure):
            found = rate_cusum.surer(share, sure)
            said = f"consent to {purpose} is given otherwise"
            yield of_finding(
                f"consented_{purpose}", said, found, effects.consent, evidence.params.scores
            )
    yield from _concentration(evidence, metrics.PERSON)
    for currency, level in sorted(evidence.baseline.levels.items()):
        if level_cusum.is_warm(level, sure):
            yield _order_value(evidence, currency, level_cusum.finding(level, sure))


def _concentration(evidence: Evidence, metric: str) -> Iterator[Part]:
    share, sure = evidence.baseline.shares.get(metric), evidence.params.sequential.sparse
    if share is not None and rate_cusum.is_warm(share, sure):
        effect = evidence.params.materials.concentration
        found = rate_cusum.risen(share, sure)
        yield of_finding(metric, _SAID[metric], found, effect, evidence.params.scores)


def _order_value(evidence: Evidence, currency: str, found: Finding) -> Part:
    params = evidence.params
    inputs = {
        f"order_value_{currency}_minor": found.observed,
        f"usual_order_value_{currency}_minor": found.baseline,
    }
    times = abs(math.log(found.observed / found.baseline)) / math.log(params.materials.order_value)
    said = f"an order in {currency} is worth {found.observed / found.baseline:.2g} times the usual"
    return Part(changed(found.certainty, times, params.scores), inputs, said)
