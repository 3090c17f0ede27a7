"""Silence never heals: while no event of a source comes, its readings only get worse, and within a
bound of its own rhythm none passes."""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from typing import Any, Final

import msgspec
import pytest

from domain.instants import HOUR_MS, MINUTE_MS
from domain.signals.reading import ComponentReading, Minutes, Observed, Reading, Status
from domain.signals.schedule import Schedule
from operators.detection.learning import step
from operators.detection.seasonality import (
    Seasonality,
    expected_between,
    expected_rate,
    is_warm,
    lasts_ms,
)
from operators.signals.baseline import SignalBaseline
from operators.signals.machine import HealthMachine, restore
from operators.signals.params import HealthParams, SignalOverride
from operators.signals.ratchet import floored, held
from tests.operators.signals.silence import (
    PARAMS,
    RANK,
    SOURCE,
    START_MS,
    WORKSPACE,
    breaches,
)

DAY: Final = 1440


def silent_after(
    counts: Callable[[int], int], minutes: int, begin: int = 9 * 60
) -> list[tuple[float, Reading]]:
    """What the machine says for six hours after the last event: (minutes of silence, reading)."""
    machine, last_ms, said = HealthMachine(PARAMS), 0, list[tuple[float, Reading]]()
    start = START_MS + begin * MINUTE_MS
    for minute in range(minutes + 6 * 60):
        at_ms, events = start + minute * MINUTE_MS, counts(minute) if minute < minutes else 0
        rows: tuple[Observed, ...] = ()
        if events:
            last_ms = at_ms + 59_000
            rows = (Observed(at_ms, 0, "accepted", float(events), last_ms),)
        for later_ms in (0, 20_000, 40_000) if minute >= minutes else (0,):
            now_ms = at_ms + MINUTE_MS + later_ms
            for one in machine.on_event(Minutes(WORKSPACE, SOURCE, rows, now_ms), now_ms):
                if isinstance(one, Reading) and minute >= minutes:
                    said.append(((now_ms - last_ms) / MINUTE_MS, one))
            rows = ()
    return said


@pytest.mark.parametrize(
    ("counts", "minutes", "bound"),
    [
        pytest.param(lambda _: 120, 1, 2, id="120 in one minute"),
        pytest.param(lambda _: 20, 10, 2, id="20 a minute for 10 minutes"),
        pytest.param(lambda _: 5, 30, 5, id="5 a minute for 30 minutes"),
        pytest.param(
            lambda minute: 0 if minute % 15 else 50, 61, 25, id="50 every 15 minutes for an hour"
        ),
        pytest.param(
            lambda minute: 0 if minute % 30 else 100,
            2 * DAY + 1,
            90,
            id="100 every 30 minutes for two days",
        ),
        pytest.param(lambda _: 300, 30, 2, id="300 a minute for half an hour"),
    ],
)
def test_a_source_that_fell_silent_is_unhealthy_or_unknown_within_a_bound_and_stays_so(
    counts: Callable[[int], int], minutes: int, bound: float
) -> None:
    said = silent_after(counts, minutes)
    assert [(at, one.status.value) for at, one in said if at > bound and RANK[one.status]] == []
    statuses = [RANK[one.status] for _, one in said]
    assert statuses == sorted(statuses, reverse=True)
    scores = [one.score for _, one in said if one.score is not None]
    assert scores == sorted(scores, reverse=True)
    assert said[-1][1].status in {Status.UNHEALTHY, Status.UNKNOWN}


@pytest.mark.long
def test_over_random_lives_silence_never_heals() -> None:
    assert list(breaches(range(800))) == []


@pytest.mark.parametrize("seed", [20_099, 21_093, 26_421])
def test_silence_never_heals_where_a_memory_is_lost_in_a_clock_jump_or_after_an_unknown_reading(
    seed: int,
) -> None:
    assert list(breaches(range(seed, seed + 1))) == []


def rows_at(at_ms: int, events: float) -> tuple[Observed, ...]:
    counts = {
        "accepted": events,
        "with:email": events // 2,
        "quality:Viewed": 4 * events,
        "named:Viewed": events,
    }
    return tuple(
        Observed(at_ms, 0, metric, float(value), at_ms + 59_000) for metric, value in counts.items()
    )


def go_on(machine: HealthMachine, first: int, minutes: int, events: float) -> list[Reading]:
    """What the machine says while so many events come in each minute, numbered from the start."""
    said = list[Reading]()
    for minute in range(first, first + minutes):
        at_ms = START_MS + minute * MINUTE_MS
        rows = rows_at(at_ms, events) if events else ()
        said += [
            one
            for one in machine.on_event(
                Minutes(WORKSPACE, SOURCE, rows, at_ms + 65_500), at_ms + 65_500
            )
            if isinstance(one, Reading)
        ]
    return said


@pytest.fixture(scope="module")
def lived() -> tuple[SignalBaseline, int]:
    """What is remembered of a source that sent 20 events a minute for 30 hours, and the number of
    the next minute."""
    machine = HealthMachine(PARAMS)
    for hour in range(30):
        rows = tuple(
            row
            for minute in range(60)
            for row in rows_at(START_MS + hour * HOUR_MS + minute * MINUTE_MS, 20)
        )
        machine.on_event(
            Minutes(WORKSPACE, SOURCE, rows, START_MS + (hour + 1) * HOUR_MS),
            START_MS + (hour + 1) * HOUR_MS,
        )
    assert go_on(machine, 30 * 60, 5, 20)[-1].status is Status.HEALTHY
    return machine.snapshot(), 30 * 60 + 5


def learned_of(memory: SignalBaseline) -> dict[str, Any]:
    """All that is learned: the rhythm without what says how long the silence lasts, shares, levels,
    shapes."""
    passing = {"silent", "silent_ms", "loss", "gaps", "doubted_ms"}
    rhythm = {
        key: value
        for key, value in msgspec.to_builtins(memory.rhythm).items()
        if key not in passing
    }
    return {
        "rhythm": rhythm,
        **{
            name: msgspec.to_builtins(getattr(memory, name))
            for name in ("shares", "levels", "drift", "buckets")
        },
    }


def test_nothing_is_learned_while_nothing_comes_nor_of_an_outage_once_it_is_over(
    lived: tuple[SignalBaseline, int],
) -> None:
    memory, first = lived
    machine = HealthMachine(PARAMS, memory)
    go_on(machine, first, 5, 0)  # the last minutes that had events are settled
    before = learned_of(machine.snapshot())
    go_on(machine, first + 5, 3 * 60, 0)
    silent = machine.snapshot()
    assert learned_of(silent) == before
    go_on(machine, first + 5 + 3 * 60, 10, 20)
    after = machine.snapshot()
    assert [hour for hour in after.rhythm.hours if hour and round(hour) != 20] == []
    assert after.rhythm.mean == pytest.approx(20.0, abs=0.01)
    assert after.watches["events"].detector.points <= memory.watches["events"].detector.points + 5


def test_a_source_that_comes_back_is_healthy_within_minutes(
    lived: tuple[SignalBaseline, int],
) -> None:
    memory, first = lived
    machine = HealthMachine(PARAMS, memory)
    assert RANK[go_on(machine, first, 120, 0)[-1].status] == 0
    said = go_on(machine, first + 120, 15, 20)
    assert [one.status for one in said][-5:] == [Status.HEALTHY] * 5


def test_an_episode_does_not_end_while_its_source_is_silent(
    lived: tuple[SignalBaseline, int],
) -> None:
    memory, first = lived
    machine = HealthMachine(PARAMS, memory)
    go_on(machine, first, 8 * 60, 0)
    assert machine.snapshot().watches["events"].episode is not None


def test_what_was_said_last_is_held_against_a_reader_that_remembers_nothing() -> None:
    now_ms = START_MS + 10 * MINUTE_MS
    rows = rows_at(START_MS + 9 * MINUTE_MS, 500)
    (fresh,) = HealthMachine(PARAMS).on_event(Minutes(WORKSPACE, SOURCE, rows, now_ms), now_ms)
    assert isinstance(fresh, Reading)
    assert fresh.status is Status.HEALTHY
    for last in (
        Reading(WORKSPACE, SOURCE, now_ms, 12.0, Status.UNHEALTHY, 500),
        Reading(WORKSPACE, SOURCE, now_ms, None, Status.UNKNOWN, 0),
    ):
        machine = HealthMachine(PARAMS)
        (told,) = machine.on_event(Minutes(WORKSPACE, SOURCE, rows, now_ms, last=last), now_ms)
        assert isinstance(told, Reading)
        assert (told.score, told.status) == (last.score, last.status)
        assert "only events lift it again" in told.reasons[0]
        more = rows_at(START_MS + 10 * MINUTE_MS, 500)
        found = machine.on_event(
            Minutes(WORKSPACE, SOURCE, more, now_ms + MINUTE_MS), now_ms + MINUTE_MS
        )
        assert [one.status for one in found if isinstance(one, Reading)] == [Status.HEALTHY]


@pytest.mark.parametrize("behind", [-20, 0, 20])
def test_a_reading_is_held_against_a_new_reader_if_it_knew_the_newest_event_whatever_its_clock_said(
    behind: int,
) -> None:
    at_ms, read_ms = START_MS + 30 * MINUTE_MS, START_MS + (30 + behind) * MINUTE_MS
    rows = rows_at(at_ms - MINUTE_MS, 500)
    newest = rows[0].updated_ms
    for knew, held_to in ((newest, True), (newest - 1, False)):
        components = (
            ComponentReading("freshness", 0.0, 0.2, {"last_accepted_ms": float(knew)}, 1, ""),
        )
        last = Reading(WORKSPACE, SOURCE, read_ms, 12.0, Status.UNHEALTHY, 500, components)
        (told,) = HealthMachine(PARAMS).on_event(
            Minutes(WORKSPACE, SOURCE, rows, at_ms, last=last), at_ms
        )
        assert isinstance(told, Reading)
        assert (told.score == 12.0) == held_to


@pytest.mark.parametrize(
    ("floor", "read", "given"),
    [
        ((None, Status.UNKNOWN), (90.0, Status.HEALTHY), (None, Status.UNKNOWN)),
        ((None, Status.UNKNOWN), (10.0, Status.UNHEALTHY), (10.0, Status.UNHEALTHY)),
        ((10.0, Status.UNHEALTHY), (30.0, Status.UNHEALTHY), (10.0, Status.UNHEALTHY)),
        ((10.0, Status.UNHEALTHY), (None, Status.UNKNOWN), (None, Status.UNKNOWN)),
        ((50.0, Status.DEGRADED), (90.0, Status.HEALTHY), (50.0, Status.DEGRADED)),
        ((90.0, Status.HEALTHY), (95.0, Status.HEALTHY), (90.0, Status.HEALTHY)),
        ((90.0, Status.HEALTHY), (80.0, Status.HEALTHY), (80.0, Status.HEALTHY)),
    ],
)
def test_a_silent_source_is_said_to_be_no_better_than_before(
    floor: tuple[float | None, Status],
    read: tuple[float | None, Status],
    given: tuple[float | None, Status],
) -> None:
    said = held(
        floored(None, Reading(WORKSPACE, SOURCE, 1, *floor, 90)),
        Reading(WORKSPACE, SOURCE, 2, *read, 90),
        PARAMS,
    )
    assert (said.score, said.status) == given


def test_a_memory_that_was_stored_before_silences_were_put_aside_is_read(
    lived: tuple[SignalBaseline, int],
) -> None:
    memory, _ = lived
    old = msgspec.to_builtins(memory, builtin_types=(bytes, bytearray))
    for name in ("awake", "floor"):
        del old[name]
    for name in ("silent_ms", "silent", "disputed", "doubted_ms", "gaps"):
        del old["rhythm"][name]
    old["rhythm"]["pause"] = 3.0
    assert learned_of(restore(msgspec.msgpack.encode(old))) == learned_of(memory)


def test_a_source_whose_last_event_lies_in_the_future_is_unknown(
    lived: tuple[SignalBaseline, int],
) -> None:
    memory, first = lived
    behind_ms = START_MS + first * MINUTE_MS - HOUR_MS
    said = HealthMachine(PARAMS, memory).on_event(
        Minutes(WORKSPACE, SOURCE, (), behind_ms), behind_ms
    )
    assert [one.status for one in said if isinstance(one, Reading)] == [Status.UNKNOWN]


def test_a_source_that_died_in_its_period_is_not_lifted_by_the_next_one() -> None:
    params = HealthParams(
        signals={SOURCE: SignalOverride(schedule=Schedule(start=time(9), end=time(12)))}
    )
    machine = HealthMachine(params)
    assert go_on(machine, 9 * 60, 60, 20)[-1].status is Status.HEALTHY
    said = go_on(machine, 10 * 60, 2 * DAY, 0)
    statuses = [RANK[one.status] for one in said]
    assert statuses == sorted(statuses, reverse=True)
    assert statuses[-1] == 0


def learn(
    rhythm: Seasonality, counts: Mapping[int, float], first: int, minutes: int, usual_count: float
) -> None:
    """Take in minutes, numbered from the start, in order."""
    for minute in range(first, first + minutes):
        step(
            rhythm,
            counts.get(minute, usual_count),
            START_MS + minute * MINUTE_MS,
            PARAMS.rhythm,
            PARAMS.sequential,
        )


def test_a_night_is_learned_at_its_end_and_not_while_it_lasts() -> None:
    rhythm = Seasonality()
    learn(rhythm, {}, 6 * 60, 16 * 60, 20)
    mean, visits = rhythm.mean, list(rhythm.visits)
    learn(rhythm, {}, 22 * 60, 8 * 60, 0)
    assert (rhythm.mean, rhythm.visits) == (mean, visits)
    learn(rhythm, {}, 30 * 60, 61, 20)
    assert rhythm.mean < mean
    assert (
        expected_between(rhythm, START_MS + 48 * HOUR_MS, START_MS + 52 * HOUR_MS, PARAMS.rhythm)
        < 0.1 * 4 * 60 * 20
    )


def test_a_suspected_silence_is_learned_once_it_has_come_at_the_same_time_on_other_days() -> None:
    rhythm, at_night = Seasonality(), START_MS + 27 * HOUR_MS
    learn(rhythm, {}, 0, DAY, 20)
    assert is_warm(rhythm, START_MS + DAY * MINUTE_MS, PARAMS.rhythm, PARAMS.sequential)
    found = []
    for day in range(1, 5):
        learn(rhythm, {}, day * DAY, 2 * 60, 20)
        learn(rhythm, {}, day * DAY + 2 * 60, 3 * 60, 0)
        learn(rhythm, {}, day * DAY + 5 * 60, 19 * 60, 20)
        found.append(
            min(
                expected_rate(rhythm, at_night + later * DAY * MINUTE_MS, PARAMS.rhythm)
                for later in range(7)
            )
        )
    assert found[0] == pytest.approx(20, rel=0.05)
    assert found[1] == pytest.approx(20, rel=0.05)
    assert found[2] < 16


def test_a_silence_in_which_events_turn_out_to_have_come_is_not_learned() -> None:
    machine = HealthMachine(PARAMS)
    go_on(machine, 0, 30, 20)
    mean = machine.snapshot().rhythm.mean
    go_on(machine, 30, 60, 0)
    late = tuple(
        msgspec.structs.replace(row, updated_ms=START_MS + 91 * MINUTE_MS)
        for row in rows_at(START_MS + 40 * MINUTE_MS, 20)
    )
    machine.on_event(
        Minutes(WORKSPACE, SOURCE, late, START_MS + 91 * MINUTE_MS), START_MS + 91 * MINUTE_MS
    )
    go_on(machine, 91, 10, 20)
    assert machine.snapshot().rhythm.mean == pytest.approx(mean)


def test_how_long_a_number_of_events_usually_takes() -> None:
    rhythm = Seasonality()
    assert lasts_ms(rhythm, START_MS, (1.0,), PARAMS.rhythm) == [8 * DAY * MINUTE_MS]
    learn(rhythm, {}, 0, DAY, 20)
    short, long = lasts_ms(rhythm, START_MS + DAY * MINUTE_MS, (20.0, 20.0 * 60 * 5), PARAMS.rhythm)
    assert short == pytest.approx(MINUTE_MS, rel=0.1)
    assert long == pytest.approx(5 * HOUR_MS, rel=0.1)
    for hours in (1, 7, 23):
        since = START_MS + DAY * MINUTE_MS + 17 * MINUTE_MS
        came = expected_between(rhythm, since, since + hours * HOUR_MS, PARAMS.rhythm)
        assert lasts_ms(rhythm, since, (came,), PARAMS.rhythm) == [
            pytest.approx(hours * HOUR_MS, rel=0.02)
        ]


@pytest.mark.parametrize(
    ("longest", "status"),
    [(timedelta(days=1), Status.DEGRADED), (timedelta(hours=2), Status.UNKNOWN)],
)
def test_a_source_that_was_silent_for_longest_silence_is_unknown_whatever_is_usual(
    longest: timedelta, status: Status
) -> None:
    machine = HealthMachine(HealthParams(longest_silence=longest))
    for hour in range(12):
        rows = rows_at(START_MS + hour * HOUR_MS, 100)
        machine.on_event(
            Minutes(WORKSPACE, SOURCE, rows, START_MS + hour * HOUR_MS + 65_500),
            START_MS + hour * HOUR_MS + 65_500,
        )
    assert [one.status for one in go_on(machine, 11 * 60 + 2, 121, 0)][-1] is status
    with pytest.raises(ValueError, match="longest_silence is at least dead_after"):
        HealthParams(longest_silence=timedelta(seconds=1))
