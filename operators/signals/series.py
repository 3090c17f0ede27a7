"""The series that are watched for anomalies, five minutes a point, and what each means.

    source:<id>       events, match_quality, rejected_share, new_people_share,
    order_value:<currency> platform:<name>   latency_ms conversions       reported_share:<platform>

An anomaly alone holds nothing: it is an episode that people look at, and a component that is not
perfect. What must hold a push has to be certain, which `operators.detection.cusum` ensures. Points
are sums over closed minutes, so they come once and never change.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from domain.ids import WorkspaceId
from domain.signals import metrics
from domain.signals.reading import Anomaly
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.episodes import Direction, Episode, EpisodeChange, EpisodeParams
from operators.detection.metric_watch import MetricWatch, WatchState
from operators.signals.counts import Counts
from operators.signals.evidence import SignalKind

_HARM: Final[Mapping[str, frozenset[Direction]]] = {
    "events": frozenset({Direction.DOWN}),
    "match_quality": frozenset({Direction.DOWN}),
    "rejected_share": frozenset({Direction.UP}),
    "order_value": frozenset(Direction),
    "latency_ms": frozenset({Direction.UP}),
    "reported_share": frozenset(Direction),
}
"""Metric → directions that speak against a signal."""


class Series(NamedTuple):
    """What a watched series means.

    Attributes:
        unit: of its points: events per step, points from 0 to 10, share, minor or ms.
        component: of health, that it belongs to.
        kind: of the signals that have it.
        counters: metrics of observations that its points are made of.
    """

    unit: str
    component: str
    kind: SignalKind
    counters: tuple[str, ...]


SERIES: Final[Mapping[str, Series]] = {
    "events": Series("events", "volume", SignalKind.SOURCE, (metrics.ACCEPTED,)),
    "match_quality": Series(
        "points", "match_quality", SignalKind.SOURCE, (metrics.ACCEPTED, metrics.QUALITY)
    ),
    "rejected_share": Series(
        "share", "validity", SignalKind.SOURCE, (metrics.ACCEPTED, metrics.REJECTED)
    ),
    "new_people_share": Series(
        "share", "anomaly", SignalKind.SOURCE, (metrics.ACCEPTED, metrics.NEW_PEOPLE)
    ),
    "order_value": Series("minor", "anomaly", SignalKind.SOURCE, (metrics.ORDERS, metrics.REVENUE)),
    "latency_ms": Series(
        "ms",
        "delivery",
        SignalKind.PLATFORM,
        (
            metrics.LATENCY_MS,
            metrics.REQUESTS_OK,
            metrics.REQUESTS_FAILED,
            metrics.REQUESTS_RETRIED,
        ),
    ),
    "reported_share": Series(
        "share", "consistency", SignalKind.CONVERSIONS, (metrics.ORDERS, metrics.REPORTED_ORDERS)
    ),
}
"""Name of a series, without its suffix → what it means."""
_SUFFIXED: Final = frozenset({"order_value", "reported_share"})


def series_of(kind: SignalKind, metric: str) -> Series | None:
    """What a series means; None where signals of this kind have none of this name.

    >>> series_of(SignalKind.SOURCE, "order_value:EUR").unit
    'minor'
    """
    name, colon, suffix = metric.partition(":")
    found = SERIES.get(name)
    whole = bool(suffix) if name in _SUFFIXED else not colon
    return found if found is not None and found.kind is kind and whole else None


def watched(kind: SignalKind, states: Mapping[str, WatchState]) -> list[str]:
    """Names of the series of a signal: those that are watched, and those that each one has.

    Args:
        kind: of the signal.
        states: its watched series.
    """
    every = {name for name, one in SERIES.items() if one.kind is kind} - _SUFFIXED
    return sorted(every | {name for name in states if series_of(kind, name) is not None})


def points(kind: SignalKind, counts: Counts, minimum_orders: int) -> dict[str, float]:
    """The points of one step; metrics about which it says nothing have none.

    Args:
        kind: of the signal.
        counts: sums over the step.
        minimum_orders: orders from which on their mean value is a point.
    """
    if kind is SignalKind.PLATFORM:
        requests = sum(
            counts[metric]
            for metric in (metrics.REQUESTS_OK, metrics.REQUESTS_FAILED, metrics.REQUESTS_RETRIED)
        )
        return {"latency_ms": counts[metrics.LATENCY_MS] / requests} if requests else {}
    if kind is SignalKind.CONVERSIONS:
        ours = counts.total(metrics.ORDERS)
        return {
            f"reported_share:{platform}": count / (count + ours)
            for platform, count in counts.by_suffix(metrics.REPORTED_ORDERS).items()
            if count + ours
        }
    accepted, rejected = counts[metrics.ACCEPTED], counts.total(metrics.REJECTED)
    found = {"events": accepted}
    if accepted:
        found["match_quality"] = counts.total(metrics.QUALITY) / accepted
        found["new_people_share"] = counts[metrics.NEW_PEOPLE] / accepted
    if accepted + rejected:
        found["rejected_share"] = rejected / (accepted + rejected)
    revenue = counts.by_suffix(metrics.REVENUE)
    for currency, orders in counts.by_suffix(metrics.ORDERS).items():
        if orders >= minimum_orders:
            found[f"order_value:{currency}"] = revenue.get(currency, 0.0) / orders
    return found


def watch(
    states: dict[str, WatchState],
    at_ms: int,
    found: Mapping[str, float],
    anomalies: AnomalyParams,
    episodes: EpisodeParams,
    *,
    silent: bool = False,
) -> list[tuple[str, Episode]]:
    """Give each watched series its point, in place.

    Args:
        states: the state of each series, by metric; changed.
        at_ms: beginning of the step, ms since 1970.
        found: metric → value; a series without one gets no point.
        anomalies: parameters of the detector.
        episodes: parameters of episodes.
        silent: whether the source is silent, so that no episode ends.

    Returns:
        The episodes that changed, with their metrics.
    """
    told: list[tuple[str, Episode]] = []
    for metric in sorted(states.keys() | found.keys()):
        watched = MetricWatch(anomalies, episodes, states.get(metric))
        changes = list[EpisodeChange]()
        if metric in found:
            changes = watched.update(at_ms, found[metric], closing=not silent)
        elif not silent:
            changes = watched.on_time(at_ms)
        if metric in found or changes:
            states[metric] = watched.snapshot()
        told += [(metric, change.episode) for change in changes]
    return told


def open_episodes(
    states: Mapping[str, WatchState],
) -> dict[str, tuple[Direction, float, float, float]]:
    """Open episodes that speak against their signal.

    Metric → direction, value at the peak, and the range expected there.
    """
    found = {}
    for metric, state in sorted(states.items()):
        if state.episode is None:
            continue
        peak = state.episode.peak
        direction = Direction.UP if peak.value >= peak.expected else Direction.DOWN
        if direction in _HARM.get(metric.partition(":")[0], frozenset()):
            found[metric] = direction, peak.value, peak.low, peak.high
    return found


def anomaly_of(workspace: WorkspaceId, signal: str, metric: str, episode: Episode) -> Anomaly:
    """An episode as it is stored.

    Args:
        workspace: tenant.
        signal: name of the signal.
        metric: the series.
        episode: what is stored.
    """
    return Anomaly(
        workspace, signal, metric, episode.started_ms, episode.peak_ms, episode.ended_ms,
        episode.direction.value, episode.score, episode.value, episode.expected, episode.low,
        episode.high, episode.ending.value if episode.ending else "",
        tuple((one.at_ms, one.value, one.expected, one.low, one.high) for one in episode.picture),
    )  # fmt: skip
