"""Signal health: evidence → a reading with its components, each with its inputs and a reason.

    source:<id>       freshness, validity, match_quality, volume, anomaly
    platform:<name>   delivery
    conversions       consistency

A component with too little data is missing, not average. The score is the weighted mean of the
present components; a critical component below its floor caps the score at its own; too few
observations, or too few present components, is *unknown*. Worse input never scores higher: in
particular, rejected records are evidence against a source, never the evidence that it lacked for
being healthy. Clock: `now_ms`.
"""

import math
from collections.abc import Sequence

from domain.ids import WorkspaceId
from domain.signals import metrics
from domain.signals.reading import ComponentReading, Reading, Status
from operators.signals.baseline import SignalBaseline
from operators.signals.components import COMPONENTS
from operators.signals.evidence import Evidence, SignalKind
from operators.signals.params import HealthParams
from operators.signals.words import in_words


def status_of(score: float | None, params: HealthParams) -> Status:
    """What a score means; thresholds are inclusive."""
    if score is None or math.isnan(score):
        return Status.UNKNOWN
    if score >= params.healthy:
        return Status.HEALTHY
    return Status.DEGRADED if score >= params.degraded else Status.UNHEALTHY


def read(
    baseline: SignalBaseline, workspace: WorkspaceId, signal: str, now_ms: int, params: HealthParams
) -> Reading:
    """Read a signal's health.

    Args:
        baseline: what was counted, and what is usual of it.
        workspace: tenant.
        signal: ``source:…``, ``platform:…`` or ``conversions``.
        now_ms: the instant.
        params: of this signal (`HealthParams.of`).
    """
    evidence = Evidence(baseline, signal, now_ms, params)
    components = tuple(one.read(evidence) for one in COMPONENTS if one.kind is evidence.kind)
    score = composite(components, params)
    sample, doubt = _doubt(evidence, components, score)
    if doubt:
        score = None
    reasons = ((doubt,) if doubt else ()) + _reasons(components)
    status = status_of(score, params)
    return Reading(workspace, signal, now_ms, score, status, sample, components, reasons)


def _doubt(
    evidence: Evidence, components: Sequence[ComponentReading], score: float | None
) -> tuple[int, str]:
    """Observations behind a reading, and why it is unknown; empty where it is not."""
    params, needed = evidence.params, 1
    enough = params.minimum_sample
    if evidence.kind is SignalKind.SOURCE:
        good = int(evidence.counts[metrics.ACCEPTED])
        sample = int(evidence.counts[metrics.ACCEPTED] + evidence.counts.total(metrics.REJECTED))
        needed = params.minimum_components
    else:
        good = sample = max(component.sample for component in components)
        if evidence.kind is SignalKind.PLATFORM:
            enough = params.minimum_requests
    present = sum(component.score is not None for component in components)
    fit = score is not None and score >= params.degraded
    if sample < enough:
        return sample, f"unknown: {sample} observations in the window, {enough} are needed"
    if present < needed:
        return sample, f"unknown: {present} components have data, {needed} are needed"
    if evidence.kind is SignalKind.SOURCE and evidence.silence is None and fit:
        return sample, "unknown: it cannot be told when an event came last"
    if good < enough and fit:
        accepted = f"{good} of {sample} records in the window were accepted"
        return sample, f"unknown: {accepted}, {enough} are needed"
    return sample, ""


def composite(components: Sequence[ComponentReading], params: HealthParams) -> float | None:
    """Weighted mean of the present components, capped by a critical one below its floor.

    None where none is present.
    """
    present = [
        (component, component.score) for component in components if component.score is not None
    ]
    weight = sum(component.weight for component, _ in present)
    if not weight:
        return None
    score = sum(component.weight * part for component, part in present) / weight
    worst = min(
        (part for component, part in present if component.name in params.critical), default=100.0
    )
    return min(score, worst) if worst < params.floor else score


def _reasons(components: Sequence[ComponentReading]) -> tuple[str, ...]:
    """Why it is not 100, the worst first, and what is missing."""
    imperfect = sorted(
        (component.score, component.name, component.reason)
        for component in components
        if component.score is not None
    )
    missing = [
        f"{in_words(component.name)} is missing: {component.reason}"
        for component in components
        if component.score is None
    ]
    said = (f"{in_words(name)}: {reason}" for score, name, reason in imperfect if score < 100)
    return (*said, *missing)
