"""Signal health: a window of counters and an instant → a reading with its components, each with its inputs and a reason.

A component with too little data is missing, not average. The score is the weighted mean of the present components; a critical component
below its floor caps the score at its own; too few observations, or too few present components, is *unknown*. Worse input never scores
higher: in particular, rejected records are evidence against a source, never the evidence that it lacked for being healthy. Clock: `now_ms`.
Late counters change the reading that follows them.
"""

import math
from collections.abc import Sequence
from datetime import timedelta

from river import stats

from domain import metrics
from domain.ids import WorkspaceId
from domain.reading import Component, Reading, Status
from operators.health_params import HealthParams
from operators.window import MINUTE_MS, Window, in_minute, total

_MS = timedelta(milliseconds=1)
_MINUTE = timedelta(minutes=1)


def falling(value: float, full: float, zero: float) -> float:
    """100 up to `full`, 0 from `zero` on, linear between; for values that are worse the greater they are."""
    if math.isnan(value) or value >= zero:
        return 0.0
    return 100.0 if value <= full else 100.0 * (zero - value) / (zero - full)


def status_of(score: float | None, params: HealthParams) -> Status:
    """What a score means; thresholds are inclusive."""
    if score is None or math.isnan(score):
        return Status.UNKNOWN
    if score >= params.healthy:
        return Status.HEALTHY
    return Status.DEGRADED if score >= params.degraded else Status.UNHEALTHY


def freshness(window: Window, now_ms: int, params: HealthParams) -> Component:
    """How long nothing was accepted, against the longest normal silence."""
    weight = params.weights.freshness
    if not window.last_accepted_ms:
        return Component("freshness", None, weight, {}, 0, "nothing was ever accepted")
    if window.last_accepted_ms - now_ms > params.clock_tolerance // _MS:
        return Component("freshness", None, weight, {}, 0, "the last accepted event lies in the future; check the clocks")
    silence_s = max(0, now_ms - window.last_accepted_ms) / 1000
    score = falling(silence_s, params.expected_interval.total_seconds(), params.dead_after.total_seconds())
    return Component("freshness", score, weight, {"silence_s": silence_s}, 1, f"last accepted {silence_s:.0f} s ago")


def validity(accepted: float, rejected: float, params: HealthParams) -> Component:
    """Which share of the records could not be processed."""
    sample = int(accepted + rejected)
    if not sample:
        return Component("validity", None, params.weights.validity, {}, 0, "no records in the window")
    share = rejected / (accepted + rejected)
    inputs = {"accepted": accepted, "rejected": rejected}
    return Component(
        "validity", falling(share, 0.0, params.invalid_share), params.weights.validity, inputs, sample, f"{share:.1%} of records rejected"
    )


def volume(window: Window, now_ms: int, params: HealthParams) -> Component:
    """Accepted events per minute, against the median of earlier minutes (river's exact rolling quantile); silent minutes count as 0."""
    current_minute = now_ms - now_ms % MINUTE_MS
    window_start = current_minute - params.window // _MS
    earlier = range(min(window.minutes, default=window_start), window_start, MINUTE_MS)
    weight = params.weights.volume
    if len(earlier) < params.warm_up_minutes:
        reason = f"warming up: {len(earlier)} of {params.warm_up_minutes} earlier minutes"
        return Component("volume", None, weight, {"earlier_minutes": float(len(earlier))}, len(earlier), reason)
    median = stats.RollingQuantile(q=0.5, window_size=len(earlier))
    for minute in earlier:
        median.update(in_minute(window, metrics.ACCEPTED, minute))
    usual = float(median.get() or 0.0)
    if usual <= 0:
        return Component("volume", None, weight, {"usual_per_minute": usual}, len(earlier), "usually nothing comes")
    per_minute = total(window, metrics.ACCEPTED, window_start, current_minute) / (params.window // _MINUTE)
    share = per_minute / usual
    score = 100.0 - falling(share, params.lost_volume, params.usual_volume)
    inputs = {"per_minute": per_minute, "usual_per_minute": usual}
    return Component("volume", score, weight, inputs, len(earlier), f"{share:.0%} of the usual volume")


def delivery(window: Window, since_ms: int, until_ms: int, params: HealthParams) -> Component:
    """Which share of a platform's requests was delivered; throttled and transient answers count a quarter of a failure."""
    ok, failed, retried = (
        total(window, metric, since_ms, until_ms) for metric in (metrics.REQUESTS_OK, metrics.REQUESTS_FAILED, metrics.REQUESTS_RETRIED)
    )
    sample = int(ok + failed + retried)
    inputs = {"ok": ok, "failed": failed, "retried": retried}
    if sample < params.minimum_requests:
        return Component("delivery", None, params.weights.delivery, inputs, sample, f"{sample} requests in the window")
    share = ok / (ok + failed + retried / 4)
    return Component("delivery", 100.0 * share, params.weights.delivery, inputs, sample, f"{share:.1%} of requests delivered")


def read(window: Window, workspace: WorkspaceId, signal: str, now_ms: int, params: HealthParams) -> Reading:
    """Read a signal's health.

    Args:
        window: its counters.
        workspace: tenant.
        signal: ``source:…`` is judged by freshness, validity and volume, ``platform:…`` by delivery.
        now_ms: the instant.
        params: thresholds, spans, weights.
    """
    until = now_ms - now_ms % MINUTE_MS + MINUTE_MS
    since = until - MINUTE_MS - params.window // _MS
    if signal.startswith("platform:"):
        components, enough, needed = [delivery(window, since, until, params)], params.minimum_requests, 1
        good = sample = components[0].sample
    else:
        accepted, rejected = total(window, metrics.ACCEPTED, since, until), total(window, metrics.REJECTED, since, until)
        components = [freshness(window, now_ms, params), validity(accepted, rejected, params), volume(window, now_ms, params)]
        enough, needed = params.minimum_sample, params.minimum_components
        good, sample = int(accepted), int(accepted + rejected)
    score, doubt = composite(components, params), ""
    present = sum(component.score is not None for component in components)
    if sample < enough:
        doubt = f"unknown: {sample} observations in the window, {enough} are needed"
    elif present < needed:
        doubt = f"unknown: {present} components have data, {needed} are needed"
    elif good < enough and score is not None and score >= params.degraded:
        doubt = f"unknown: {good} of {sample} records in the window were accepted, {enough} are needed"
    if doubt:
        score = None
    reasons = ((doubt,) if doubt else ()) + _reasons(components)
    return Reading(workspace, signal, now_ms, score, status_of(score, params), sample, tuple(components), reasons)


def composite(components: Sequence[Component], params: HealthParams) -> float | None:
    """Weighted mean of the present components, capped by a critical one below its floor; None where none is present."""
    present = [(component, component.score) for component in components if component.score is not None]
    weight = sum(component.weight for component, _ in present)
    if not weight:
        return None
    score = sum(component.weight * part for component, part in present) / weight
    worst = min((part for component, part in present if component.name in params.critical), default=100.0)
    return min(score, worst) if worst < params.floor else score


def _reasons(components: Sequence[Component]) -> tuple[str, ...]:
    """Why it is not 100, the worst first, and what is missing."""
    imperfect = sorted((component.score, component.name, component.reason) for component in components if component.score is not None)
    missing = [f"{component.name} is missing: {component.reason}" for component in components if component.score is None]
    return (*(f"{name}: {reason}" for score, name, reason in imperfect if score < 100), *missing)
