import math
import random
from datetime import timedelta

import msgspec
import pytest

from operators.detection.anomaly_params import AnomalyParams
from operators.detection.episodes import (
    Direction,
    Ending,
    EpisodeChange,
    EpisodeKind,
    EpisodeParams,
)
from operators.detection.metric_watch import MetricWatch, WatchState

STEP_MS = 300_000
DAY = 288
START_MS = 1_790_553_600_000 // 86_400_000 * 86_400_000
ANOMALY = AnomalyParams(step=timedelta(minutes=5))
SEEN = 14 * DAY


def usual(place: int, rng: random.Random) -> float:
    at = START_MS + place * STEP_MS
    mean = 300.0 + 150.0 * math.sin(2 * math.pi * (at % 86_400_000 / 86_400_000 - 0.25))
    return rng.gauss(mean, math.sqrt(mean))


def learnt(episodes: EpisodeParams | None = None) -> MetricWatch:
    """A watch that has seen two ordinary weeks, and no episode is open."""
    watch, rng = MetricWatch(ANOMALY, episodes or EpisodeParams()), random.Random(20)
    for place in range(SEEN):
        watch.update(START_MS + place * STEP_MS, usual(place, rng))
    assert watch.episode is None
    return watch


LEARNT = learnt().snapshot()


def watched(
    values: list[float], episodes: EpisodeParams | None = None, start: int = SEEN
) -> list[EpisodeChange]:
    watch = MetricWatch(ANOMALY, episodes or EpisodeParams(), LEARNT)
    return [
        change
        for place, value in enumerate(values)
        for change in watch.update(START_MS + (start + place) * STEP_MS, value)
    ]


def with_fault(factor: float, points: int, after: int = 60) -> list[float]:
    rng = random.Random(21)
    return [
        usual(SEEN + place, rng) * (factor if 144 <= place < 144 + points else 1.0)
        for place in range(144 + points + after)
    ]


class TestOneFault:
    @pytest.mark.parametrize(
        ("factor", "direction"), [(0.0, Direction.DOWN), (0.4, Direction.DOWN), (3.0, Direction.UP)]
    )
    def test_it_is_one_episode_with_the_right_direction(
        self, factor: float, direction: Direction
    ) -> None:
        changes = watched(with_fault(factor, 24))
        assert [change.kind for change in changes if change.kind is not EpisodeKind.UPDATED] == [
            EpisodeKind.OPENED,
            EpisodeKind.CLOSED,
        ]
        assert {change.episode.direction for change in changes} == {direction}
        assert len({change.episode.started_ms for change in changes}) == 1

    def test_it_opens_at_once_and_closes_when_the_value_is_back(self) -> None:
        first, *_, last = (change.episode for change in watched(with_fault(0.0, 24)))
        begin = START_MS + (SEEN + 144) * STEP_MS
        assert begin <= first.started_ms <= begin + STEP_MS
        assert last.ended_ms is not None
        assert begin + 24 * STEP_MS <= last.ended_ms <= begin + 36 * STEP_MS
        assert last.ending is Ending.RECOVERED

    def test_the_peak_says_what_was_expected(self) -> None:
        episode = watched(with_fault(0.0, 24))[-1].episode
        assert episode.value == 0.0
        assert episode.value < episode.low < episode.expected < episode.high
        assert 350 < episode.expected < 550

    def test_the_picture_ends_with_the_newest_point_and_is_bounded(self) -> None:
        changes = watched(with_fault(0.0, 24))
        assert [len(change.episode.picture) for change in changes] == [60] * len(changes)
        opened = changes[0].episode
        assert opened.picture[-1].at_ms == opened.peak_ms == opened.started_ms
        assert opened.picture[-1].value == 0.0
        assert opened.picture[-1].low == opened.low

    def test_growing_scores_only_rise(self) -> None:
        rng = random.Random(22)
        values = [
            usual(SEEN + place, rng) * (1 + max(0, place - 100) * 0.4) for place in range(140)
        ]
        found = [
            change.episode.score
            for change in watched(values)
            if change.kind is not EpisodeKind.CLOSED
        ]
        assert found == sorted(found)
        assert len(found) > 1


class TestEndings:
    def test_a_level_that_stays_is_adopted(self) -> None:
        last = watched(with_fault(5.0, 300, after=0))[-1]
        assert last.kind is EpisodeKind.CLOSED
        assert last.episode.ending in {Ending.ADOPTED, Ending.RECOVERED}
        assert last.episode.ended_ms is not None
        assert last.episode.ended_ms - last.episode.started_ms <= timedelta(hours=6) / timedelta(
            milliseconds=1
        )

    def test_a_fault_that_lasts_is_open_until_it_is_adopted(self) -> None:
        changes = watched(
            with_fault(0.0, 120, after=0), EpisodeParams(adopt_after=timedelta(days=2))
        )
        assert EpisodeKind.CLOSED not in {change.kind for change in changes}

    def test_silence_ends_it_by_the_clock_or_by_the_next_point(self) -> None:
        watch = MetricWatch(ANOMALY, EpisodeParams(), LEARNT)
        values = with_fault(0.0, 24)[:150]
        for place, value in enumerate(values):
            watch.update(START_MS + (SEEN + place) * STEP_MS, value)
        deadline, other = watch.deadline(), MetricWatch(ANOMALY, EpisodeParams(), watch.snapshot())
        assert deadline is not None
        assert watch.on_time(deadline - 1) == []
        by_clock = watch.on_time(deadline)
        by_point = other.update(deadline + STEP_MS, 300.0)
        assert [change.episode.ending for change in by_clock] == [Ending.SILENT]
        assert by_point[:1] == by_clock
        assert watch.deadline() is None


def test_nothing_comes_of_what_is_refused_or_ordinary() -> None:
    watch = MetricWatch(ANOMALY, EpisodeParams(), LEARNT)
    before = watch.snapshot()
    assert watch.update(START_MS, 0.0) == watch.update(START_MS + SEEN * STEP_MS, math.nan) == []
    assert watch.snapshot() == before
    assert watch.update(START_MS + SEEN * STEP_MS, 150.0) == []
    assert watch.last is not None
    assert watch.last.value == 150.0


def test_a_state_of_two_weeks_is_small() -> None:
    assert len(msgspec.msgpack.encode(LEARNT)) <= 5_000
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(LEARNT), type=WatchState) == LEARNT


def test_episodes_travel_as_json() -> None:
    change = watched(with_fault(0.0, 24))[0]
    assert msgspec.json.decode(msgspec.json.encode(change), type=EpisodeChange) == change


def test_a_state_of_another_version_is_not_used() -> None:
    assert (
        MetricWatch(ANOMALY, EpisodeParams(), msgspec.structs.replace(LEARNT, version=0)).snapshot()
        == WatchState()
    )
