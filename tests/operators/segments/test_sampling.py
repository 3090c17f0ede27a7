import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.segments.sampling import Estimate, estimate


@given(st.integers(1, 10**9), st.data())
def test_the_interval_holds_the_value_and_what_was_seen(
    population: int, data: st.DataObject
) -> None:
    asked = data.draw(st.integers(0, min(population, 50_000)))
    found = data.draw(st.integers(0, asked))
    result = estimate(found, asked, population)
    assert found <= result.low <= result.high <= population - (asked - found)
    assert result.low <= result.value <= result.high or not asked


@given(st.integers(0, 10**6), st.data())
def test_a_sample_of_everybody_is_exact(population: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, population))
    assert estimate(found, population, population) == Estimate(found, found, found)


@pytest.mark.parametrize(
    ("found", "asked", "low", "high"),
    # Published tables of Wilson's interval.
    [(0, 10, 0, 0.2775), (5, 10, 0.2366, 0.7634), (90, 100, 0.8256, 0.9448)],
)
def test_the_interval_of_a_small_sample_is_wilsons(
    found: int, asked: int, low: float, high: float
) -> None:
    population = 10**9
    result = estimate(found, asked, population)
    assert result.low / population == pytest.approx(low, abs=1e-3)
    assert result.high / population == pytest.approx(high, abs=1e-3)


def test_nine_in_ten_and_more_intervals_hold_the_truth() -> None:
    population, asked = 2_000, 200
    # Membership is spread over places by a generator that has nothing to do with the order in which
    # people are chosen.
    member = [place * 48_271 % 65_537 % population < 300 for place in range(population)]
    intervals = [
        estimate(
            sum(member[(start + step * 7_919) % population] for step in range(asked)),
            asked,
            population,
        )
        for start in range(0, population, 10)
    ]
    assert sum(found.low <= sum(member) <= found.high for found in intervals) >= 0.9 * len(
        intervals
    )
