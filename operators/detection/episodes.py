"""Episodes of anomalies: opened, grown, closed – instead of a flood of surprising points.

An episode opens with a point that scores, grows where a later point of it scores higher still, and
closes once the value was back for a few points in a row. Two thresholds, one to open and another to
close, keep it from flickering:

    open    score ≥ threshold
    update  score ≥ threshold, and greater than at the peak
    close   for calm_points in a row: low ≤ x ≤ high of the forecast, and of the baseline as wide as
            it was when the episode opened (a long fault must not widen what it is measured by);
            or a level that stays for adopt_after; or a series that is silent for silent_after

The machine is `operators.detection.metric_watch`.

Reference: O. H. Schmitt, "A thermionic trigger", Journal of Scientific Instruments 15 (1938), for
the hysteresis.

>>> from operators.detection.anomaly_params import AnomalyParams
>>> from operators.detection.metric_watch import MetricWatch
>>> import random
>>> rng = random.Random(1)
>>> watch = MetricWatch(AnomalyParams(step=timedelta(hours=1)), EpisodeParams())
>>> for hour in range(30 * 24):  # about 100; 10 for two hours of the 29th day
...     value = (10 if hour in (684, 685) else 100) + rng.gauss(0, 5)
...     for change in watch.update(hour * 3_600_000, value):
...         print(hour, change.kind.value, change.episode.direction.value, change.episode.ending)
684 opened down None
690 closed down recovered
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec


@dataclass(frozen=True)
class EpisodeParams:
    """When episodes open and close.

    Attributes:
        threshold: a score from which on a point opens an episode or lets it grow, 0–1. Source: NAB;
            0.5 is what its rules charge least for, 0.6 what people on call want (ADR 18).
        calm_points: points in a row within the range that close it, at least 1. Source: design.
        adopt_after: an episode that lasts so long … is the new baseline. Source: design; half of
            `CusumParams.adopt_after`, as an anomaly alone holds nothing.
        adopt_calm: … and so many times `calm_points`. Source: design; where points are rare a value
            has the time to come back, too.
        silent_after: without a point for so long … it ends unseen. Source: design.
        silent_points: … and for so many points. Source: design; one missing point is no silence.
        picture_points: points kept around an episode, at least 1. Source: design; state of 40 bytes
            each.
    """

    threshold: float = 0.5
    calm_points: int = 5
    adopt_after: timedelta = timedelta(hours=6)
    adopt_calm: int = 4
    silent_after: timedelta = timedelta(hours=1)
    silent_points: int = 2
    picture_points: int = 60

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or self.calm_points < 1 or self.picture_points < 1:
            raise ValueError(
                "threshold lies between 0 and 1, calm_points and picture_points are at least 1"
            )
        if min(self.adopt_after, self.silent_after) <= timedelta(0):
            raise ValueError("adopt_after and silent_after are positive")
        if min(self.adopt_calm, self.silent_points) < 0:
            raise ValueError("adopt_calm and silent_points are not negative")


class Direction(StrEnum):
    """Where the value went."""

    UP = "up"
    DOWN = "down"


class Ending(StrEnum):
    """Why an episode is over."""

    RECOVERED = "recovered"
    ADOPTED = "adopted"
    SILENT = "silent"


class EpisodeKind(StrEnum):
    """What happened to an episode."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


class Pictured(msgspec.Struct, frozen=True, array_like=True):
    """One point of the picture around an episode."""

    at_ms: int
    value: float
    expected: float
    low: float
    high: float


class Episode(msgspec.Struct, frozen=True):
    """One anomaly of one metric.

    Attributes:
        started_ms: first point that scored; with the metric it names the episode.
        peak_ms: the point that scored highest.
        ended_ms: first point that was back, or the last one seen; None while it is open.
        direction: of the peak.
        score: at the peak, 0–1.
        value: at the peak.
        expected: at the peak.
        low: of the range expected at the peak.
        high: of the same.
        ending: None while it is open.
        picture: the last points, the newest at the end.
    """

    started_ms: int
    peak_ms: int
    ended_ms: int | None
    direction: Direction
    score: float
    value: float
    expected: float
    low: float
    high: float
    ending: Ending | None = None
    picture: tuple[Pictured, ...] = ()


class EpisodeChange(msgspec.Struct, frozen=True):
    """What happened to an episode."""

    kind: EpisodeKind
    episode: Episode
