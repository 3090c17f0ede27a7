"""Signal health: what was counted lately and what is usual → a reading with its components, each with its inputs and a reason.

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
from typing import NamedTuple

from domain.ids import WorkspaceId
from domain.instants import MINUTE_MS
from domain.signals import metrics
from domain.signals.reading import Component, Reading, Status
from operators.signals import platform_health, source_health
from operators.signals.baseline import Memory
from operators.signals.params import HealthParams
from operators.signals.window import of, since


def status_of(score: float | None, params: HealthParams) -> Status:
    """What a score means; thresholds are inclusive."""
    if score is None or math.isnan(score):
        return Status.UNKNOWN
    if score >= params.healthy:
        return Status.HEALTHY
    return Status.DEGRADED if score >= params.degraded else Status.UNHEALTHY


class _Evidence(NamedTuple):
    """What a reading rests on: its components, records in the window, how many of them speak for health, and what is needed.

    `undated`: it comes from events, and nothing is known of when the last one came.
    """

    components: Sequence[Component]
    sample: int
    good: int
    enough: int
    needed: int
    undated: bool = False


def read(
    memory: Memory, workspace: WorkspaceId, signal: str, now_ms: int, params: HealthParams
) -> Reading:
    """Read a signal's health.

    Args:
        memory: what was counted, and what is usual of it.
        workspace: tenant.
        signal: ``source:…``, ``platform:…`` or ``conversions``.
        now_ms: the instant.
        params: of this signal (`HealthParams.of`).
    """
    evidence = (
        _source(memory, now_ms, params)
        if signal.startswith("source:")
        else _platform(memory, signal, now_ms, params)
    )
    components, sample, enough = evidence.components, evidence.sample, evidence.enough
    score, doubt = composite(components, params), ""
    present = sum(component.score is not None for component in components)
    if sample < enough:
        doubt = f"unknown: {sample} observations in the window, {enough} are needed"
    elif present < evidence.needed:
        doubt = f"unknown: {present} components have data, {evidence.needed} are needed"
    elif evidence.undated and score is not None and score >= params.degraded:
        doubt = "unknown: it cannot be told when an event came last"
    elif evidence.good < enough and score is not None and score >= params.degraded:
        doubt = f"unknown: {evidence.good} of {sample} records in the window were accepted, {enough} are needed"
    if doubt:
        score = None
    reasons = ((doubt,) if doubt else ()) + _reasons(components)
    return Reading(
        workspace,
        signal,
        now_ms,
        score,
        status_of(score, params),
        sample,
        tuple(components),
        reasons,
    )


def _source(memory: Memory, now_ms: int, params: HealthParams) -> _Evidence:
    fresh = source_health.freshness(memory, now_ms, params)
    counts = since(memory.window, source_health.since_ms(memory, fresh, now_ms, params))
    accepted, rejected = counts.get(metrics.ACCEPTED, 0.0), of(counts, metrics.REJECTED)
    components = (
        fresh,
        source_health.validity(memory, counts, params),
        source_health.match_quality(memory, counts, params),
        source_health.volume(memory, now_ms, params),
        source_health.anomaly(memory, params),
    )
    sample, undated = int(accepted + rejected), fresh.score is None
    return _Evidence(
        components, sample, int(accepted), params.minimum_sample, params.minimum_components, undated
    )


def _platform(memory: Memory, signal: str, now_ms: int, params: HealthParams) -> _Evidence:
    counts = since(
        memory.window, now_ms - now_ms % MINUTE_MS - platform_health.span_ms(signal, params)
    )
    if signal == metrics.CONVERSIONS:
        one, enough = platform_health.consistency(memory, counts, params), params.minimum_sample
    else:
        one, enough = platform_health.delivery(memory, counts, params), params.minimum_requests
    return _Evidence((one,), one.sample, one.sample, enough, 1)


def composite(components: Sequence[Component], params: HealthParams) -> float | None:
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


def _reasons(components: Sequence[Component]) -> tuple[str, ...]:
    """Why it is not 100, the worst first, and what is missing."""
    imperfect = sorted(
        (component.score, component.name, component.reason)
        for component in components
        if component.score is not None
    )
    missing = [
        f"{component.name} is missing: {component.reason}"
        for component in components
        if component.score is None
    ]
    return (*(f"{name}: {reason}" for score, name, reason in imperfect if score < 100), *missing)
