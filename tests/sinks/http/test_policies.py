"""Retry, pacing and breaker: pure policies."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.http import breaker, retry, token_bucket
from sinks.http.breaker import Breaker, BreakerParams
from sinks.http.retry import RetryParams

unit = st.floats(0, 1, exclude_max=True)


@settings(deadline=None)
@given(st.integers(1, 200), unit)
def test_wait_stays_under_the_cap(attempt: int, random: float) -> None:
    params = RetryParams()

    assert (
        0 <= retry.wait_ms(attempt, None, random, params) <= params.cap / timedelta(milliseconds=1)
    )


@settings(deadline=None)
@given(st.integers(1, 200), unit, st.floats(0, 1e9))
def test_wait_honours_what_is_asked_up_to_its_cap(
    attempt: int, random: float, asked_s: float
) -> None:
    params = RetryParams()

    waited = retry.wait_ms(attempt, asked_s, random, params)

    assert waited >= int(min(asked_s, params.asked_cap.total_seconds()) * 1000)
    assert waited <= (params.asked_cap + params.cap) / timedelta(milliseconds=1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5_000), max_size=60), st.floats(0.1, 10), st.integers(1, 20))
def test_bucket_never_lets_more_through_than_burst_and_rate(
    gaps: list[int], rate: float, burst: int
) -> None:
    bucket, now_ms, taken = None, 0, 0
    for gap in gaps:
        now_ms += gap
        bucket, wait = token_bucket.take(bucket, now_ms, rate, burst)
        taken += wait == 0

    assert taken <= burst + now_ms * rate / 1000 + 1e-6


def test_bucket_gives_a_token_after_the_wait_it_names() -> None:
    bucket, wait = token_bucket.take(token_bucket.Bucket(0.0, 0), 0, 0.7, 1)

    assert token_bucket.take(bucket, wait, 0.7, 1)[1] == 0


def test_bucket_survives_a_clock_that_runs_backwards() -> None:
    bucket, _ = token_bucket.take(token_bucket.Bucket(1.0, 10_000), 5_000, 1.0, 5)

    assert bucket == token_bucket.Bucket(0.0, 10_000)


def test_breaker_opens_after_failures_in_a_row_and_closes_with_a_success() -> None:
    params, state = BreakerParams(failures=3, cool_down=timedelta(seconds=10)), Breaker()
    waits = []
    for ok in (False, False, True, False, False, False):
        state = breaker.observe(state, ok, 1_000, params)
        waits.append(breaker.wait_ms(state, 1_000))

    assert waits == [0, 0, 0, 0, 0, 10_000]
    assert breaker.wait_ms(state, 11_000) == 0
    assert breaker.wait_ms(breaker.observe(state, False, 11_000, params), 11_000) == 10_000
    assert breaker.observe(state, True, 11_000, params) == Breaker()
