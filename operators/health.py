"""Signal health: a window of counters and an instant → a reading with its components, each with its inputs and a reason.

A component with too little data is missing, not average. The score is the weighted mean of the present components; a critical component
below its floor caps the score at its own; too few observations, or too few present components, is *unknown*. Worse input never scores
higher. Clock: `now_ms`. Late counters change the reading that follows them.
"""

import math
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from river import stats

from domain import metrics
from domain.ids import WorkspaceId
from domain.reading import Component, Minutes, Reading, Status
from operators.health_params import HealthParams
from operators.window import MINUTE_MS, Window, add, forget, total

_MS = timedelta(milliseconds=1)


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
    if not window.last_accepted_ms:
        return Component("freshness", None, params.weights.freshness, {}, 0, "nothing was ever accepted")
    silence_s = max(0, now_ms - window.last_accepted_ms) / 1000
    score = falling(silence_s, params.expected_interval.total_seconds(), params.dead_after.total_seconds())
    return Component("freshness", score, params.weights.freshness, {"silence_s": silence_s}, 1, f"last accepted {silence_s:.0f} s ago")


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
    """Accepted events per minute, against the median of earlier minutes (river's exact rolling quantile)."""
    current_minute = now_ms - now_ms % MINUTE_MS
    window_start = current_minute - params.window // _MS
    earlier = sorted(minute for minute in window.minutes if minute < window_start)
    weight = params.weights.volume
    if len(earlier) < params.warm_up_minutes:
        reason = f"warming up: {len(earlier)} of {params.warm_up_minutes} earlier minutes"
        return Component("volume", None, weight, {"earlier_minutes": float(len(earlier))}, len(earlier), reason)
    median = stats.RollingQuantile(q=0.5, window_size=len(earlier))
    for minute in earlier:
        median.update(total(window, metrics.ACCEPTED, minute, minute + MINUTE_MS))
    usual = float(median.get() or 0.0)
    if usual <= 0:
        return Component("volume", None, weight, {"usual_per_minute": usual}, len(earlier), "usually nothing comes")
    per_minute = total(window, metrics.ACCEPTED, window_start, current_minute) / (params.window // timedelta(minutes=1))
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
        components = [delivery(window, since, until, params)]
        return _compose(workspace, signal, now_ms, components, components[0].sample, params.minimum_requests, 1, params)
    accepted, rejected = total(window, metrics.ACCEPTED, since, until), total(window, metrics.REJECTED, since, until)
    components = [freshness(window, now_ms, params), validity(accepted, rejected, params), volume(window, now_ms, params)]
    sample = int(accepted + rejected)
    return _compose(workspace, signal, now_ms, components, sample, params.minimum_sample, params.minimum_components, params)


def _compose(
    workspace: WorkspaceId,
    signal: str,
    now_ms: int,
    components: Sequence[Component],
    sample: int,
    enough: int,
    present_needed: int,
    params: HealthParams,
) -> Reading:
    present = [(component, component.score) for component in components if component.score is not None]
    reasons = [f"{component.name}: {component.reason}" for component, score in sorted(present, key=lambda pair: pair[1]) if score < 100]
    reasons += [f"{component.name} is missing: {component.reason}" for component in components if component.score is None]
    score: float | None = None
    if sample < enough:
        reasons.insert(0, f"unknown: {sample} observations in the window, {enough} are needed")
    elif len(present) < present_needed:
        reasons.insert(0, f"unknown: {len(present)} components have data, {present_needed} are needed")
    else:
        weight = sum(component.weight for component, _ in present)
        score = sum(component.weight * part for component, part in present) / weight if weight else None
        worst = min((part for component, part in present if component.name != "volume"), default=100.0)
        if score is not None and worst < params.floor:
            score = min(score, worst)
    return Reading(workspace, signal, now_ms, score, status_of(score, params), sample, tuple(components), tuple(reasons))


class HealthState(msgspec.Struct):
    """Memory of one signal's machine.

    Attributes:
        version: layout of this structure.
        window: counters.
        last: the reading given last, without id.
        seen_sample: sample of the last look, to tell moving signals from silent ones.
    """

    version: int = 1
    window: Window = msgspec.field(default_factory=Window)
    last: Reading | None = None


class HealthMachine:
    """One signal: minutes in, readings out.

    Args:
        params: thresholds, spans, weights.
        state: where an earlier machine stopped.
    """

    def __init__(self, params: HealthParams, state: HealthState | None = None) -> None:
        self._params = params
        self._state = HealthState() if state is None else msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=HealthState)

    def on_event(self, event: Minutes, now_ms: int) -> list[Reading]:
        """Take in what is new; a reading where it is worth one."""
        add(self._state.window, event.rows)
        forget(self._state.window, now_ms - self._params.history // _MS - MINUTE_MS)
        reading = read(self._state.window, event.workspace, event.signal, now_ms, self._params)
        if not self._worth(reading):
            return []
        self._state.last = reading
        return [reading]

    def _worth(self, reading: Reading) -> bool:
        last, params = self._state.last, self._params
        if last is None or last.status != reading.status:
            return True
        age_ms = reading.read_ms - last.read_ms
        moving = reading.sample > 0 and reading.status is not Status.UNKNOWN
        if age_ms >= (params.emit_every if moving else params.emit_idle) // _MS:
            return True
        if reading.score is None or last.score is None:
            return reading.score is not last.score
        return abs(reading.score - last.score) >= params.emit_step

    def on_time(self, now_ms: int) -> list[Reading]:  # noqa: ARG002 - the source ticks every signal, so no timer is needed
        """Nothing: every look of the source is an event, also where nothing is new."""
        return []

    def deadline(self) -> int | None:
        """No timer."""
        return None

    def done(self) -> bool:
        """Never: a silent signal is still read."""
        return False

    def snapshot(self) -> HealthState:
        """A copy of the state that later events do not touch."""
        return msgspec.msgpack.decode(msgspec.msgpack.encode(self._state), type=HealthState)
