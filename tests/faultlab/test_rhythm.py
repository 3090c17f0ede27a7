"""Rates: seasonal as stated, noisy as stated, the same for the same seed."""

from datetime import timedelta

import numpy as np
import pytest

from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, WEEK_MS
from faultlab.profiles import (
    CAMPAIGN_SITE,
    META,
    NIGHTLY_BATCH,
    PROFILES,
    WEB_SHOP,
    Deliveries,
    Profile,
)
from faultlab.rhythm import MONDAY_MS, Pulse, PulseState, Rhythm


def counts(rhythm: Rhythm, hours: float, seed: int = 1, start_ms: int = MONDAY_MS) -> list[int]:
    pulse = Pulse(rhythm, np.random.default_rng(seed), PulseState())
    return [
        pulse.count(start_ms + minute * MINUTE_MS, MINUTE_MS)
        for minute in range(1, int(hours * 60) + 1)
    ]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_every_profile_has_busy_and_quiet_hours(profile: Profile | Deliveries) -> None:
    rates = [profile.rhythm.expected(MONDAY_MS + hour * HOUR_MS) for hour in range(24)]
    assert max(rates) > 5 * min(rates)
    assert len(profile.rhythm.hours) == 24
    assert len(profile.rhythm.days) == 7


def test_the_local_clock_decides_the_hour() -> None:
    hours = tuple(float(hour == 9) for hour in range(24))
    rhythm = Rhythm(10, hours, zone_hours=2, sharp=True)
    assert [rhythm.expected(MONDAY_MS + hour * HOUR_MS) for hour in (6, 7, 8)] == [0, 10, 0]
    assert rhythm.expected(MONDAY_MS + 6 * HOUR_MS, shift_ms=HOUR_MS) == 10


def test_days_of_the_week_begin_on_monday_and_come_again() -> None:
    rhythm = Rhythm(10, (1.0,) * 24, days=(1, 2, 3, 4, 5, 6, 7))
    assert [rhythm.expected(MONDAY_MS + day * DAY_MS) for day in (0, 5, 6, 7)] == [10, 60, 70, 10]


def test_growth_compounds_over_weeks() -> None:
    assert Rhythm(10, (1.0,) * 24, growth=0.1).expected(MONDAY_MS + 2 * WEEK_MS) == pytest.approx(
        12.1
    )


def test_a_scheduled_job_sends_nothing_by_day() -> None:
    assert sum(counts(NIGHTLY_BATCH.rhythm, 10, start_ms=MONDAY_MS + 8 * HOUR_MS)) == 0
    assert sum(counts(NIGHTLY_BATCH.rhythm, 3, start_ms=MONDAY_MS + HOUR_MS)) > 3_000


def test_counts_follow_the_expected_rate_whatever_the_span() -> None:
    rhythm = Rhythm(20, (1.0,) * 24, wobble=0.05)
    for span_ms in (10_000, 60_000):
        pulse = Pulse(rhythm, np.random.default_rng(3), PulseState())
        drawn = [
            pulse.count(MONDAY_MS + step * span_ms, span_ms)
            for step in range(1, 2 * DAY_MS // span_ms)
        ]
        assert sum(drawn) / (2 * 24 * 60) == pytest.approx(20, rel=0.05)


def test_counts_are_overdispersed() -> None:
    drawn = np.array(counts(Rhythm(20, (1.0,) * 24, wobble=0.0, evenness=10), 48))
    assert drawn.var() == pytest.approx(20 + 20**2 / 10, rel=0.2)


def test_bursts_raise_the_rate_for_a_while() -> None:
    usual = max(CAMPAIGN_SITE.rhythm.expected(MONDAY_MS + hour * HOUR_MS) for hour in range(24))
    hourly = np.array(counts(CAMPAIGN_SITE.rhythm, 24 * 14, seed=5)).reshape(-1, 60).mean(axis=1)
    assert hourly.max() > 2 * usual


def test_the_same_seed_counts_the_same_and_another_one_does_not() -> None:
    assert counts(WEB_SHOP.rhythm, 3) == counts(WEB_SHOP.rhythm, 3)
    assert counts(WEB_SHOP.rhythm, 3) != counts(WEB_SHOP.rhythm, 3, seed=2)


def test_an_early_or_late_job_moves_by_minutes() -> None:
    rhythm = Rhythm(60, NIGHTLY_BATCH.rhythm.hours, sharp=True, wander=timedelta(minutes=3))
    first = [
        next(minute for minute, count in enumerate(counts(rhythm, 6, seed)) if count)
        for seed in range(20)
    ]
    assert 100 < min(first) < max(first) < 140


def test_a_platform_is_used_rarely_enough_to_be_one() -> None:
    assert 0 < sum(counts(META.rhythm, 24)) < 24 * 60
