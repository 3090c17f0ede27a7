"""Machines under test: how each is built, and event streams that make it do something."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec

from domain.gate import Action, Decision, ProposedAction
from domain.ids import WorkspaceId
from domain.instants import MINUTE_MS
from domain.signals.reading import Minutes, Observed, Reading, Status
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.episodes import EpisodeParams
from operators.detection.metric_watch import MetricWatch, Point
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams
from operators.gate.readings import decide
from operators.signals.machine import HealthMachine
from operators.signals.params import HealthParams

START_MS = 1_790_000_040_000
WORKSPACE = WorkspaceId(1)
SIGNALS = ("source:1", "source:2")


@dataclass(frozen=True)
class Subject:
    """One machine.

    Attributes:
        build: from a snapshot, or from nothing.
        events: seeded (event, instant) pairs in time order.
        disordered: the same facts, in another order within the lateness that the machine allows
            for.
        settled: what every order leads to in the end, from a snapshot.
        size_limit: packed size that a snapshot never exceeds.
    """

    name: str
    build: Callable[[Any], Any]
    events: Callable[[int], list[tuple[Any, int]]]
    disordered: Callable[[int], list[tuple[Any, int]]]
    settled: Callable[[Any], Any]
    size_limit: int


def minutes(seed: int) -> list[tuple[Minutes, int]]:
    rng, found, totals = random.Random(seed), [], dict[tuple[int, str], float]()
    now = START_MS
    for _ in range(200):
        now += rng.choice((500, 1_000, 5_000, 61_000))
        rows = []
        for _ in range(rng.randrange(3)):
            minute = now - now % MINUTE_MS
            metric = rng.choice(("accepted", "rejected:malformed_json"))
            totals[minute, metric] = totals.get((minute, metric), 0.0) + rng.randrange(200)
            rows.append(Observed(minute, 0, metric, totals[minute, metric], now))
        found.append((Minutes(WORKSPACE, SIGNALS[0], tuple(rows), now), now))
    return found


def late_minutes(seed: int) -> list[tuple[Minutes, int]]:
    """The same counters, some of them several looks later, before their minute is settled."""
    rng, events = random.Random(seed), minutes(seed)
    rows: list[list[Observed]] = [[] for _ in events]
    for place, (event, now_ms) in enumerate(events):
        soon = [
            later
            for later in range(place, min(place + 5, len(events)))
            if events[later][1] - now_ms < 2 * MINUTE_MS
        ]
        for row in event.rows:
            rows[rng.choice(soon)].append(row)
    for late in rows:
        rng.shuffle(late)
    return [
        (msgspec.structs.replace(event, rows=tuple(late)), now_ms)
        for (event, now_ms), late in zip(events, rows, strict=True)
    ]


class Look(NamedTuple):
    """What the gate is told at one look: what was read since the last one, and the newest of each
    signal."""

    readings: tuple[Reading, ...]
    newest: dict[str, Reading]


class GateMachine:
    """The gate as a machine.

    Its state lies in Postgres, beside its decisions, so no dataflow needs it in this shape.
    """

    def __init__(self, params: GateParams, state: GateState | None = None) -> None:
        self._params = params
        self._state = state or GateState()

    def on_event(self, look: Look, now_ms: int) -> list[Decision]:
        self._state = observe(self._state, look.readings, now_ms, self._params)
        proposed = ProposedAction(WORKSPACE, "meta:1", 1, Action.PUSH, SIGNALS)
        return [decide(self._state, proposed, look.newest, now_ms, self._params)]

    def deadline(self) -> int | None:
        return None

    def snapshot(self) -> GateState:
        return msgspec.json.decode(msgspec.json.encode(self._state), type=GateState)


def looks(seed: int) -> list[tuple[Look, int]]:
    rng, found, newest, number, now = random.Random(seed), [], dict[str, Reading](), 0, START_MS
    for _ in range(200):
        now += rng.choice((500, 1_000, 1_000, 5_000, 5_000, 5_000, 5_000, 30_000, 130_000, -20_000))
        readings = []
        for _ in range(rng.randrange(4)):
            number += 1
            score = rng.choice((None, 30.0, 60.0, *(70.0, 90.0) * 10))
            names = {None: Status.UNKNOWN, 30.0: Status.UNHEALTHY, 60.0: Status.DEGRADED}
            status = names.get(score, Status.HEALTHY)
            readings.append(
                Reading(
                    WORKSPACE,
                    rng.choice(SIGNALS),
                    now - rng.randrange(1_000),
                    score,
                    status,
                    100,
                    id=number,
                )
            )
        newest.update((reading.signal, reading) for reading in readings)
        found.append((Look(tuple(readings), dict(newest)), now))
    return found


def shuffled_looks(seed: int) -> list[tuple[Look, int]]:
    """The same readings, those of one look in another order."""
    rng, events = random.Random(seed), looks(seed)
    return [
        (look._replace(readings=tuple(rng.sample(look.readings, len(look.readings)))), now_ms)
        for look, now_ms in events
    ]


def points(seed: int) -> list[tuple[Point, int]]:
    """A metric that is learnt, fails twice, and pauses."""
    rng, found, now = random.Random(seed), [], START_MS
    for place in range(200):
        now += MINUTE_MS * (90 if place == 155 else rng.choice((1, 1, 1, 1, 2)))
        value = rng.gauss(100.0, 5.0) * (0.0 if 100 <= place < 110 or 150 <= place < 158 else 1.0)
        found.append((Point(now, value), now))
    return found


def points_again(seed: int) -> list[tuple[Point, int]]:
    """The same points in order, which is all that is allowed for.

    What comes late or again is refused.
    """
    rng, found = random.Random(seed), list[tuple[Point, int]]()
    for point, now_ms in points(seed):
        found.append((point, now_ms))
        late, _ = rng.choice(found)
        found.append((late, now_ms))
    return found


def metric_watch(state: Any) -> MetricWatch:
    return MetricWatch(
        AnomalyParams(warm_up=timedelta(0), warm_up_points=60), EpisodeParams(), state
    )


SUBJECTS = (
    Subject("metric", metric_watch, points, points_again, lambda state: state, size_limit=5_000),
    Subject(
        "health",
        lambda state: HealthMachine(HealthParams(), state),
        minutes,
        late_minutes,
        lambda state: state.window,
        size_limit=60_000,
    ),
    Subject(
        "gate",
        lambda state: GateMachine(GateParams(), state),
        looks,
        shuffled_looks,
        lambda state: state,
        size_limit=1_000,
    ),
)
