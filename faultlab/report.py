"""The scores as rows, as sentences and as JSON. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from domain.instants import DAY_MS
from faultlab.corpus import normal, score
from faultlab.faults import FAULTS, NORMAL
from faultlab.histories import HistoryResult
from faultlab.profiles import PROFILES
from faultlab.scoring import Holds, Result, Score

GRAVE: Final = ("medium", "high")
"""Severities at which faults must be found."""


class FaultRow(NamedTuple):
    """One fault at one severity over all profiles.

    `missed_at` names those where it was not found.
    """

    name: str
    severity: str
    score: Score
    missed_at: tuple[str, ...]


class NormalRow(NamedTuple):
    """Calm traffic of one profile, or one normal thing over all profiles.

    `reasons` are the commonest for holding.
    """

    name: str
    held: Holds
    reasons: tuple[tuple[str, int], ...]


def fault_rows(results: Sequence[HistoryResult]) -> list[FaultRow]:
    """One row per fault and severity, in the order of the corpus."""
    rows = []
    for fault in FAULTS:
        mine = [
            one
            for one in results
            if (one.disturbance, one.severity) == (fault.name, fault.severity)
        ]
        if mine:
            where = tuple(
                one.profile
                for one in mine
                if one.outcome is not None and one.outcome.result is not Result.FOUND
            )
            rows.append(FaultRow(fault.name, fault.severity, score(mine), where))
    return rows


def normal_rows(results: Sequence[HistoryResult]) -> list[NormalRow]:
    """One row per profile's calm traffic, then one per normal thing."""
    rows = []
    for name in (profile.name for profile in PROFILES):
        mine = [one for one in results if one.disturbance == "calm" and one.profile == name]
        rows += [_normal_row(f"calm: {name}", mine)] if mine else []
    for name in (thing.name for thing in NORMAL):
        mine = [one for one in results if one.disturbance == name]
        rows += [_normal_row(name, mine)] if mine else []
    return rows


def _normal_row(name: str, results: Sequence[HistoryResult]) -> NormalRow:
    held = normal(results)
    return NormalRow(
        name, held, tuple(Counter(kind_of(reason) for reason in held.reasons).most_common(2))
    )


def kind_of(reason: str) -> str:
    """A gate's reason without its figures, so that alike ones count together.

    >>> kind_of("source:1 is degraded (57): volume: 48% of the usual volume")
    'degraded: volume'
    """
    head, _, rest = reason.partition(": ")
    what = " ".join(word for word in head.rpartition(" is ")[2].split() if not word.startswith("("))
    part = rest.partition(":")[0]
    return f"{what}: {part}" if rest and not any(letter.isdigit() for letter in part) else what


def summary(results: Sequence[HistoryResult]) -> dict[str, float | int | None]:
    """The figures that are aimed at."""
    grave, every, calm = score(results, severities=GRAVE), score(results), normal(results)
    delays = {
        "outage": score(results, "outage"),
        "half_lost": score(results, "partial loss", ("medium",)),
        "dropout": score(results, "identifier dropout", GRAVE),
    }
    return {
        "faults": every.faults,
        "recall": every.recall,
        "recall_medium_and_high": grave.recall,
        "blind": every.blind,
        **{f"{name}_median_s": part.delay_s for name, part in delays.items()},
        **{f"{name}_worst_s": part.worst_s for name, part in delays.items()},
        "pushes_before_detection": every.let_before,
        "pushes_after_detection": every.let_after,
        "false_holds_per_signal_month": calm.per_month,
        "held_share_of_normal_traffic": calm.share,
        "normal_signal_months": calm.watched_ms / (30 * DAY_MS),
        "events": sum(one.events for one in results),
    }


def missed(results: Sequence[HistoryResult]) -> list[HistoryResult]:
    """Faults at medium severity and above that were not found."""
    return [
        one
        for one in results
        if one.outcome is not None
        and one.severity in GRAVE
        and one.outcome.result is not Result.FOUND
    ]


def as_json(results: Sequence[HistoryResult], settings: dict[str, Any]) -> dict[str, Any]:
    """Everything, without the looks."""
    return {
        "settings": settings,
        "summary": summary(results),
        "histories": [
            {
                "profile": one.profile,
                "disturbance": one.disturbance,
                "severity": one.severity,
                "number": one.number,
                "onset_ms": one.onset_ms,
                "events": one.events,
                "outcome": None if one.outcome is None else one.outcome._asdict(),
                "held": None
                if one.holds is None
                else one.holds._asdict() | {"per_month": one.holds.per_month},
            }
            for one in results
        ],
    }
