"""Runs the corpus: every profile's calm stretch, then every history, over processes.

It then combines the scores. The seed decides all; how the work is spread changes nothing, because
each history draws its random numbers from the seed and its own name.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from typing import Any, Final

from faultlab.faults import FAULTS, NORMAL
from faultlab.histories import (
    Branch,
    HistoryResult,
    Pace,
    branches,
    calm_history,
    history,
    records_of,
)
from faultlab.profiles import CONVERSIONS, CRM, META, PROFILES, WEB_SHOP, Deliveries, Profile
from faultlab.scoring import Holds, Score, added, together
from faultlab.world import Frozen, Rules

JUDGEMENT: Final = (20_260_302,)
"""The seed that counts; nothing is tuned on it."""
QUICK: Final = Pace(warm=timedelta(days=7), calm=timedelta(days=1), normal_for=timedelta(hours=6))
"""For a first look."""
QUICK_SEVERITIES: Final = ("", "medium", "high")
QUICK_PROFILES: Final = (WEB_SHOP, CRM, CONVERSIONS, META)
"""For a first look."""
_CHUNK: Final = 6
"""Histories that one process simulates at a time."""

Progress = Callable[[str, int, int], None]
"""Reports progress: what was finished, histories done, histories in all."""


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        seeds: each is a corpus of its own.
        profiles: who sends.
        pace: how much, and how finely.
        wanted: only faults and normal things whose name holds this; empty for all.
        severities: only these; empty for all.
    """

    seeds: tuple[int, ...] = JUDGEMENT
    profiles: tuple[Profile | Deliveries, ...] = PROFILES
    pace: Pace = field(default_factory=Pace)
    wanted: str = ""
    severities: tuple[str, ...] = ()

    def chosen(self, profile: Profile | Deliveries, points: Sequence[Frozen]) -> list[Branch]:
        """The histories of a profile."""
        every = branches(profile, points, self.pace, self.wanted)
        return [
            branch
            for branch in every
            if not self.severities or branch.disturbance.severity in self.severities
        ]


def run(plan: Plan, rules: Rules, jobs: int, progress: Progress) -> list[HistoryResult]:
    """Simulate a plan.

    Args:
        plan: what.
        rules: the configuration that is tried.
        jobs: processes; 1 for this one alone.
        progress: told after each step.

    Returns:
        The result of each history, ordered by profile, name, severity and number.
    """
    told = _here(plan, rules, progress) if jobs == 1 else _spread(plan, rules, jobs, progress)
    places = {
        name: place
        for place, name in enumerate(["calm", *(one.name for one in (*FAULTS, *NORMAL))])
    }
    profiles = {profile.name: place for place, profile in enumerate(plan.profiles)}
    grades = ("", "low", "medium", "high")
    return sorted(
        told,
        key=lambda one: (
            profiles[one.profile],
            places[one.disturbance],
            grades.index(one.severity),
            one.number,
            one.onset_ms,
        ),
    )


def _here(plan: Plan, rules: Rules, progress: Progress) -> list[HistoryResult]:
    found: list[HistoryResult] = []
    total = 0
    for seed in plan.seeds:
        for profile in plan.profiles:
            told, points = calm_history(profile, rules, seed, plan.pace)
            chosen = plan.chosen(profile, points)
            total += 1 + len(chosen)
            found += [told, *_histories(profile, rules, chosen, seed, plan.pace)]
            progress(profile.name, len(found), total)
    return found


def _histories(
    profile: Profile | Deliveries, rules: Rules, chosen: Sequence[Branch], seed: int, pace: Pace
) -> list[HistoryResult]:
    records = records_of(profile, rules)
    return [history(profile, rules, records, branch, seed, pace) for branch in chosen]


def _spread(plan: Plan, rules: Rules, jobs: int, progress: Progress) -> list[HistoryResult]:
    found: list[HistoryResult] = []
    total = 0
    # Forked children would inherit the threads of whatever runs here.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        stretches: dict[Future[Any], tuple[Profile | Deliveries, int]] = {
            pool.submit(calm_history, profile, rules, seed, plan.pace): (profile, seed)
            for seed in plan.seeds
            for profile in plan.profiles
        }
        histories: dict[Future[Any], str] = {}
        while stretches or histories:
            done, _ = wait([*stretches, *histories], return_when=FIRST_COMPLETED)
            for future in done:
                if future in stretches:
                    profile, seed = stretches.pop(future)
                    told, points = future.result()
                    found.append(told)
                    chosen = plan.chosen(profile, points)
                    total += 1 + len(chosen)
                    for first in range(0, len(chosen), _CHUNK):
                        part = chosen[first : first + _CHUNK]
                        histories[
                            pool.submit(_histories, profile, rules, part, seed, plan.pace)
                        ] = profile.name
                    progress(f"{profile.name}, calm", len(found), total)
                else:
                    found += future.result()
                    progress(histories.pop(future), len(found), total)
    return found


def score(
    results: Iterable[HistoryResult], name: str = "", severities: Sequence[str] = ()
) -> Score:
    """The score of all faults, or of those of a name or of some severities."""
    return together(
        [
            one.outcome
            for one in results
            if one.outcome is not None
            and name in ("", one.disturbance)
            and (not severities or one.severity in severities)
        ]
    )


def normal(results: Iterable[HistoryResult], profile: str = "", name: str = "") -> Holds:
    """How normal traffic was held: all of it, or one profile's, or one normal thing's."""
    return added(
        [
            one.holds
            for one in results
            if one.holds is not None
            and profile in ("", one.profile)
            and name in ("", one.disturbance)
        ]
    )
