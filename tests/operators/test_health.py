"""Signal health: missing is not average, silence is seen, and worse input never scores higher."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import WorkspaceId
from domain.reading import Minutes, Observed, Reading, Status
from operators.health import HealthMachine, falling, read
from operators.health_params import HealthParams
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


def test_a_change_of_status_is_told_at_once() -> None:
    machine = HealthMachine(PARAMS)
    machine.on_event(minutes(counter("accepted", 500)), NOW)
    (reading,) = machine.on_event(minutes(counter("rejected:malformed_json", 500), at_ms=1), NOW + 1)
    assert reading.status is Status.UNHEALTHY
