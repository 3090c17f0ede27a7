"""Watches one metric: points in, episodes out.

State: the detector's, the last points for the picture, the open episode; about 4 KB. Clock: the
points' instants, `now_ms` for silence. When episodes open and close:
`operators.detection.episodes`.
"""

import struct
from typing import Final, NamedTuple

import msgspec

from domain.instants import MS
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.detector import AnomalyState, Scored, score_point
from operators.detection.episodes import (
    Direction,
    Ending,
    Episode,
    EpisodeChange,
    EpisodeKind,
    EpisodeParams,
    Pictured,
)

_PICTURED: Final = struct.Struct("<q4d")


class OpenEpisode(msgspec.Struct, array_like=True):
    """An episode that continues.

    Attributes:
        started_ms: its first point.
        peak: the point that scored highest.
        below: how far below the baseline was usual when it opened.
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
    """Everything that a `MetricWatch` continues from.

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
            metric warms up again.
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
        """Take in one point.

        A point that is not finite, or not newer than the last one, is refused: nothing changes.

        Args:
            at_ms: the point's instant.
            value: its value.
            closing: whether the open episode may end; where false it continues, whatever the point.

        Returns:
            Changes of episodes.
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
                below = scored.baseline - scored.baseline_low
                above = scored.baseline_high - scored.baseline
                state.episode = OpenEpisode(at_ms, scored, below, above)
                changes.append(EpisodeChange(EpisodeKind.OPENED, self._seen(state.episode)))
            return changes
        return changes + self._continue(state.episode, scored, closing=closing)

    def _continue(
        self, episode: OpenEpisode, scored: Scored, *, closing: bool
    ) -> list[EpisodeChange]:
        low, high = scored.baseline - episode.below, scored.baseline + episode.above
        if low <= scored.value <= high and scored.low <= scored.value <= scored.high:
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
        params = self._episodes
        by_points = params.adopt_calm * params.calm_points * self._anomaly.step
        long = max(params.adopt_after, by_points)
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
        picture = pictured(self._state)
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

    # `now_ms` is of the machines' protocol; points carry their own instant.
    def on_event(self, event: Point, now_ms: int) -> list[EpisodeChange]:  # noqa: ARG002
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
        params = self._episodes
        silent_after = max(params.silent_after, params.silent_points * self._anomaly.step)
        return self._state.last.at_ms + silent_after // MS

    def done(self) -> bool:
        """Never: what is usual is worth keeping."""
        return False

    def snapshot(self) -> WatchState:
        """A copy of the state that later points do not touch."""
        return _copied(self._state)


def pictured(state: WatchState) -> tuple[Pictured, ...]:
    """The last points of a series with what was expected of each, oldest first."""
    return tuple(Pictured(*each) for each in _PICTURED.iter_unpack(state.recent))


def _current(state: WatchState) -> bool:
    return (state.version, state.detector.version) == (WatchState().version, AnomalyState().version)


def _copied(state: WatchState) -> WatchState:
    return _DECODER.decode(_ENCODER.encode(state))
