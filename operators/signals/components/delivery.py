"""Delivery of a platform: requests delivered, rows refused, people matched."""

from typing import ClassVar

from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import rate_cusum
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import Part, episode_parts, of_finding


class Delivery(HealthComponent):
    """The share of requests that were delivered; less where more rows are refused or unmatched."""

    name = "delivery"
    kind = SignalKind.PLATFORM
    weight = 1.0
    effects: ClassVar = {"rows_rejected": 0.1, "match_rate": 0.15}
    tuning: ClassVar = {"retried_failure": 0.25, "match_rate_sample": 100.0}

    def learn(self, minute: Minute) -> None:
        """Learn which share of the rows the platform refuses, and which it matches."""
        counts, effects, sure = minute.counts, minute.params.materials, minute.params.sequential
        sent, refused = counts[metrics.ROWS_SENT], counts[metrics.ROWS_REJECTED]
        minute.weigh(metrics.ROWS_REJECTED, refused, sent, effects.rows_rejected, sure.sparse)
        size = minute.params.tuning.match_rate_sample
        rate, rates = counts[metrics.MATCH_RATE] * size, counts[metrics.MATCH_RATES] * size
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
        share = (ok + 1) / (ok + 1 + failed + params.tuning.retried_failure * retried)
        parts = [Part(100.0 * share, inputs, f"{share:.1%} of requests delivered")]
        shares, effects, sure = evidence.baseline.shares, params.materials, params.sequential.sparse
        refused = shares.get(metrics.ROWS_REJECTED)
        if refused is not None and rate_cusum.is_warm(refused, sure):
            said = "the platform refuses more of the rows"
            found = rate_cusum.risen(refused, sure)
            parts.append(
                of_finding(
                    metrics.ROWS_REJECTED,
                    said,
                    found,
                    effects.rows_rejected,
                    evidence.params.scores,
                )
            )
        matched = shares.get(metrics.MATCH_RATE)
        if matched is not None and rate_cusum.is_warm(matched, sure):
            said = "the platform matches fewer of the rows"
            found = rate_cusum.fallen(matched, sure)
            parts.append(
                of_finding(
                    metrics.MATCH_RATE, said, found, effects.match_rate, evidence.params.scores
                )
            )
        parts += episode_parts(evidence.baseline.watches, params.scores)
        return self.worst(evidence, sample, parts, "")
