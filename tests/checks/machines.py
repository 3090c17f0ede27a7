"""Machines under test: how each is built, and an event stream that makes it do something."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from domain.ids import WorkspaceId
from domain.reading import Minutes, Observed
from operators.health import HealthMachine
from operators.health_params import HealthParams
from operators.window import MINUTE_MS

START_MS = 1_790_000_040_000


@dataclass(frozen=True)
class Subject:
    """One machine.

    Attributes:
        build: from a snapshot, or anew.
        events: seeded (event, instant) pairs in time order.
        size_limit: packed size that a snapshot never exceeds.
    """

    name: str
    build: Callable[[Any], Any]
    events: Callable[[int], list[tuple[Any, int]]]
    size_limit: int


def _minutes(seed: int) -> list[tuple[Minutes, int]]:
    rng, found, totals = random.Random(seed), [], dict[tuple[int, str], float]()
    now = START_MS
    for _ in range(200):
        now += rng.choice((500, 1_000, 5_000, 61_000))
        rows = []
        for _ in range(rng.randrange(3)):
            minute, metric = now - now % MINUTE_MS, rng.choice(("accepted", "rejected:malformed_json"))
            totals[minute, metric] = totals.get((minute, metric), 0.0) + rng.randrange(200)
            rows.append(Observed(minute, 0, metric, totals[minute, metric], now))
        found.append((Minutes(WorkspaceId(1), "source:1", tuple(rows), now), now))
    return found


SUBJECTS = (Subject("health", lambda state: HealthMachine(HealthParams(), state), _minutes, 20_000),)
