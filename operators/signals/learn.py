"""Learns a signal's minutes: its rhythm, what each component watches, and its series of points.

Minutes come in order, each once. The rhythm comes first: whether a loss of volume is suspected
decides what the components learn of the minute. State: `SignalBaseline`, changed in place.
"""

from collections.abc import Iterable, Mapping

from domain.instants import MINUTE_MS, MS
from domain.signals import metrics
from domain.signals.reading import Observed
from operators.detection import learning, seasonality
from operators.detection.episodes import Episode
from operators.signals.baseline import SignalBaseline
from operators.signals.components import COMPONENTS
from operators.signals.components.component import Minute
from operators.signals.counts import Counts
from operators.signals.evidence import SignalKind, kind_of
from operators.signals.params import HealthParams
from operators.signals.series import points, watch
from operators.signals.window import BRIEF


def learn(
    baseline: SignalBaseline, signal: str, minute_ms: int, counts: Counts, params: HealthParams
) -> list[tuple[str, Episode]]:
    """Learn one closed minute, in place.

    Args:
        baseline: what is usual; changed.
        signal: name of the signal.
        minute_ms: beginning of the minute.
        counts: its counters.
        params: how fast to learn.

    Returns:
        The episodes that changed, with their metrics.
    """
    kind = kind_of(signal)
    _weigh(baseline, kind, minute_ms, counts, params)
    for metric, value in counts.raw.items():
        if not metric.startswith(BRIEF):
            baseline.step[metric] = baseline.step.get(metric, 0.0) + value
    step_ms = params.anomalies.step // MS
    if (minute_ms + MINUTE_MS) % step_ms:
        return []
    begin_ms, silent = minute_ms + MINUTE_MS - step_ms, False
    if kind is SignalKind.SOURCE:
        silent = not baseline.step.get(metrics.ACCEPTED)
        _sleep(baseline, begin_ms, silent=silent)
    found = points(kind, Counts(baseline.step), params.minimum_orders)
    baseline.step = {}
    return watch(
        baseline.watches, begin_ms, found, params.anomalies, params.episodes, silent=silent
    )


def project(
    baseline: SignalBaseline, signal: str, minutes: Mapping[int, Counts], params: HealthParams
) -> SignalBaseline:
    """The baseline as it would be if these minutes, which may still change, were settled.

    Args:
        baseline: what is usual; untouched.
        signal: name of the signal.
        minutes: beginning of the minute → its counters.
        params: how fast to learn.
    """
    other, kind = baseline.fork(), kind_of(signal)
    for minute_ms, counts in sorted(minutes.items()):
        _weigh(other, kind, minute_ms, counts, params, projected=True)
    return other


def _weigh(
    baseline: SignalBaseline,
    kind: SignalKind,
    minute_ms: int,
    counts: Counts,
    params: HealthParams,
    *,
    projected: bool = False,
) -> None:
    expected, trusted, rhythm = 0.0, True, baseline.rhythm
    if kind is SignalKind.SOURCE:
        rate = seasonality.expected_rate(rhythm, minute_ms, params.rhythm)
        expected = rate * seasonality.busyness(rhythm, minute_ms, params.rhythm)
        accepted = counts[metrics.ACCEPTED]
        learning.step(rhythm, accepted, minute_ms, params.rhythm, params.sequential)
        trusted = not seasonality.suspected(rhythm, params.rhythm)
    minute = Minute(minute_ms, counts, baseline, params, expected, trusted, projected)
    for component in COMPONENTS:
        if component.kind is kind:
            component.learn(minute)


def _sleep(baseline: SignalBaseline, begin_ms: int, *, silent: bool) -> None:
    """Keep detectors as they are before a silence; restore them where it was a doubtful one."""
    if silent:
        if not baseline.awake:
            baseline.awake = {metric: state.detector for metric, state in baseline.watches.items()}
    elif baseline.awake:
        if baseline.rhythm.doubted_ms >= begin_ms:
            for metric, detector in baseline.awake.items():
                baseline.watches[metric].detector = detector
        baseline.awake = {}


def dispute(baseline: SignalBaseline, rows: Iterable[Observed]) -> None:
    """Note, in place, events that came in minutes that were taken for silent ones."""
    rhythm = baseline.rhythm
    if rhythm.silent:
        settled = range(rhythm.silent_ms, baseline.window.settled_ms)
        rhythm.disputed = rhythm.disputed or any(
            row.metric == metrics.ACCEPTED and row.minute_ms in settled for row in rows
        )
