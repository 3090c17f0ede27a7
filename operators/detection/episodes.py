"""Watches one metric: points in.

Episodes out – opened, grown, closed – instead of a flood of surprising points.

An episode opens with a point that scores, grows where a later point of it scores higher still, and
closes once the value was back for a few points within both the forecast's range and what is usual
at the hour (as wide as it was when the episode opened: a long fault must not widen what it is
measured by). A level that stays is adopted after a while; a series that falls silent ends its
episode.

State: the detector's, the last points for the picture, the open episode; about 4 KB. Clock: the
points' instants, `now_ms` for silence.
"""

import struct
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from domain.instants import MS
from operators.detection.detector import AnomalyParams, AnomalyState, Scored, score_point

_PICTURED: Final = struct.Struct("<q4d")


@dataclass(frozen=True)
class EpisodeParams:
    """When episodes open and close.

    Attributes:
        threshold: a score from which on a point opens an episode or lets it grow, 0–1.
        calm_points: so many points in a row within the range close it.
        adopt_after: an episode that lasts so long, and four times `calm_points`, is the new usual.
        silent_after: without a point for so long it ends unseen.
        picture_points: points kept around an episode.
    """

    threshold: float = 0.5
    calm_points: int = 5
    adopt_after: timedelta = timedelta(hours=6)
    silent_after: timedelta = timedelta(hours=1)
    picture_points: int = 60

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1 or self.calm_points < 1 or self.picture_points < 1:
            raise ValueError(
                "threshold lies between 0 and 1, calm_points and picture_points are at least 1"
            )
        if min(self.adopt_after, self.silent_after) <= timedelta(0):
            raise ValueError("adopt_after and silent_after are positive")


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
    """What became of an episode."""

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
    """What became of an episode."""

    kind: EpisodeKind
    episode: Episode


class OpenEpisode(msgspec.Struct, array_like=True):
    """An episode that goes on.

    Attributes:
        started_ms: its first point.
        peak: the point that scored highest.
        below: how far below the usual was usual when it opened.
        above: how far above.
        calm: points in a row that were back.
        calm_ms: the first of them.
    """

    started_ms: int
    peak: Scored
    below: float
    above: float
    calm: int = 0
    calm_ms: int = 0


class WatchState(msgspec.Struct):
    """Everything that a `MetricWatch` goes on from.

    Attributes:
        version: of this layout.
        detector: of the series.
        last: the last point.
        recent: the last points, packed.
        episode: the open one.
    """

    version: int = 1
    detector: AnomalyState = msgspec.field(default_factory=AnomalyState)
    last: Scored | None = None
    recent: bytes = b""
    episode: OpenEpisode | None = None


class Point(NamedTuple):
    """One point of a series."""

    at_ms: int
    value: float


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(WatchState)


class MetricWatch:
    """A machine for one metric of one signal.

    Args:
        anomaly: of the detector.
        episodes: when they open and close.
        state: where an earlier one stopped; it is copied. One of another version is not used: the
            metric warms up anew.
    """

    __slots__ = ("_anomaly", "_episodes", "_state")

    def __init__(
        self, anomaly: AnomalyParams, episodes: EpisodeParams, state: WatchState | None = None
    ) -> None:
        self._anomaly = anomaly
        self._episodes = episodes
        self._state = WatchState() if state is None or not _current(state) else _copied(state)

    @property
    def last(self) -> Scored | None:
        """The last point: score, expected range, and whether it warms up."""
        return self._state.last

    @property
    def episode(self) -> Episode | None:
        """The open episode."""
        return None if self._state.episode is None else self._seen(self._state.episode)

    def update(self, at_ms: int, value: float, *, closing: bool = True) -> list[EpisodeChange]:
        """Take in one point; what became of episodes.

        Where `closing` is false the open one goes on, whatever the point.

        A point that is not finite, or not newer than the last one, is refused: nothing changes.
        """
        state, changes = self._state, list[EpisodeChange]()
        silent = self.deadline()
        scored = score_point(state.detector, at_ms, value, self._anomaly)
        if scored is None:
            return []
        if closing and silent is not None and at_ms >= silent:
            changes = self.on_time(at_ms)
        state.last = scored
        kept = _PICTURED.size * (self._episodes.picture_points - 1)
        state.recent = state.recent[-kept:] if kept else b""
        state.recent += _PICTURED.pack(at_ms, value, scored.expected, scored.low, scored.high)
        if state.episode is None:
            if scored.score >= self._episodes.threshold:
                below, above = scored.usual - scored.usual_low, scored.usual_high - scored.usual
                state.episode = OpenEpisode(at_ms, scored, below, above)
                changes.append(EpisodeChange(EpisodeKind.OPENED, self._seen(state.episode)))
            return changes
        return changes + self._go_on(state.episode, scored, closing=closing)

    def _go_on(self, episode: OpenEpisode, scored: Scored, *, closing: bool) -> list[EpisodeChange]:
        usual = scored.usual - episode.below <= scored.value <= scored.usual + episode.above
        if usual and scored.low <= scored.value <= scored.high:
            episode.calm_ms = episode.calm_ms if episode.calm else scored.at_ms
            episode.calm += 1
        else:
            episode.calm = 0
        if scored.score >= self._episodes.threshold and scored.score > episode.peak.score:
            episode.peak = scored
            return [EpisodeChange(EpisodeKind.UPDATED, self._seen(episode))]
        if not closing:
            return []
        if episode.calm >= self._episodes.calm_points:
            return self._close(episode, episode.calm_ms, Ending.RECOVERED)
        # Where points are rare a value has the time to come back, too.
        long = max(self._episodes.adopt_after, 4 * self._episodes.calm_points * self._anomaly.step)
        if scored.at_ms - episode.started_ms >= long // MS:
            return self._close(episode, scored.at_ms, Ending.ADOPTED)
        return []

    def _close(self, episode: OpenEpisode, ended_ms: int, ending: Ending) -> list[EpisodeChange]:
        self._state.episode = None
        return [EpisodeChange(EpisodeKind.CLOSED, self._seen(episode, ended_ms, ending))]

    def _seen(
        self, episode: OpenEpisode, ended_ms: int | None = None, ending: Ending | None = None
    ) -> Episode:
        peak = episode.peak
        direction = Direction.UP if peak.value >= peak.expected else Direction.DOWN
        picture = tuple(Pictured(*each) for each in _PICTURED.iter_unpack(self._state.recent))
        return Episode(
            episode.started_ms,
            peak.at_ms,
            ended_ms,
            direction,
            peak.score,
            peak.value,
            peak.expected,
            peak.low,
            peak.high,
            ending,
            picture,
        )

    def on_event(self, event: Point, now_ms: int) -> list[EpisodeChange]:  # noqa: ARG002 - points carry their instant
        """`update`, in the shape of a machine."""
        return self.update(event.at_ms, event.value)

    def on_time(self, now_ms: int) -> list[EpisodeChange]:
        """End the open episode where no point came for too long."""
        deadline, episode, last = self.deadline(), self._state.episode, self._state.last
        if deadline is None or now_ms < deadline or episode is None or last is None:
            return []
        return self._close(episode, last.at_ms, Ending.SILENT)

    def deadline(self) -> int | None:
        """When the open episode ends without another point."""
        if self._state.episode is None or self._state.last is None:
            return None
        return (
            self._state.last.at_ms + max(self._episodes.silent_after, 2 * self._anomaly.step) // MS
        )

    def done(self) -> bool:
        """Never: what is usual is worth keeping."""
        return False

    def snapshot(self) -> WatchState:
        """A copy of the state that later points do not touch."""
        return _copied(self._state)


def _current(state: WatchState) -> bool:
    return (state.version, state.detector.version) == (WatchState().version, AnomalyState().version)


def _copied(state: WatchState) -> WatchState:
    return _DECODER.decode(_ENCODER.encode(state))
