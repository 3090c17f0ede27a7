import math

import pytest

from benchmarks.nab.benchmark import detect
from benchmarks.nab.corpus import corpus
from benchmarks.nab.detectors import RefractoryDetector, StratumDetector
from benchmarks.nab.scoring import (
    Labelled,
    best_threshold,
    normalised_at,
    scaled_sigmoid,
    tally,
    tally_at,
)

ONE = Labelled(1_000, ((400, 499),))
TWO = Labelled(1_000, ((300, 399), (600, 699)))


def test_the_first_record_of_every_window_alone_is_perfect() -> None:
    assert tally(TWO, [300, 600]).normalised() == pytest.approx(100.0)


def test_silence_is_zero() -> None:
    assert tally(TWO, []).normalised() == 0.0
    assert tally(TWO, []).raw == -2.0


def test_a_late_detection_earns_by_its_place_in_the_window() -> None:
    # Halfway: place −(499 − 450 + 1)/100 = −0.5, sigmoid 2/(1 + e^−2.5) − 1 = 0.84828, of 0.98661
    # at the first record.
    assert tally(ONE, [450]).raw == pytest.approx(0.848284 / 0.986614, abs=1e-5)
    # The last record: place −0.01, so 2/(1 + e^−0.05) − 1 = 0.02499.
    assert tally(ONE, [499]).raw == pytest.approx(0.024995 / 0.986614, abs=1e-5)


def test_only_the_earliest_detection_in_a_window_counts() -> None:
    assert tally(ONE, [420, 450, 499]).raw == tally(ONE, [420]).raw


def test_a_false_positive_before_any_window_costs_its_whole_weight() -> None:
    assert tally(ONE, [200]).raw == pytest.approx(-1.0 - 0.11)
    assert tally(ONE, [200, 400]).normalised() == pytest.approx(100 * (2 - 0.11) / 2)


def test_a_false_positive_right_behind_a_window_costs_less() -> None:
    # Ten past it: place 10/99, sigmoid 2/(1 + e^0.50505) − 1 = −0.24729.
    assert tally(ONE, [400, 509]).raw == pytest.approx(1 - 0.11 * 0.247292, abs=1e-5)
    assert tally(ONE, [400, 999]).raw == pytest.approx(1 - 0.11)


def test_every_flagged_record_outside_costs() -> None:
    assert tally(ONE, [200, 201, 202]).false == 3


def test_probation_is_not_scored() -> None:
    assert ONE.probation == 150
    assert Labelled(20_000, ()).probation == 750
    assert tally(ONE, [0, 149]) == tally(ONE, [])
    assert tally(ONE, [150]).false == 1


def test_series_without_windows_only_lose() -> None:
    total = tally(ONE, [400]) + tally(Labelled(1_000, ()), [500])
    assert (total.windows, total.found, total.false) == (1, 1, 1)
    assert total.raw == pytest.approx(1 - 0.11)
    assert total.normalised() == pytest.approx(100 * (2 - 0.11) / 2)


def test_the_sigmoid_is_what_the_paper_draws() -> None:
    assert scaled_sigmoid(0.0) == 0.0
    assert scaled_sigmoid(-1.0) == pytest.approx(math.tanh(2.5))
    assert scaled_sigmoid(3.1) == -1.0


def test_one_threshold_is_chosen_for_all_series() -> None:
    quiet, loud = [0.0] * 1_000, [0.0] * 1_000
    quiet[400], loud[400], loud[200] = 0.6, 0.9, 0.5
    scored = [(ONE, quiet), (ONE, loud)]
    threshold, best = best_threshold(scored, [0.4, 0.6, 0.9])
    assert threshold == 0.6
    assert best == pytest.approx(100.0)
    assert normalised_at(scored, 0.9) == pytest.approx(50.0)
    assert tally_at(scored, 0.4).false == 1


@pytest.mark.long
def test_the_corpus_is_whole_and_the_detector_earns_what_it_should_on_some_of_it() -> None:
    series = corpus()
    assert len(series) == 34
    assert sum(len(one.labels.windows) for one in series) == 67
    assert sum(len(one.values) for one in series) == 228_257
    ads = [one for one in series if one.family == "realAdExchange"]
    assert {one.step_ms for one in ads} == {3_600_000}
    assert (
        tally_at(detect(ads, StratumDetector).for_families(["realAdExchange"]), 0.5).normalised()
        >= 60
    )


class _Given:
    def __init__(self, scores: list[float]) -> None:
        self._scores = iter(scores)

    def score(self, _at_ms: int, _value: float) -> float:
        return next(self._scores)

    def size_bytes(self) -> int:
        return 0


def test_within_a_spell_only_a_greater_score_counts() -> None:
    scores = [0.2, 0.5, 0.4, 0.5, 0.6, 0.1, 0.3]
    spelled = RefractoryDetector(_Given(scores), 3_600_000)
    at_ms = [0, 1, 2, 3, 4, 29, 35]
    assert [spelled.score(hour * 3_600_000, 0.0) for hour in at_ms] == [
        0.2,
        0.5,
        0.0,
        0.0,
        0.6,
        0.0,
        0.3,
    ]
