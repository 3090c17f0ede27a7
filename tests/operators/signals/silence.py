"""Random lives of a source – young, bursty, nightly, sparse, dying at any moment, reviving – and
the law that silence never heals.

    python -m tests.operators.signals.silence 100000 [first seed]

plays so many lives and prints every one that breaks the law. Counters lie in a small stand-in for
PostgreSQL; the reader pauses, reads rows out of order and late, starts again from what was stored,
or from nothing; its clock jumps. All of it follows from the seed.
"""

import math
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from domain.ids import WorkspaceId
from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from domain.signals.reading import Checkpoint, Minutes, Observed, Reading, Status
from operators.signals.machine import HealthMachine
from operators.signals.params import HealthParams

PARAMS: Final = HealthParams()
WORKSPACE: Final = WorkspaceId(1)
SOURCE: Final = "source:1"
START_MS: Final = 1_790_000_000_000 // 86_400_000 * 86_400_000
RANK: Final = {Status.HEALTHY: 2, Status.DEGRADED: 1, Status.UNHEALTHY: 0, Status.UNKNOWN: 0}
"""How far each lets a push go; the last two let none."""
_KEPT_MS: Final = 25 * HOUR_MS

Rate = Callable[[int, random.Random], int]
"""(minute since the start, chance) → events that come in it."""


class Broken(NamedTuple):
    """One breach of the law."""

    at_ms: int
    silent_s: float
    what: str


@dataclass
class Life:
    """One source, its counters and its reader, on one clock.

    Attributes:
        now_ms: true time; the reader's clock is `skew_ms` off.
        totals: (minute, writer, metric) → (total, when it was added to last).
        pending: what came and is not processed yet: (when it will be, minute, events).
        changed: counters that were added to since the last look.
        overlap: those that were between the last two, which are read again.
        shown_ms: when an event was counted last that the reader has been shown; 0 for never.
        gap_ms: longest that nothing came between two events.
        events: how many came.
    """

    now_ms: int = START_MS
    skew_ms: int = 0
    lag_ms: int = 0
    machine: HealthMachine = field(default_factory=lambda: HealthMachine(PARAMS))
    stored: bytes = b""
    totals: dict[tuple[int, int, str], tuple[float, int]] = field(default_factory=dict)
    pending: list[tuple[int, int, int]] = field(default_factory=list)
    changed: list[tuple[int, int, str]] = field(default_factory=list)
    overlap: list[tuple[int, int, str]] = field(default_factory=list)
    shown_ms: int = 0
    came_ms: int = 0
    gap_ms: int = 0
    events: int = 0
    news: bool = False
    newest: Reading | None = None
    floor: tuple[float, int] = (101.0, 2)
    broken: list[Broken] = field(default_factory=list)

    def fork(self) -> "Life":
        """Another life that goes on from here."""
        other = copy(self)
        other.machine = HealthMachine(PARAMS, self.machine.snapshot())
        other.totals, other.pending, other.broken = self.totals.copy(), self.pending.copy(), []
        other.changed, other.overlap = self.changed.copy(), self.overlap.copy()
        return other

    def come(self, minute_ms: int, events: int, rng: random.Random) -> None:
        """Events arrive in a minute; they are counted at once, or later."""
        if events:
            if self.came_ms:
                self.gap_ms = max(self.gap_ms, minute_ms - self.came_ms)
            self.came_ms = minute_ms
            self.events += events
            late = rng.randrange(self.lag_ms) if self.lag_ms else 0
            self.pending.append((minute_ms + rng.randrange(MINUTE_MS) + late, minute_ms, events))

    def _count(self, rng: random.Random) -> None:
        due = [one for one in self.pending if one[0] <= self.now_ms]
        self.pending = [one for one in self.pending if one[0] > self.now_ms]
        for at_ms, minute_ms, events in due:
            shard = rng.randrange(2)
            for metric, value in (
                ("accepted", events),
                ("with:email", events // 2),
                ("lag:0", events),
            ):
                if value:
                    before, _ = self.totals.get((minute_ms, shard, metric), (0.0, 0))
                    self.totals[minute_ms, shard, metric] = before + value, at_ms
                    self.changed.append((minute_ms, shard, metric))
            self.news, self.shown_ms = True, max(self.shown_ms, at_ms)

    def _rows(self, keys: Iterable[tuple[int, int, str]]) -> list[Observed]:
        return [
            Observed(*key, *self.totals[key]) for key in keys if key[0] >= self.now_ms - _KEPT_MS
        ]

    def look(self, rng: random.Random) -> None:
        """The reader looks; what it says is held against the law."""
        self._count(rng)
        rows = self._rows({*self.overlap, *self.changed})
        self.overlap, self.changed = self.changed, []
        self._see(rows, rng)

    def _see(
        self,
        rows: list[Observed],
        rng: random.Random,
        memory: bytes = b"",
        last: Reading | None = None,
    ) -> None:
        rng.shuffle(rows)
        now_ms = self.now_ms + self.skew_ms
        if self.news:
            self.floor, self.news = (101.0, 2), False
        for one in self.machine.on_event(
            Minutes(WORKSPACE, SOURCE, tuple(rows), now_ms, memory, last), now_ms
        ):
            if isinstance(one, Checkpoint):
                self.stored = one.memory
            elif isinstance(one, Reading):
                self._hold(one)

    def _hold(self, reading: Reading) -> None:
        score, rank = self.floor
        self.newest = reading
        if RANK[reading.status] > rank:
            self._breach(f"{reading.status.value} ({reading.score}) after rank {rank}")
        if reading.score is not None and reading.score > score + 1e-9:
            self._breach(f"{reading.score:.2f} after {score:.2f}")
        self.floor = (
            min(score, 101.0 if reading.score is None else reading.score),
            min(rank, RANK[reading.status]),
        )

    def _breach(self, what: str) -> None:
        self.broken.append(Broken(self.now_ms, (self.now_ms - self.shown_ms) / 1000, what))

    def restart(self, rng: random.Random) -> None:
        """The reader starts again: from a snapshot, from what was stored and the counters since, or
        from the counters alone."""
        self._count(rng)
        how = rng.choice((0, 0, 1, 2, 2, 2))
        if how == 0:
            self.machine = HealthMachine(PARAMS, self.machine.snapshot())
            return self.look(rng)
        self.machine = HealthMachine(PARAMS)
        self.overlap, self.changed = self.changed, []
        return self._see(
            self._rows(self.totals), rng, b"" if how == 1 else self.stored, self.newest
        )

    def bound_ms(self, per_minute: float) -> int:
        """When at the latest a silent source is unhealthy or unknown: told from what came, not from
        what was learned.

        The fewer events came, the further off may be whatever rate can be told from them: by three
        standard deviations at most.
        """
        events_ms = (
            45 * (1 + 3 / max(self.events, 1) ** 0.5) / per_minute * MINUTE_MS if per_minute else 0
        )
        return (
            self.shown_ms
            + self.lag_ms
            + min(26 * HOUR_MS, int(max(15 * MINUTE_MS, 8 * self.gap_ms, events_ms)))
        )


def poisson(mean: float, rng: random.Random) -> int:
    """A count of that mean."""
    if mean > 30:
        return max(0, round(rng.gauss(mean, mean**0.5)))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def _burst_once(rng: random.Random) -> tuple[Rate, float]:
    size = rng.choice((31, 120, 1_000))
    begun: list[int] = []

    def rate(minute: int, _rng: random.Random) -> int:
        begun.append(minute)
        return size if minute == begun[0] else 0

    return rate, float(size)


def _steady(rng: random.Random) -> tuple[Rate, float]:
    mean = math.exp(rng.uniform(math.log(2), math.log(400)))
    return lambda _minute, own: poisson(mean, own), mean


def _sparse(rng: random.Random) -> tuple[Rate, float]:
    mean = math.exp(rng.uniform(math.log(0.05), math.log(2)))
    return lambda _minute, own: poisson(mean, own), mean


def _bursts(rng: random.Random) -> tuple[Rate, float]:
    size, every, off = rng.choice((20, 50, 100, 400)), rng.choice((5, 15, 30, 60)), rng.randrange(5)
    return (
        lambda minute, own: poisson(size, own) if (minute + off) % every == 0 else 0,
        size / every,
    )


def _nightly(rng: random.Random) -> tuple[Rate, float]:
    mean = math.exp(rng.uniform(0, math.log(100)))
    begin = rng.randrange(24)
    long = rng.randrange(3, 20)
    return lambda minute, own: poisson(mean, own) if (minute // 60 - begin) % 24 < long else 0, mean


KINDS: Final = (_burst_once, _steady, _sparse, _bursts, _nightly)


def live(life: Life, rate: Rate, minutes: int, pause_ms: int, rng: random.Random) -> None:
    """Traffic comes for so many minutes; the reader looks every now and then."""
    until = life.now_ms + minutes * MINUTE_MS
    minute_ms = life.now_ms - life.now_ms % MINUTE_MS
    while life.now_ms < until:
        step = rng.randrange(1_000, max(2_000, 2 * pause_ms))
        life.now_ms = min(until, life.now_ms + step)
        while minute_ms + MINUTE_MS <= life.now_ms:
            life.come(minute_ms, rate((minute_ms - START_MS) // MINUTE_MS, rng), rng)
            minute_ms += MINUTE_MS
        if rng.random() < 0.005:
            life.restart(rng)
        else:
            life.look(rng)


def die(life: Life, per_minute: float, minutes: float, rng: random.Random, looks: int = 40) -> None:
    """Nothing comes for so many minutes.

    The reader looks ever less often, starts again, and its clock jumps.
    """
    silent_ms = 5_000.0
    since, jumps = life.now_ms, rng.random() < 0.2
    factor = (minutes * MINUTE_MS / silent_ms) ** (1 / looks)
    for _ in range(looks):
        silent_ms *= factor
        life.now_ms = since + int(silent_ms * rng.uniform(0.95, 1.0))
        if jumps and rng.random() < 0.1:
            life.skew_ms = rng.choice((0, -30_000, 30_000, -20 * MINUTE_MS, 20 * MINUTE_MS))
        if rng.random() < 0.06:
            life.restart(rng)
        else:
            life.look(rng)
        settled = not life.pending and not life.skew_ms
        if (
            settled
            and life.now_ms > life.bound_ms(per_minute)
            and life.newest is not None
            and RANK[life.newest.status]
        ):
            life._breach(f"{life.newest.status.value} past its bound")
    life.skew_ms = 0


@cache
def _old() -> tuple[tuple[Life, Rate, float], ...]:
    """Sources that were watched for days."""
    found = []
    kinds = (
        (_steady, 1),
        (_steady, 2),
        (_sparse, 3),
        (_bursts, 1),
        (_bursts, 2),
        (_nightly, 2),
        (_nightly, 4),
    )
    for number, (kind, days) in enumerate(kinds):
        rng = random.Random(number)
        rate, per_minute = kind(rng)
        life = Life(now_ms=START_MS + number * 7 * HOUR_MS)
        live(life, rate, days * 1440, 30 * MINUTE_MS, rng)
        life.totals = {
            key: value for key, value in life.totals.items() if key[0] >= life.now_ms - _KEPT_MS
        }
        found.append((life, rate, per_minute))
    return tuple(found)


def play(seed: int) -> list[Broken]:
    """One life; what broke the law in it."""
    rng = random.Random(seed)
    if rng.random() < 0.3:
        life, rate, per_minute = rng.choice(_old())
        life = life.fork()
    else:
        life = Life(
            now_ms=START_MS + rng.randrange(7 * DAY_MS),
            lag_ms=rng.choice((0, 0, 0, 30_000, 20 * MINUTE_MS)),
        )
        rate, per_minute = rng.choice(KINDS)(rng)
    pause_ms = rng.choice((20_000, 60_000, 5 * MINUTE_MS, 30 * MINUTE_MS))
    longest = {20_000: 8, 60_000: 25, 5 * MINUTE_MS: 100}.get(pause_ms, 240)
    for _ in range(rng.choice((1, 1, 2))):
        live(life, rate, int(math.exp(rng.uniform(0, math.log(longest)))), pause_ms, rng)
        longest_silence = rng.choices((60, 200, 3_000), (60, 37, 3))[0]
        die(
            life,
            per_minute,
            math.exp(rng.uniform(math.log(5), math.log(longest_silence))),
            rng,
            looks=12,
        )
        if rng.random() < 0.3:
            rate, other = rng.choice(KINDS)(rng)
            per_minute = min(per_minute, other)
    return life.broken


def breaches(seeds: range) -> Iterator[tuple[int, Broken]]:
    """Every breach of the law in these lives."""
    for seed in seeds:
        yield from ((seed, one) for one in play(seed))


if __name__ == "__main__":
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    lives: set[int] = set()
    for seed, broken in breaches(range(first, first + count)):
        if seed not in lives and len(lives) < 20:
            print(f"seed {seed}: {broken.what}, silent for {broken.silent_s:.0f} s", flush=True)
        lives.add(seed)
    print(f"{count} lives, {len(lives)} broke the law")
    sys.exit(bool(lives))
