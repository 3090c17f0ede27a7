"""What is remembered of one signal: its rhythm, its usual shares, the shape of its events.

Plain data: it is stored, read again after a restart, and continues as if nothing had happened
(`operators.signals.learn`). Field names are stored; a struct that is `array_like` keeps its order.
"""

from copy import copy
from typing import TypeVar

import msgspec

from domain.signals.reading import Reading, Status
from operators.detection.detector import AnomalyState
from operators.detection.level_cusum import LevelCusum
from operators.detection.metric_watch import WatchState
from operators.detection.rate_cusum import RateCusum
from operators.detection.schema_drift import Drift
from operators.detection.seasonality import Seasonality
from operators.signals.window import Window

_Tested = TypeVar("_Tested", RateCusum, LevelCusum)


class Reported(msgspec.Struct):
    """Our orders since a platform's last report, and how many usually lie between two reports."""

    orders: float = 0.0
    between: float = 0.0


class Floor(msgspec.Struct, frozen=True):
    """The worst reading of a source since its last event; none is better until the next one.

    Attributes:
        score: the lowest; None where none was given.
        status: the worst.
    """

    score: float | None
    status: Status


class SignalBaseline(msgspec.Struct):
    """Baseline of one signal, and the state of what reads it.

    Attributes:
        version: layout of this structure; an older one is dropped.
        window: counters of the last day.
        rhythm: how much it usually sends.
        shares: share → what is usual of it.
        levels: currency → mean value of an order, in the minor unit.
        drift: the shape of its events.
        buckets: metric → events by bucket, of people or of addresses, since enough had come last.
        watches: watched series → its detector (`operators.signals.series`).
        awake: watched series → its detector as it was before the silence that lasts; empty while
            events come.
        step: counters of the step of the watched series that lasts.
        orders: platform → our orders since it reported last, and between its reports.
        last: the reading given last, without id.
        period: the last reading of the last period in which it was expected to send.
        looked_ms: when it was read last.
        saved_ms: when a checkpoint was emitted last.
        news: whether any counter changed since it was read.
        floor: the worst reading given since an event of a source came last; None where none was
            given.
    """

    version: int = 1
    window: Window = msgspec.field(default_factory=Window)
    rhythm: Seasonality = msgspec.field(default_factory=Seasonality)
    shares: dict[str, RateCusum] = {}
    levels: dict[str, LevelCusum] = {}
    drift: Drift = msgspec.field(default_factory=Drift)
    buckets: dict[str, list[float]] = {}
    watches: dict[str, WatchState] = {}
    awake: dict[str, AnomalyState] = {}
    step: dict[str, float] = {}
    orders: dict[str, Reported] = {}
    last: Reading | None = None
    period: Reading | None = None
    looked_ms: int = 0
    saved_ms: int = 0
    news: bool = True
    floor: Floor | None = None

    def by_suffix(self, metric: str) -> list[tuple[str, RateCusum]]:
        """Suffixes of the shares of a metric, ascending, with the shares."""
        prefix = f"{metric}:"
        return sorted(
            (name.removeprefix(prefix), share)
            for name, share in self.shares.items()
            if name.startswith(prefix)
        )

    def fork(self) -> "SignalBaseline":
        """A copy to project minutes on; what projecting leaves alone is shared with this one."""
        rhythm, other = self.rhythm, copy(self)
        other.rhythm = copy(rhythm)
        other.rhythm.hours, other.rhythm.visits = rhythm.hours.copy(), rhythm.visits.copy()
        other.rhythm.days, other.rhythm.seen = rhythm.days.copy(), rhythm.seen.copy()
        other.rhythm.loss = copy(rhythm.loss)
        other.shares = {name: _tested(share) for name, share in self.shares.items()}
        other.levels = {currency: _tested(level) for currency, level in self.levels.items()}
        other.buckets = {metric: buckets.copy() for metric, buckets in self.buckets.items()}
        other.orders = {platform: copy(since) for platform, since in self.orders.items()}
        return other


def _tested(one: _Tested) -> _Tested:
    other = copy(one)
    other.up, other.down = copy(one.up), copy(one.down)
    return other
