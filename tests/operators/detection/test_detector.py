import math
import random
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.detection.anomaly_params import AnomalyParams
from operators.detection.detector import AnomalyState, Scored, score_point

STEP_MS = 300_000
DAY = 288
START_MS = 1_790_553_600_000 // 86_400_000 * 86_400_000
PARAMS = AnomalyParams(step=timedelta(minutes=5))


def daily(seed: int, days: int, weekend: float = 1.0) -> list[float]:
    """A shop's events: busy by day, quiet by night, noisy."""
    rng, found = random.Random(seed), []
    for place in range(days * DAY):
        at = START_MS + place * STEP_MS
        usual = 200.0 + 150.0 * math.sin(2 * math.pi * (at % 86_400_000 / 86_400_000 - 0.25))
        usual *= weekend if (at // 86_400_000 + 3) % 7 >= 5 else 1.0
        found.append(rng.gauss(usual, math.sqrt(usual)))
    return found


def scores(values: list[float], state: AnomalyState | None = None, first: int = 0) -> list[Scored]:
    state = state or AnomalyState()
    found = [
        score_point(state, START_MS + (first + place) * STEP_MS, value, PARAMS)
        for place, value in enumerate(values)
    ]
    return [one for one in found if one]


def alarms(found: list[Scored]) -> list[int]:
    return [place for place, one in enumerate(found) if one.score >= 0.5]


class TestWarmUp:
    def test_it_is_silent_and_says_how_much_is_missing(self) -> None:
        values = daily(1, 2)
        values[150] = 10_000.0
        found = scores(values)
        warming = found[:DAY]
        assert all(one.warming_up and one.score == one.surprise == 0.0 for one in warming)
        assert [one.missing_ms for one in warming] == [
            (DAY - place) * STEP_MS for place in range(DAY)
        ]
        assert not any(one.warming_up or one.missing_ms for one in found[DAY:])

    def test_few_points_in_a_long_time_are_too_few(self) -> None:
        state = AnomalyState()
        for place in range(99):
            scored = score_point(state, START_MS + place * 7_200_000, 1.0, PARAMS)
            assert scored is not None
            assert scored.warming_up


class TestSeason:
    def test_ordinary_weeks_hardly_score(self) -> None:
        found = [one.score for seed in range(3) for one in scores(daily(seed, 28))]
        assert sum(score >= 0.5 for score in found) <= 24
        assert sum(score >= 0.6 for score in found) <= 3

    @pytest.mark.parametrize(
        ("hour", "value", "surprising"),
        [(0, 50.0, False), (12, 350.0, False), (12, 50.0, True), (0, 350.0, True)],
    )
    def test_what_is_usual_depends_on_the_hour(
        self, hour: int, value: float, surprising: bool
    ) -> None:
        before = daily(2, 14)
        night = START_MS + 14 * 86_400_000
        assert night % 86_400_000 == 0
        values = before + daily(2, 15)[14 * DAY : 14 * DAY + hour * 12] + [value]
        assert (scores(values)[-1].surprise >= 0.5) is surprising

    def test_a_quiet_weekend_becomes_usual(self) -> None:
        found = scores(daily(3, 56, weekend=0.6))
        saturday = next(
            place
            for place in range(49 * DAY, 56 * DAY)
            if (found[place].at_ms // 86_400_000 + 3) % 7 == 5
        )
        noon = found[saturday + DAY // 2]
        assert abs(noon.baseline - noon.value) < abs(
            found[saturday - DAY // 2].baseline - noon.value
        )


class TestSurprise:
    def test_an_outage_scores_within_two_points(self) -> None:
        values = daily(4, 14)
        found = scores(values + [0.0] * 12)
        assert alarms(found)[-1] >= 14 * DAY
        assert any(
            one.score >= 0.5 for one in scores(daily(4, 15)[: 14 * DAY + 144] + [0.0] * 2)[-2:]
        )

    def test_one_outlier_does_not_move_what_is_expected(self) -> None:
        values = daily(5, 15)
        without = scores(values)
        values[14 * DAY] = 1e6
        later = scores(values)[14 * DAY + 3]
        assert (
            abs(later.expected - without[14 * DAY + 3].expected)
            < 3 * math.sqrt(without[14 * DAY + 3].expected) + 20
        )
        assert later.low <= later.value <= later.high

    def test_a_level_that_stays_is_soon_expected_and_scores_once(self) -> None:
        rng = random.Random(6)
        values = [rng.gauss(100, 5) for _ in range(10 * DAY)] + [
            rng.gauss(200, 5) for _ in range(3 * DAY)
        ]
        found = scores(values)
        after = found[10 * DAY :]
        assert 1 <= len(alarms(after)) <= 4
        assert max(alarms(after)) <= 24
        assert all(abs(one.expected - 200) < 25 for one in after[72:])

    def test_the_unit_does_not_matter(self) -> None:
        values = daily(7, 10)
        values[9 * DAY] *= 4
        small, large = scores(values), scores([value * 1024 for value in values])
        assert [one.score for one in large] == pytest.approx([one.score for one in small], abs=1e-6)
        assert [one.expected / 1024 for one in large] == pytest.approx(
            [one.expected for one in small]
        )

    def test_what_is_too_fine_to_matter_does_not_score(self) -> None:
        params = AnomalyParams(step=timedelta(minutes=5), finest=5.0)
        for finest, surprising in ((params, False), (PARAMS, True)):
            state, last = AnomalyState(), None
            for place in range(2 * DAY + 1):
                last = score_point(
                    state, START_MS + place * STEP_MS, 4.0 if place == 2 * DAY else 0.0, finest
                )
            assert last is not None
            assert (last.score >= 0.5) is surprising


class TestQuietSeries:
    @pytest.mark.parametrize("value", [0.0, 45.0, -3.0])
    def test_a_constant_never_scores_and_is_expected(self, value: float) -> None:
        found = scores([value] * (3 * DAY))
        assert not any(one.surprise for one in found)
        assert found[-1].expected == pytest.approx(value)
        assert found[-1].low <= value <= found[-1].high

    def test_a_change_of_a_constant_scores(self) -> None:
        assert alarms(scores([45.0] * (3 * DAY) + [60.0])) == [3 * DAY]


class TestPoints:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
    def test_what_is_not_finite_is_refused_and_changes_nothing(self, value: float) -> None:
        state = AnomalyState()
        scores(daily(8, 2), state)
        before = msgspec.msgpack.encode(state)
        assert score_point(state, START_MS + 10 * 86_400_000, value, PARAMS) is None
        assert msgspec.msgpack.encode(state) == before

    @pytest.mark.parametrize("back_ms", [0, 1, STEP_MS])
    def test_a_point_that_is_not_newer_is_refused(self, back_ms: int) -> None:
        state = AnomalyState()
        last = scores(daily(8, 2), state)[-1]
        before = msgspec.msgpack.encode(state)
        assert score_point(state, last.at_ms - back_ms, 1.0, PARAMS) is None
        assert msgspec.msgpack.encode(state) == before

    def test_points_after_a_gap_are_judged_by_their_hour(self) -> None:
        state, values = AnomalyState(), daily(9, 16)
        scores(values[: 14 * DAY], state)
        after = scores(values[14 * DAY + 100 :], state, 14 * DAY + 100)
        assert not alarms(after[:12])

    def test_nothing_rests_on_later_points(self) -> None:
        values = daily(10, 4)
        assert scores(values)[: 3 * DAY] == scores(values[: 3 * DAY])

    @pytest.mark.parametrize("cut", [1, 39, 41, 99, 300, 700])
    def test_a_restored_state_goes_on_as_if_it_had_never_stopped(self, cut: int) -> None:
        values = daily(11, 4)
        state = AnomalyState()
        before = scores(values[:cut], state)
        restored = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=AnomalyState)
        assert before + scores(values[cut:], restored, cut) == scores(values)

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.floats(-1e30, 1e30), min_size=150, max_size=200), st.integers(1, 4))
    def test_whatever_comes_scores_stay_within_bounds_and_the_state_small(
        self, values: list[float], gap: int
    ) -> None:
        params = AnomalyParams(step=timedelta(minutes=5), warm_up=timedelta(0))
        state = AnomalyState()
        for place, value in enumerate(values):
            scored = score_point(state, START_MS + place * gap * STEP_MS, value, params)
            assert scored is not None
            assert 0 <= scored.score <= scored.surprise <= 1
            assert scored.low <= scored.expected <= scored.high
        assert len(msgspec.msgpack.encode(state)) <= 2_048


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AnomalyParams(step=timedelta(0)),
        lambda: AnomalyParams(warm_up_points=10),
        lambda: AnomalyParams(notable=1.0),
        lambda: AnomalyParams(finest=-1.0),
    ],
)
def test_params_that_make_no_sense_are_refused(wrong: Callable[[], AnomalyParams]) -> None:
    with pytest.raises(ValueError, match=r"are|lies|not"):
        wrong()
