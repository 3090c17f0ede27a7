"""Health of a platform's deliveries, and whether platforms count the conversions that we count."""

from datetime import timedelta
from typing import Final

from domain.instants import MS
from domain.signals import metrics
from domain.signals.reading import Component
from operators.detection import cusum
from operators.signals.baseline import Memory
from operators.signals.params import HealthParams
from operators.signals.scores import Part, episode_parts, of_finding, worst
from operators.signals.window import Counts, by_suffix, of

_RETRIED: Final = 0.25
"""A throttled or transient answer counts as so much of a failure."""


def delivery(memory: Memory, counts: Counts, params: HealthParams) -> Component:
    """Which share of a platform's requests was delivered, which of the rows it refused, and how many it matched.

    One delivered request is added to what was counted, so that one that fails among few is no
    verdict.
    """
    ok, failed, retried = (
        counts.get(metric, 0.0)
        for metric in (metrics.REQUESTS_OK, metrics.REQUESTS_FAILED, metrics.REQUESTS_RETRIED)
    )
    sample = int(ok + failed + retried)
    inputs = {"ok": ok, "failed": failed, "retried": retried}
    weight, sure, material = params.weights.delivery, params.sequential.sparse, params.materials
    if sample < params.minimum_requests:
        return Component(
            "delivery", None, weight, inputs, sample, f"{sample} requests in the window"
        )
    share = (ok + 1) / (ok + 1 + failed + _RETRIED * retried)
    parts = [Part(100.0 * share, inputs, f"{share:.1%} of requests delivered")]
    refused = memory.shares.get(metrics.ROWS_REJECTED)
    if refused is not None and cusum.warm(refused, sure):
        said = "the platform refuses more of the rows"
        parts.append(
            of_finding(
                metrics.ROWS_REJECTED, said, cusum.risen(refused, sure), material.rows_rejected
            )
        )
    matched = memory.shares.get(metrics.MATCH_RATE)
    if matched is not None and cusum.warm(matched, sure):
        said = "the platform matches fewer of the rows"
        parts.append(
            of_finding(metrics.MATCH_RATE, said, cusum.fallen(matched, sure), material.match_rate)
        )
    return worst("delivery", weight, sample, [*parts, *episode_parts(memory.watches)], "")


def consistency(memory: Memory, counts: Counts, params: HealthParams) -> Component:
    """Whether platforms report as many conversions, against our orders, as they usually do."""
    ours, theirs = of(counts, metrics.ORDERS), by_suffix(counts, metrics.REPORTED_ORDERS)
    sample, sure, weight = (
        ours + sum(theirs.values()),
        params.sequential.sparse,
        params.weights.consistency,
    )
    inputs = {"orders": ours} | {
        f"reported_{platform}": count for platform, count in sorted(theirs.items())
    }
    if not theirs and not memory.orders:
        return Component(
            "consistency",
            None,
            weight,
            inputs,
            int(sample),
            "no platform reported conversions in the window",
        )
    parts = []
    for platform in sorted(memory.orders):
        share = memory.shares.get(f"{metrics.REPORTED_ORDERS}:{platform}")
        if share is not None and cusum.warm(share, sure):
            found = max(
                cusum.risen(share, sure), cusum.fallen(share, sure), key=lambda one: one.certainty
            )
            said = f"{platform} reports otherwise: of all conversions, ours and theirs, theirs are"
            parts.append(of_finding(f"reported_{platform}", said, found, params.materials.reported))
    missing = "warming up: how much platforms usually report is not known yet"
    found_worst = worst("consistency", weight, sample, parts, missing)
    return Component(
        "consistency",
        found_worst.score,
        weight,
        {**inputs, **found_worst.inputs},
        int(sample),
        found_worst.reason,
    )


def span_ms(signal: str, params: HealthParams) -> int:
    """The span that a platform's deliveries, or conversions, are looked at over."""
    return (
        params.delivery_window // MS
        if signal.startswith("platform:")
        else timedelta(hours=25) // MS
    )
