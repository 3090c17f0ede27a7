"""Silence never heals: while no event of a source comes, its readings only get worse, and within a bound of its own rhythm none passes."""

from collections.abc import Callable

import pytest

from domain.reading import Minutes, Observed, Reading, Status
from operators.watch import HealthMachine
from operators.window import MINUTE_MS
from tests.operators.silence import PARAMS, RANK, SOURCE, START_MS, WORKSPACE, breaches

DAY: int = 1440


def silent_after(counts: Callable[[int], int], minutes: int, begin: int = 9 * 60) -> list[tuple[float, Reading]]:
    """What the machine says for six hours after the last event: (minutes of silence, reading)."""
    machine, last_ms, said = HealthMachine(PARAMS), 0, list[tuple[float, Reading]]()
    start = START_MS + begin * MINUTE_MS
    for minute in range(minutes + 6 * 60):
        at_ms, events = start + minute * MINUTE_MS, counts(minute) if minute < minutes else 0
        rows: tuple[Observed, ...] = ()
        if events:
            last_ms = at_ms + 59_000
            rows = (Observed(at_ms, 0, "accepted", float(events), last_ms),)
        for now_ms in (at_ms + MINUTE_MS, at_ms + MINUTE_MS + 20_000, at_ms + MINUTE_MS + 40_000):
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
        pytest.param(lambda minute: 0 if minute % 15 else 50, 61, 15, id="50 every 15 minutes for an hour"),
        pytest.param(lambda minute: 0 if minute % 30 else 100, 2 * DAY + 1, 90, id="100 every 30 minutes for two days"),
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


def test_over_random_lives_silence_never_heals() -> None:
    assert list(breaches(range(2_000))) == []
