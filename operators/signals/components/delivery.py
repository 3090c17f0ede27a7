"""Delivery of a platform: requests delivered, rows refused, people matched."""

from typing import ClassVar, Final

from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import cusum
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import Part, episode_parts, of_finding

_RETRIED: Final = 0.25
"""A throttled or transient answer counts as so much of a failure."""
_MATCHES: Final = 100
"""A match rate counts like so many observations: it is itself a share of many rows."""


class Delivery(HealthComponent):
    """The share of requests that were delivered; less where more rows are refused or unmatched."""

    name = "delivery"
    kind = SignalKind.PLATFORM
    weight = 1.0
    effects: ClassVar = {"rows_rejected": 0.1, "match_rate": 0.15}

    def learn(self, minute: Minute) -> None:
        """Learn which share of the rows the platform refuses, and which it matches."""
        counts, effects, sure = minute.counts, minute.params.materials, minute.params.sequential
        sent, refused = counts[metrics.ROWS_SENT], counts[metrics.ROWS_REJECTED]
        minute.weigh(metrics.ROWS_REJECTED, refused, sent, effects.rows_rejected, sure.sparse)
        rate, rates = counts[metrics.MATCH_RATE] * _MATCHES, counts[metrics.MATCH_RATES] * _MATCHES
        minute.weigh(metrics.MATCH_RATE, rate, rates, effects.match_rate, sure.sparse)

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read requests, rows and matches.

        One delivered request is added to those that were counted, so that one that fails among few
        is no verdict.
        """
        counts, params = evidence.counts, evidence.params
        ok, failed = counts[metrics.REQUESTS_OK], counts[metrics.REQUESTS_FAILED]
        retried = counts[metrics.REQUESTS_RETRIED]
        sample = int(ok + failed + retried)
        inputs = {"ok": ok, "failed": failed, "retried": retried}
        if sample < params.minimum_requests:
            return self.reading(evidence, None, inputs, sample, f"{sample} requests in the window")
        share = (ok + 1) / (ok + 1 + failed + _RETRIED * retried)
        parts = [Part(100.0 * share, inputs, f"{share:.1%} of requests delivered")]
        shares, effects, sure = evidence.baseline.shares, params.materials, params.sequential.sparse
        refused = shares.get(metrics.ROWS_REJECTED)
        if refused is not None and cusum.warm(refused, sure):
            said, found = "the platform refuses more of the rows", cusum.risen(refused, sure)
            parts.append(of_finding(metrics.ROWS_REJECTED, said, found, effects.rows_rejected))
        matched = shares.get(metrics.MATCH_RATE)
        if matched is not None and cusum.warm(matched, sure):
            said, found = "the platform matches fewer of the rows", cusum.fallen(matched, sure)
            parts.append(of_finding(metrics.MATCH_RATE, said, found, effects.match_rate))
        parts += episode_parts(evidence.baseline.watches)
        return self.worst(evidence, sample, parts, "")
