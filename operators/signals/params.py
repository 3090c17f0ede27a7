"""How signal health is computed: spans, thresholds, weights, schedules.

Apart from `operators.signals.health`, so that settings load quickly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, make_dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.signals.schedule import Schedule
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.cusum_params import CusumParams
from operators.detection.episodes import EpisodeParams
from operators.detection.schema_drift import DriftParams
from operators.detection.seasonality_params import SeasonalityParams
from operators.signals.components import COMPONENTS
from operators.signals.scores import ScoreParams

_MINUTE: Final = timedelta(minutes=1)
_NOTHING: Final = timedelta()
_FACTORS: Final = frozenset(name for one in COMPONENTS for name in one.factors)


if TYPE_CHECKING:

    class ComponentWeights:
        """Component → its weight in the composite, relative to the others."""

        def __getattr__(self, name: str) -> float: ...

    class EffectSizes:
        """Share or quantity → the change that matters: an absolute change, 0–1, or a factor."""

        def __getattr__(self, name: str) -> float: ...

    class Tuning:
        """Constant of a component → its value, above 0."""

        def __getattr__(self, name: str) -> float: ...

else:

    def _numbers(name: str, defaults: Mapping[str, float]) -> type:
        """A frozen dataclass of numbers, as settings read it."""
        members = [(key, float, field(default=value)) for key, value in defaults.items()]
        return make_dataclass(name, members, namespace={"__module__": __name__}, frozen=True)

    ComponentWeights = _numbers("ComponentWeights", {one.name: one.weight for one in COMPONENTS})
    EffectSizes = _numbers(
        "EffectSizes",
        {k: v for one in COMPONENTS for k, v in (one.effects | one.factors).items()},
    )
    Tuning = _numbers("Tuning", {k: v for one in COMPONENTS for k, v in one.tuning.items()})


@dataclass(frozen=True)
class SignalOverride:
    """What differs for one signal; what is None is as for all.

    Attributes:
        schedule: when it is expected to send.
        weights: of components.
        critical: components that cannot be averaged away.
        floor: a critical component below this caps the score.
        expected_interval: longest silence that is quite normal.
        dead_after: silence after which freshness is 0.
        longest_silence: silence after which it is unknown.
        invalid_share: share of rejected records at which validity is 0.
        minimum_sample: records in the window below which it is unknown.
    """

    schedule: Schedule | None = None
    weights: ComponentWeights | None = None
    critical: frozenset[str] | None = None
    floor: float | None = None
    expected_interval: timedelta | None = None
    dead_after: timedelta | None = None
    longest_silence: timedelta | None = None
    invalid_share: float | None = None
    minimum_sample: int | None = None


@dataclass(frozen=True)
class HealthParams:
    """How health is computed.

    Attributes:
        healthy: least score of a healthy signal.
        degraded: least score of a degraded one; below it is unhealthy.
        window: shortest span that a source's counters are looked at over; whole minutes.
        delivery_window: span that a platform's counters are looked at over; whole minutes, at most
            a day.
        settle: how long counters of a minute may still change after its end.
        expected_interval: longest silence of a source that is quite normal, however much it sends.
        dead_after: silence after which freshness is 0.
        longest_silence: a source that was silent for longer has no data and is unknown, whatever is
            usual.
        invalid_share: share of rejected records at which validity is 0.
        usual_volume: share of the usual volume from which on volume is 100.
        lost_volume: share of the usual volume at which volume is 0.
        minimum_sample: records in the window below which a source is unknown; accepted ones, unless
            they say that it is unhealthy.
        minimum_requests: requests in the window below which a platform is unknown.
        minimum_components: present components below which a source is unknown.
        critical: components that cannot be averaged away.
        floor: a critical component below this caps the score.
        weights: of the components.
        materials: which changes matter.
        scores: what a change costs.
        tuning: constants of the components.
        usual_samples: a source's span usually holds so many times `minimum_sample`.
        conversions_window: span over which orders and reported conversions are compared.
        minimum_orders: orders from which on their mean value is watched for anomalies.
        sequential: how sure a change must be.
        rhythm: when a source sends too little.
        drift: when the shape of a source's events has changed.
        anomalies: how series are watched for anomalies; their step is whole minutes.
        episodes: when an anomaly begins and ends.
        schedule: when a source is expected to send; None: always, as it is used to.
        signals: signal → what differs for it.
        platform_weights: platform → identifier kind → worth for being matched there; others are as
            `profile.match_weights`.
        clock_tolerance: an event accepted further in the future than this says nothing about
            freshness.
        complete_after: a minute is weighed once it ended this long ago.
        look_interval: a signal about which something is new is judged this often; others at every
            `emit_every`.
        emit_every: a reading is given at least this often while there is data.
        emit_idle: a reading is given at least this often in any case.
        emit_step: change of the score that is worth a reading at once.
        poll_interval: how often counters are looked at.
        overlap: counters changed this long before the last look are read again, for transactions
            that were open then.
        catch_up: how far back counters are read where nothing is known of a signal.
        save_interval: how often what was learned of a signal is stored.
        keep_all_readings: how long every reading is kept; older ones are thinned to the last of
            each minute and status.
        keep_readings: how long readings are kept; indefinitely where a decision is based on them.
        keep_details: how long counters are kept that only serve health.
        prune_interval: how often older ones are deleted.

    Raises:
        ValueError: the values contradict each other.
    """

    healthy: float = 70.0
    degraded: float = 40.0
    window: timedelta = timedelta(minutes=5)
    delivery_window: timedelta = timedelta(minutes=15)
    settle: timedelta = timedelta(minutes=3)
    expected_interval: timedelta = timedelta(seconds=30)
    dead_after: timedelta = timedelta(minutes=2)
    longest_silence: timedelta = timedelta(days=1)
    invalid_share: float = 0.25
    usual_volume: float = 0.75
    lost_volume: float = 0.15
    minimum_sample: int = 30
    minimum_requests: int = 3
    minimum_components: int = 2
    critical: frozenset[str] = frozenset(component.name for component in COMPONENTS)
    floor: float = 70.0
    weights: ComponentWeights = field(default_factory=ComponentWeights)
    materials: EffectSizes = field(default_factory=EffectSizes)
    scores: ScoreParams = field(default_factory=ScoreParams)
    tuning: Tuning = field(default_factory=Tuning)
    usual_samples: float = 3.0
    conversions_window: timedelta = timedelta(hours=25)
    minimum_orders: int = 3
    sequential: CusumParams = field(default_factory=CusumParams)
    rhythm: SeasonalityParams = field(default_factory=SeasonalityParams)
    drift: DriftParams = field(default_factory=DriftParams)
    anomalies: AnomalyParams = field(
        default_factory=lambda: AnomalyParams(step=timedelta(minutes=5))
    )
    episodes: EpisodeParams = field(default_factory=lambda: EpisodeParams(threshold=0.6))
    schedule: Schedule | None = None
    signals: dict[str, SignalOverride] = field(default_factory=dict)
    platform_weights: dict[str, dict[str, float]] = field(default_factory=dict)
    clock_tolerance: timedelta = timedelta(seconds=5)
    complete_after: timedelta = timedelta(seconds=5)
    look_interval: timedelta = timedelta(seconds=2)
    emit_every: timedelta = timedelta(seconds=4)
    emit_idle: timedelta = timedelta(seconds=30)
    emit_step: float = 2.0
    poll_interval: timedelta = timedelta(seconds=1)
    overlap: timedelta = timedelta(seconds=2)
    catch_up: timedelta = timedelta(hours=25)
    save_interval: timedelta = timedelta(minutes=5)
    keep_all_readings: timedelta = timedelta(days=1)
    keep_readings: timedelta = timedelta(days=30)
    keep_details: timedelta = timedelta(days=2)
    prune_interval: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        rules = self._span_rules() | self._score_rules() | self._interval_rules()
        broken = [rule for rule, kept in rules.items() if not kept]
        if broken:
            raise ValueError("; ".join(broken))
        for signal in self.signals:
            self.of(signal)

    def _span_rules(self) -> dict[str, bool]:
        """Rules of statuses, spans and silences → whether they hold."""
        day, step = timedelta(days=1), self.anomalies.step
        return {
            "0 < degraded <= healthy <= 100": 0 < self.degraded <= self.healthy <= 100,
            "window is whole minutes": self.window >= _MINUTE and not self.window % _MINUTE,
            "delivery_window is whole minutes, at most a day": (
                _MINUTE <= self.delivery_window <= day and not self.delivery_window % _MINUTE
            ),
            "settle is whole minutes": self.settle >= _MINUTE and not self.settle % _MINUTE,
            "the step of anomalies is whole minutes and divides a day": (
                not step % _MINUTE and not day % step
            ),
            "0 <= expected_interval < dead_after": (
                _NOTHING <= self.expected_interval < self.dead_after
            ),
            "longest_silence is at least dead_after": self.longest_silence >= self.dead_after,
        }

    def _score_rules(self) -> dict[str, bool]:
        """Rules of scores, minimums and weights → whether they hold."""
        minimums = (
            self.minimum_sample,
            self.minimum_requests,
            self.minimum_components,
            self.minimum_orders,
        )
        constants = (*vars(self.tuning).values(), self.usual_samples)
        return {
            "0 <= lost_volume < usual_volume <= 1": 0 <= self.lost_volume < self.usual_volume <= 1,
            "0 < invalid_share <= 1": 0 < self.invalid_share <= 1,
            "0 <= floor <= 100": 0 <= self.floor <= 100,
            "minimums are at least 1": min(minimums) >= 1,
            "critical names components": self.critical <= vars(self.weights).keys(),
            "weights are not negative": min(vars(self.weights).values()) >= 0,
            "materials lie between 0 and 1, factors above 1": all(
                value > 1 if name in _FACTORS else 0 < value < 1
                for name, value in vars(self.materials).items()
            ),
            "tuning, usual_samples and conversions_window are positive": (
                min(constants) > 0 and self.conversions_window > _NOTHING
            ),
        }

    def _interval_rules(self) -> dict[str, bool]:
        """Rules of intervals → whether they hold."""
        intervals = (
            self.emit_every,
            self.emit_idle,
            self.poll_interval,
            self.prune_interval,
            self.save_interval,
            self.look_interval,
        )
        delays = (self.overlap, self.catch_up, self.complete_after, self.clock_tolerance)
        return {
            "intervals are positive": min(intervals) > _NOTHING,
            "overlap, catch_up, complete_after and clock_tolerance are not negative": (
                min(delays) >= _NOTHING
            ),
        }

    def of(self, signal: str) -> "HealthParams":
        """The params of one signal.

        Raises:
            ValueError: what differs for it contradicts the rest.
        """
        override = self.signals.get(signal)
        if override is None:
            return self
        given = {
            one.name: getattr(override, one.name)
            for one in fields(override)
            if getattr(override, one.name) is not None
        }
        return replace(self, signals={}, **given)
