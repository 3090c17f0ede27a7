"""Consistency of conversions: what platforms report, against our orders, as they usually do."""

from collections.abc import Iterator
from typing import ClassVar

from domain.signals import metrics
from domain.signals.reading import ComponentReading
from operators.detection import rate_cusum
from operators.signals.baseline import Reported
from operators.signals.components.component import HealthComponent, Minute
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.scores import Part, of_finding


class Consistency(HealthComponent):
    """Less than 100 where a platform's share of all counted conversions has changed."""

    name = "consistency"
    kind = SignalKind.CONVERSIONS
    weight = 1.0
    effects: ClassVar = {"reported": 0.1}
    tuning: ClassVar = {"report_overdue": 3.0, "report_newest": 0.2}

    def learn(self, minute: Minute) -> None:
        """Learn reported conversions among all counted ones, since the platform's last report.

        A platform that used to report and does not has reported none, once `report_overdue`
        times as many orders came as usually lie between two reports.
        """
        ours, baseline = minute.counts.total(metrics.ORDERS), minute.baseline
        tuning = minute.params.tuning
        reported = minute.counts.by_suffix(metrics.REPORTED_ORDERS)
        for platform in sorted(baseline.orders.keys() | reported.keys()):
            first = platform not in baseline.orders
            since = baseline.orders.setdefault(platform, Reported())
            since.orders += ours
            theirs = reported.get(platform, 0.0)
            overdue = since.between > 0 and since.orders > tuning.report_overdue * since.between
            if not theirs and not overdue:
                continue
            if not first:
                _weigh(minute, platform, theirs, theirs + since.orders)
            if theirs and since.between:
                since.between += tuning.report_newest * (since.orders - since.between)
            elif theirs:
                since.between = since.orders
            since.orders = 0.0

    def read(self, evidence: Evidence) -> ComponentReading:
        """Read the worst change of what a platform reports."""
        counts, baseline = evidence.counts, evidence.baseline
        ours = counts.total(metrics.ORDERS)
        theirs = counts.by_suffix(metrics.REPORTED_ORDERS)
        sample = ours + sum(theirs.values())
        inputs = {"orders": ours} | {
            f"reported_{platform}": count for platform, count in sorted(theirs.items())
        }
        if not theirs and not baseline.orders:
            reason = "no platform reported conversions in the window"
            return self.reading(evidence, None, inputs, sample, reason)
        missing = "warming up: how much platforms usually report is not known yet"
        found = self.worst(evidence, sample, _changes(evidence), missing)
        inputs |= found.inputs
        return self.reading(evidence, found.score, inputs, found.sample, found.reason)


def _weigh(minute: Minute, platform: str, theirs: float, every: float) -> None:
    name, params = f"{metrics.REPORTED_ORDERS}:{platform}", minute.params
    minute.weigh(name, theirs, every, params.materials.reported, params.sequential.sparse)


def _changes(evidence: Evidence) -> Iterator[Part]:
    baseline, params = evidence.baseline, evidence.params
    sure = params.sequential.sparse
    for platform in sorted(baseline.orders):
        share = baseline.shares.get(f"{metrics.REPORTED_ORDERS}:{platform}")
        if share is not None and rate_cusum.is_warm(share, sure):
            said = f"{platform} reports otherwise: of all conversions, ours and theirs, theirs are"
            found = rate_cusum.surer(share, sure)
            yield of_finding(
                f"reported_{platform}",
                said,
                found,
                params.materials.reported,
                evidence.params.scores,
            )
