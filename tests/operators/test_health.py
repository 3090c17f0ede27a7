"""Signal health: missing is not average, silence is seen, and worse input never scores higher."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import WorkspaceId
from domain.reading import Minutes, Observed, Reading, Status
from operators.health import falling, read
from operators.health_params import HealthParams
from operators.watch import HealthMachine
from operators.window import MINUTE_MS, Window, add, forget, total

PARAMS = HealthParams()
NOW = 1_790_000_000_000 - 1_790_000_000_000 % MINUTE_MS + 30_000
SOURCE = "source:1"


def counter(metric: str, value: float, minutes_ago: int = 0, *, shard: int = 0, silence_ms: int = 0) -> Observed:
    minute = NOW - NOW % MINUTE_MS - minutes_ago * MINUTE_MS
    return Observed(minute, shard, metric, value, max(minute, min(minute + MINUTE_MS - 1, NOW - silence_ms)))


def window(*rows: Observed) -> Window:
    filled = Window()
    add(filled, rows)
    return filled


def health(*rows: Observed, now_ms: int = NOW, signal: str = SOURCE) -> Reading:
    return read(window(*rows), WorkspaceId(1), signal, now_ms, PARAMS)


def component(reading: Reading, name: str) -> float | None:
    return next(part.score for part in reading.components if part.name == name)


def test_a_signal_that_never_said_anything_is_unknown() -> None:
    reading = health()
    assert (reading.status, reading.score, reading.reasons[0]) == (
        Status.UNKNOWN,
        None,
        "unknown: 0 observations in the window, 30 are needed",
    )


def test_a_busy_valid_source_is_healthy() -> None:
    assert health(counter("accepted", 500)).status is Status.HEALTHY


def test_too_small_a_sample_is_unknown_however_good_it_looks() -> None:
    assert health(counter("accepted", 29)).status is Status.UNKNOWN


def test_a_component_without_data_is_missing_and_says_why() -> None:
    reading = health(counter("accepted", 500))
    assert component(reading, "volume") is None
    assert "volume is missing: warming up: 0 of 10 earlier minutes" in reading.reasons


@pytest.mark.parametrize(
    ("silence_s", "status"), [(0, Status.HEALTHY), (60, Status.HEALTHY), (250, Status.UNHEALTHY), (400, Status.UNKNOWN)]
)
def test_silence_makes_a_source_unhealthy_and_then_unknown(silence_s: int, status: Status) -> None:
    assert health(counter("accepted", 500), now_ms=NOW + silence_s * 1000).status is status


def test_rejected_records_lower_validity_and_a_critical_component_cannot_be_averaged_away() -> None:
    reading = health(counter("accepted", 780), counter("rejected:malformed_json", 120), counter("rejected:invalid_type", 100))
    assert (reading.status, reading.score) == (Status.UNHEALTHY, component(reading, "validity"))


def test_a_fall_against_the_usual_volume_is_seen() -> None:
    usual = [counter("accepted", 1_000, ago) for ago in range(6, 40)]
    assert component(health(*usual, counter("accepted", 100, 1)), "volume") == 0.0
    assert component(health(*usual, *(counter("accepted", 900, ago) for ago in range(6))), "volume") == 100.0


def test_a_platform_is_judged_by_its_deliveries() -> None:
    rows = (counter("requests_ok", 9), counter("requests_failed", 1))
    reading = health(*rows, signal="platform:meta")
    assert (reading.score, reading.status) == (90.0, Status.HEALTHY)


def test_a_platform_with_few_requests_is_unknown() -> None:
    assert health(counter("requests_ok", 2), signal="platform:meta").status is Status.UNKNOWN


def test_rejected_records_are_not_the_evidence_that_a_source_lacked() -> None:
    assert health(counter("accepted", 29)).status is Status.UNKNOWN
    reading = health(counter("accepted", 29), counter("rejected:malformed_json", 1))
    assert (reading.status, reading.reasons[0]) == (Status.UNKNOWN, "unknown: 29 of 30 records in the window were accepted, 30 are needed")


def test_a_source_that_mostly_sends_what_is_rejected_is_unhealthy_however_little_is_accepted() -> None:
    assert health(counter("accepted", 5), counter("rejected:malformed_json", 500)).status is Status.UNHEALTHY


def test_an_event_from_the_future_says_nothing_about_freshness() -> None:
    ahead = Observed(NOW - NOW % MINUTE_MS, 0, "accepted", 500, NOW + 5_001)
    assert (component(health(ahead), "freshness"), health(ahead).status) == (None, Status.UNKNOWN)


def test_silent_minutes_count_in_what_is_usual() -> None:
    bursts = [counter("accepted", 1_000, ago) for ago in range(7, 60, 5)]
    reading = health(*bursts, counter("accepted", 1_000, 1))
    assert component(reading, "volume") is None
    assert "volume is missing: usually nothing comes" in reading.reasons


def test_a_counter_that_is_no_finite_number_is_left_out() -> None:
    rows = (counter("accepted", float("inf")), counter("rejected:malformed_json", float("nan")))
    assert health(*rows).status is Status.UNKNOWN


def test_a_component_that_is_not_critical_does_not_cap() -> None:
    lenient = HealthParams(critical=frozenset({"freshness"}))
    rows = (counter("accepted", 700), counter("rejected:malformed_json", 300))
    assert health(*rows).score == 0.0
    assert read(window(*rows), WorkspaceId(1), SOURCE, NOW, lenient).score == 50.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"window": timedelta(seconds=90)},
        {"window": timedelta(seconds=30)},
        {"history": timedelta(minutes=5)},
        {"dead_after": timedelta(minutes=1)},
        {"invalid_share": 0.0},
        {"healthy": 30.0},
        {"healthy": float("nan")},
        {"minimum_sample": 0},
        {"critical": frozenset({"luck"})},
        {"poll_interval": timedelta()},
    ],
)
def test_parameters_that_contradict_each_other_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"whole minutes|dead_after|invalid_share|healthy|minimums|critical|positive"):
        HealthParams(**wrong)


STANDING = {Status.UNHEALTHY: 0, Status.UNKNOWN: 1, Status.DEGRADED: 2, Status.HEALTHY: 3}
"""How far each lets automation go: unhealthy needs a person, the next two hold."""


@given(st.integers(0, 200), st.integers(0, 100), st.integers(1, 100), st.integers(0, 200_000))
def test_more_rejected_records_never_lift_a_source(accepted: int, rejected: int, worse: int, silence_ms: int) -> None:
    def standing(rejects: int) -> int:
        return STANDING[health(counter("accepted", accepted), counter("rejected:malformed_json", rejects), now_ms=NOW + silence_ms).status]

    assert standing(rejected + worse) <= standing(rejected)


@given(st.lists(st.integers(0, 1_000), min_size=20, max_size=55), st.integers(0, 1_000), st.integers(0, 1_000))
def test_less_volume_never_scores_higher(usual: list[int], now_comes: int, less: int) -> None:
    def score(comes: int) -> float:
        earlier = [counter("accepted", value, ago) for ago, value in enumerate(usual, start=6)]
        return health(*earlier, *(counter("accepted", comes, ago) for ago in range(1, 6)), counter("accepted", 50)).score or 0.0

    assert score(max(0, now_comes - less)) <= score(now_comes) + 1e-9


@given(st.integers(0, 5_000), st.integers(0, 500), st.integers(1, 300), st.integers(0, 400_000), st.integers(1, 60_000))
def test_worse_input_never_scores_higher(accepted: int, rejected: int, worse: int, silence_ms: int, longer_ms: int) -> None:
    def score(rejects: int, silence: int) -> float:
        rows = (counter("accepted", accepted, silence_ms=0), counter("rejected:malformed_json", rejects))
        return health(*rows, now_ms=NOW + silence).score or 0.0

    if accepted + rejected >= PARAMS.minimum_sample:
        assert score(rejected + worse, silence_ms) <= score(rejected, silence_ms)
    assert score(rejected, silence_ms + longer_ms) <= score(rejected, silence_ms) + 1e-9


@given(st.floats(-10, 1_000), st.floats(0, 1_000))
def test_scores_are_bounded(value: float, further: float) -> None:
    assert 0.0 <= falling(value + further, 60, 300) <= falling(value, 60, 300) <= 100.0


def test_rows_hold_totals_so_that_reading_them_again_or_in_another_order_changes_nothing() -> None:
    rows = (counter("accepted", 5), counter("accepted", 9), counter("accepted", 3, shard=1))
    assert window(*rows, *rows) == window(*reversed(rows))
    assert total(window(*rows), "accepted", 0, NOW) == 12


def test_minutes_outside_the_kept_span_are_forgotten() -> None:
    filled = window(*(counter("accepted", 1, ago) for ago in range(100)))
    forget(filled, NOW - PARAMS.history // timedelta(milliseconds=1))
    assert len(filled.minutes) <= 61


def minutes(*rows: Observed, at_ms: int = 0) -> Minutes:
    return Minutes(WorkspaceId(1), SOURCE, rows, NOW + at_ms)


def test_a_reading_is_given_when_something_moves_and_not_at_every_look() -> None:
    machine = HealthMachine(PARAMS)
    given_at = [
        second for second in range(30) if machine.on_event(minutes(counter("accepted", 500), at_ms=second * 1000), NOW + second * 1000)
    ]
    assert given_at == [0, 5, 10, 15, 20, 25]


def test_a_clock_that_goes_back_does_not_silence_a_signal() -> None:
    machine = HealthMachine(PARAMS)
    machine.on_event(minutes(counter("accepted", 500)), NOW)
    assert machine.on_event(minutes(at_ms=-1_000), NOW - 1_000)


def test_a_change_of_status_is_told_at_once() -> None:
    machine = HealthMachine(PARAMS)
    machine.on_event(minutes(counter("accepted", 500)), NOW)
    (reading,) = machine.on_event(minutes(counter("rejected:malformed_json", 500), at_ms=1), NOW + 1)
    assert reading.status is Status.UNHEALTHY
