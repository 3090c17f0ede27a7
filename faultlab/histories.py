"""What is simulated: a long calm stretch per profile, and a history per fault from points of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np

from domain.gate import Verdict
from domain.instants import HOUR_MS, MINUTE_MS, MS
from faultlab.disturbance import Disturbance
from faultlab.engine import GateSample
from faultlab.faults import FAULTS, NORMAL
from faultlab.profiles import Deliveries, Profile
from faultlab.records import Records
from faultlab.scoring import Holds, Outcome, judge, score_holds
from faultlab.world import Frozen, Happening, Rules, World, begin


@dataclass(frozen=True)
class Pace:
    """How much is simulated, and how finely.

    Attributes:
        warm: how long a signal is watched before anything counts.
        calm: how long its calm traffic is scored after that; faults begin within it.
        settle: between the two, and after a fork, nothing counts for this long.
        coarse: span of a step where nothing happens.
        fine: span of a step from a fault's onset until it is found, or until `fine_for`; and in one
            calm hour of `fine_hours`.
        fine_for: see `fine`.
        fine_hours: see `fine`.
        spans_per_read: coarse spans per look while nothing counts.
        onsets: histories per fault, severity and profile.
        normal_for: longest stretch of a normal thing that is simulated.
        push_every: how often a push is proposed.
    """

    warm: timedelta = timedelta(days=19)
    calm: timedelta = timedelta(days=5)
    settle: timedelta = timedelta(minutes=10)
    coarse: timedelta = timedelta(minutes=1)
    fine: timedelta = timedelta(seconds=10)
    fine_for: timedelta = timedelta(minutes=15)
    fine_hours: int = 24
    spans_per_read: int = 30
    onsets: int = 1
    normal_for: timedelta = timedelta(days=1)
    push_every: timedelta = timedelta(minutes=10)


class Branch(NamedTuple):
    """One history to be simulated from a point of the calm stretch."""

    disturbance: Disturbance
    number: int
    frozen: Frozen


class HistoryResult(NamedTuple):
    """The result of one history.

    Attributes:
        profile: name.
        disturbance: name.
        severity: empty for calm and for normal things.
        number: of the history.
        outcome: of a fault.
        holds: of calm and of normal things.
        onset_ms: when it began.
        looks: thinned out for pictures; empty where none was asked for.
        events: how many were simulated.
    """

    profile: str
    disturbance: str
    severity: str
    number: int
    outcome: Outcome | None
    holds: Holds | None
    onset_ms: int
    looks: tuple[GateSample, ...]
    events: int


def applicable(
    profile: Profile | Deliveries, disturbances: Sequence[Disturbance]
) -> list[Disturbance]:
    """Those that can happen to a profile."""
    return [disturbance for disturbance in disturbances if disturbance.needs <= profile.offers]


def records_of(profile: Profile | Deliveries, rules: Rules) -> Records | None:
    """What makes a source's records; None for a platform."""
    return Records(profile, rules.identity, rules.profile) if isinstance(profile, Profile) else None


def onsets(profile: Profile | Deliveries, seed: int, pace: Pace) -> list[int]:
    """Instants of the calm stretch at which faults may begin.

    Drawn evenly, while the profile sends enough.

    Raises:
        ValueError: it never does.
    """
    start = begin(profile, seed).now_ms + pace.warm // MS
    minutes = range(start, start + pace.calm // MS - pace.settle // MS, 10 * MINUTE_MS)
    rhythm = profile.rhythm
    busiest = max(rhythm.expected(start + hour * HOUR_MS) for hour in range(7 * 24))
    fitting = [
        minute
        for minute in minutes
        # The whole of a short fault must lie within the time in which the profile sends.
        if all(
            rhythm.expected(minute + ahead * MINUTE_MS) >= profile.active * busiest
            for ahead in (0, 20, 40, 60)
        )
    ]
    if not fitting:
        raise ValueError(
            f"{profile.name} sends too little in the calm stretch for a fault to show: simulate"
            " more of it"
        )
    dice = np.random.default_rng([seed, 7, *profile.name.encode()])
    chosen = dice.choice(len(fitting), size=min(len(fitting), _POINTS), replace=False)
    return sorted(fitting[index] for index in chosen.tolist())


_POINTS: Final = 6
"""Points of the calm stretch from which histories fork."""


def calm_history(
    profile: Profile | Deliveries, rules: Rules, seed: int, pace: Pace
) -> tuple[HistoryResult, list[Frozen]]:
    """Simulate a profile's warm-up and its calm stretch.

    Args:
        profile: what sends.
        rules: settings of the real code.
        seed: draws everything.
        pace: how long, and how often to look.

    Returns:
        How the calm stretch was held, and the world at each of its `onsets`, less `Pace.settle`.
    """
    world = World(profile, rules, begin(profile, seed), records_of(profile, rules))
    start = world.now_ms + pace.warm // MS
    end = start + pace.calm // MS
    points = [onset - pace.settle // MS for onset in onsets(profile, seed, pace)]
    world.pass_by(min([start, *points]) - pace.settle // MS, pace.coarse, pace.spans_per_read)
    looks: list[GateSample] = []
    frozen = []
    for point in points:
        looks += _watched(world, point, pace)
        frozen.append(world.frozen())
    looks += _watched(world, end, pace)
    told = score_holds(looks, start + pace.settle // MS, end)
    return HistoryResult(profile.name, "calm", "", 0, None, told, start, (), world.events), frozen


def _watched(world: World, until_ms: int, pace: Pace) -> list[GateSample]:
    """Looks at calm traffic: coarse ones, and fine ones in one hour of so many."""
    looks: list[GateSample] = []
    while world.now_ms < until_ms:
        hour = world.now_ms // HOUR_MS
        until = min(until_ms, (hour + 1) * HOUR_MS)
        looks += world.looks(until, pace.fine if hour % pace.fine_hours == 0 else pace.coarse)
    return looks


def branches(
    profile: Profile | Deliveries, points: Sequence[Frozen], pace: Pace, pattern: str = ""
) -> list[Branch]:
    """The histories of a profile: each fault from points of its own, each normal thing from one.

    Args:
        profile: whom they happen to.
        points: worlds of its calm stretch.
        pace: how many.
        pattern: only disturbances whose name holds this; empty for all.
    """
    found = []
    for disturbance in applicable(profile, (*FAULTS, *NORMAL)):
        if pattern not in disturbance.name:
            continue
        first = crc32(f"{profile.name}:{disturbance.name}".encode())
        numbers = range(pace.onsets if disturbance.fault else 1)
        found += [
            Branch(disturbance, number, points[(first + number) % len(points)])
            for number in numbers
        ]
    return found


def history(
    profile: Profile | Deliveries,
    rules: Rules,
    records: Records | None,
    branch: Branch,
    seed: int,
    pace: Pace,
) -> HistoryResult:
    """Simulate one history, and score it.

    Args:
        profile: what sends.
        rules: settings of the real code.
        records: decoded records to stamp; None for deliveries.
        branch: the disturbance, and the world that it begins in.
        seed: draws everything.
        pace: how long, and how often to look.
    """
    disturbance, frozen = branch.disturbance, branch.frozen
    onset = frozen.now_ms + pace.settle // MS
    until = onset + disturbance.lasting // MS
    name = f"{profile.name}:{disturbance.name}:{disturbance.severity}:{branch.number}"
    chance = (seed, crc32(name.encode()))
    happening = Happening(disturbance, onset, chance)
    world = World(profile, rules, frozen, records, happening)
    looks = list(world.looks(onset, pace.coarse))
    if not disturbance.fault:
        until = min(until, onset + pace.normal_for // MS)
        looks += world.looks(until, pace.coarse)
        return HistoryResult(
            profile.name,
            disturbance.name,
            "",
            branch.number,
            None,
            score_holds(looks, onset, until),
            onset,
            (),
            world.events,
        )
    fine_until = min(until, onset + pace.fine_for // MS)
    looks += _until_found(world, fine_until, pace)
    looks += world.looks(until, pace.coarse)
    phase = pace.push_every * float(np.random.default_rng(chance).random())
    outcome = judge(looks, onset, until, pace.push_every, phase)
    return HistoryResult(
        profile.name, disturbance.name, disturbance.severity, branch.number, outcome, None, onset,
        tuple(looks), world.events
    )  # fmt: skip


def _until_found(world: World, until_ms: int, pace: Pace) -> Iterator[GateSample]:
    """Fine looks, the last one the first at which the gate does not let a push pass."""
    for look in world.looks(until_ms, pace.fine):
        yield look
        if look.verdict is not Verdict.PASS:
            return


def days(pace: Pace) -> float:
    """Simulated days of one profile before anything forks."""
    return (pace.warm + pace.calm) / timedelta(days=1)
