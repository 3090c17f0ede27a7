"""How signal health is computed: spans, thresholds, weights. Apart from `operators.health`, so that settings load without estimators."""

from dataclasses import dataclass, field
from datetime import timedelta


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
        minimum_sample: records in the window below which a source is unknown.
        minimum_requests: requests in the window below which a platform is unknown.
        minimum_components: present components below which a source is unknown.
        floor: a critical component (freshness, validity, delivery) below this caps the score.
        weights: of the components.
        emit_every: a reading is given at least this often while there is data.
        emit_idle: a reading is given at least this often in any case.
        emit_step: change of the score that is worth a reading at once.
        poll_interval: how often counters are looked at.
        overlap: counters changed this long before the last look are read again, for transactions that were open then.
        keep_readings: how long readings are kept.
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
    floor: float = 40.0
    weights: Weights = field(default_factory=Weights)
    emit_every: timedelta = timedelta(seconds=5)
    emit_idle: timedelta = timedelta(seconds=30)
    emit_step: float = 2.0
    poll_interval: timedelta = timedelta(seconds=1)
    overlap: timedelta = timedelta(seconds=30)
    keep_readings: timedelta = timedelta(days=30)
