"""Counts of audiences by verdict: as often as they are cheap, seldom where they are not."""

import asyncio
from typing import Any

import pytest

from api.gate.schemas import AudienceVerdicts
from api.gate.verdicts import VerdictCounts
from api.web.concurrency import ConcurrencyLimit
from api.web.values import now
from operators.gate.params import GateParams


class Judging:
    """Transactions that take as long as they are told, on a clock of their own."""

    def __init__(self, takes_s: float) -> None:
        self.takes_s = takes_s
        self.clock_s = 0.0
        self.count = 0

    async def run(self, _work: Any) -> AudienceVerdicts:
        self.clock_s += self.takes_s
        self.count += 1
        return AudienceVerdicts(as_of=now(), passing=self.count, held=0, blocked=0, exact=True)


@pytest.mark.parametrize(
    ("takes_s", "pauses_s", "counted"),
    [
        (0.02, (0.0, 0.0, 0.0), 4),
        (2.0, (0.0, 19.0, 0.5), 1),
        (2.0, (21.0, 0.0, 21.0), 3),
        (60.0, (29.0, 2.0), 2),
    ],
)
def test_a_count_that_takes_long_stands_for_ten_times_as_long(
    takes_s: float, pauses_s: tuple[float, ...], counted: int
) -> None:
    judging = Judging(takes_s)
    counts = VerdictCounts(
        judging,  # type: ignore[arg-type]
        GateParams(),
        ConcurrencyLimit("counts", 1),
        clock=lambda: judging.clock_s,
    )

    async def ask() -> int:
        last = (await counts.read(1)).passing
        for pause_s in pauses_s:
            judging.clock_s += pause_s
            last = (await counts.read(1)).passing
        return last

    assert asyncio.run(ask()) == counted


def test_a_count_of_one_workspace_is_not_another_s() -> None:
    judging = Judging(2.0)
    counts = VerdictCounts(
        judging,  # type: ignore[arg-type]
        GateParams(),
        ConcurrencyLimit("counts", 1),
        clock=lambda: judging.clock_s,
    )

    async def ask() -> list[int]:
        return [(await counts.read(workspace)).passing for workspace in (1, 2, 1)]

    assert asyncio.run(ask()) == [1, 2, 1]


def test_what_somebody_tells_the_gate_is_counted_at_once() -> None:
    judging = Judging(2.0)
    counts = VerdictCounts(
        judging,  # type: ignore[arg-type]
        GateParams(),
        ConcurrencyLimit("counts", 1),
        clock=lambda: judging.clock_s,
    )

    async def ask() -> list[int]:
        first = (await counts.read(1)).passing
        counts.forget(1)
        return [first, (await counts.read(1)).passing, (await counts.read(1)).passing]

    assert asyncio.run(ask()) == [1, 2, 2]
