"""How signal health is computed: spans, thresholds, weights. Apart from `operators.health`, so that settings load without estimators."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

_MINUTE: Final = timedelta(minutes=1)
_NOTHING: Final = timedelta()


@dataclass(frozen=True)
class Weights:
    """Relative weights of components in the composite."""

    freshness: float = 0.4
    validity: float = 0.4
    volume: float = 0.2
    delivery: float = 1.0


@dataclass(frozen=True)
class HealthParams:
    """How health is computed.

    Attributes:
        healthy: least score of a healthy signal.
        degraded: least score of a degraded one; below it is unhealthy.
        window: span that validity, delivery and the current volume are computed over; whole minutes.
        history: span that the usual volume is computed over; whole minutes.
        expected_interval: longest silence of a source that is quite normal.
        dead_after: silence after which freshness is 0.
        invalid_share: share of rejected records at which validity is 0.
        usual_volume: share of the usual volume from which on volume is 100.
        lost_volume: share of the usual volume at which volume is 0.
        warm_up_minutes: earlier minutes needed before there is a usual volume.
        minimum_sample: records in the window below which a source is unknown; accepted ones, unless they say that it is unhealthy.
        minimum_requests: requests in the window below which a platform is unknown.
        minimum_components: present components below which a source is unknown.
        critical: components that cannot be averaged away.
        floor: a critical component below this caps the score.
        weights: of the components.
        clock_tolerance: an event accepted further in the future than this says nothing about freshness.
        emit_every: a reading is given at least this often while there is data.
        emit_idle: a reading is given at least this often in any case.
        emit_step: change of the score that is worth a reading at once.
        poll_interval: how often counters are looked at.
        overlap: counters changed this long before the last look are read again, for transactions that were open then.
        keep_readings: how long readings are kept; for good where a decision rests on them.
        prune_interval: how often older ones are deleted.

    Raises:
        ValueError: the values contradict each other.
    """

    healthy: float = 70.0
    degraded: float = 40.0
    window: timedelta = timedelta(minutes=5)
    history: timedelta = timedelta(hours=1)
    expected_interval: timedelta = timedelta(minutes=1)
    dead_after: timedelta = timedelta(minutes=5)
    invalid_share: float = 0.25
    usual_volume: float = 0.7
    lost_volume: float = 0.2
    warm_up_minutes: int = 10
    minimum_sample: int = 30
    minimum_requests: int = 3
    minimum_components: int = 2
    critical: frozenset[str] = frozenset({"freshness", "validity", "delivery"})
    floor: float = 40.0
    weights: Weights = field(default_factory=Weights)
    clock_tolerance: timedelta = timedelta(seconds=5)
    emit_every: timedelta = timedelta(seconds=5)
    emit_idle: timedelta = timedelta(seconds=30)
    emit_step: float = 2.0
    poll_interval: timedelta = timedelta(seconds=1)
    overlap: timedelta = timedelta(seconds=30)
    keep_readings: timedelta = timedelta(days=30)
    prune_interval: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        minimums = self.minimum_sample, self.minimum_requests, self.minimum_components, self.warm_up_minutes
        intervals = self.emit_every, self.emit_idle, self.poll_interval, self.prune_interval
        rules = {
            "0 < degraded <= healthy <= 100": 0 < self.degraded <= self.healthy <= 100,
            "window is whole minutes": self.window >= _MINUTE and not self.window % _MINUTE,
            "history is whole minutes and longer than window": self.history > self.window and not self.history % _MINUTE,
            "0 <= expected_interval < dead_after": _NOTHING <= self.expected_interval < self.dead_after,
            "0 <= lost_volume < usual_volume": 0 <= self.lost_volume < self.usual_volume,
            "0 < invalid_share <= 1": 0 < self.invalid_share <= 1,
            "0 <= floor <= 100": 0 <= self.floor <= 100,
            "minimums are at least 1": min(minimums) >= 1,
            "critical names components": self.critical <= vars(self.weights).keys(),
            "weights are not negative": min(vars(self.weights).values()) >= 0,
            "intervals are positive": min(intervals) > _NOTHING,
            "overlap and clock_tolerance are not negative": min(self.overlap, self.clock_tolerance) >= _NOTHING,
        }
        broken = [rule for rule, kept in rules.items() if not kept]
        if broken:
            raise ValueError("; ".join(broken))
