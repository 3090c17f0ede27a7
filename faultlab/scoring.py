"""What a history's looks are worth: was the fault found, how soon, what was let through.

How often was calm traffic held. Pure.

A fault is *found* by the first look after its onset at which the gate lets no push pass; one that
was held before its onset is *blind*, and counts as not found. Between two looks the verdict of the
earlier one holds.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from statistics import median
from typing import Final, NamedTuple

from domain.gate import Verdict
from domain.instants import MS
from faultlab.engine import GateSample

MONTH: Final = timedelta(days=30)


class Result(StrEnum):
    """The result of a fault."""

    FOUND = "found"
    MISSED = "missed"
    BLIND = "blind"


class Outcome(NamedTuple):
    """The score of one fault in one history.

    Attributes:
        result: see `Result`.
        delay_s: from onset to finding; None where it was not found.
        let_before: pushes let through from the onset until it was found, or at all.
        let_after: pushes let through after it was found and before it was over.
        reason: what the gate said when it found it.
    """

    result: Result
    delay_s: float | None
    let_before: int
    let_after: int
    reason: str


class Holds(NamedTuple):
    """How calm traffic was held.

    Attributes:
        episodes: distinct ones; one that had begun before counts.
        held_ms: for how long altogether.
        watched_ms: out of how long.
        reasons: what the gate said when each began.
    """

    episodes: int
    held_ms: int
    watched_ms: int
    reasons: tuple[str, ...]

    @property
    def per_month(self) -> float:
        """Episodes per signal-month."""
        return self.episodes * (MONTH // MS) / self.watched_ms if self.watched_ms else 0.0

    @property
    def share(self) -> float:
        """Share of the time that was held."""
        return self.held_ms / self.watched_ms if self.watched_ms else 0.0


def judge(
    looks: Sequence[GateSample], onset_ms: int, until_ms: int, every: timedelta, phase: timedelta
) -> Outcome:
    """Score one fault.

    Args:
        looks: in order, from before the onset until the end.
        onset_ms: when the fault begins.
        until_ms: when it is over.
        every: how often a push is proposed.
        phase: when, after the onset, the first one is.
    """
    held_at_onset = any(look.verdict is not Verdict.PASS for look in _last_before(looks, onset_ms))
    found = next(
        (
            look
            for look in looks
            if onset_ms <= look.at_ms < until_ms and look.verdict is not Verdict.PASS
        ),
        None,
    )
    found_ms = until_ms if found is None else found.at_ms
    proposals = range(onset_ms + phase // MS, until_ms, every // MS)
    let = [at_ms for at_ms in proposals if verdict_at(looks, at_ms) is Verdict.PASS]
    before = sum(at_ms < found_ms for at_ms in let)
    if held_at_onset:
        return Outcome(Result.BLIND, None, before, len(let) - before, "")
    if found is None:
        return Outcome(Result.MISSED, None, before, 0, "")
    return Outcome(
        Result.FOUND, (found.at_ms - onset_ms) / 1000, before, len(let) - before, found.reason
    )


def _last_before(looks: Sequence[GateSample], at_ms: int) -> Sequence[GateSample]:
    index = bisect_right(looks, at_ms, key=lambda look: look.at_ms)
    return looks[max(0, index - 1) : index]


def verdict_at(looks: Sequence[GateSample], at_ms: int) -> Verdict:
    """The verdict of the last look at or before an instant; before the first one nothing passes."""
    return next((look.verdict for look in _last_before(looks, at_ms)), Verdict.HOLD)


def score_holds(looks: Sequence[GateSample], since_ms: int, until_ms: int) -> Holds:
    """Score calm traffic: runs of looks that let nothing pass.

    Args:
        looks: in order.
        since_ms: those before are not scored, but say what verdict holds at the beginning.
        until_ms: when the last one's verdict ends.
    """
    verdict = verdict_at(looks, since_ms) if _last_before(looks, since_ms) else Verdict.PASS
    scored = [look for look in looks if since_ms < look.at_ms < until_ms]
    reasons = [] if verdict is Verdict.PASS else [_last_before(looks, since_ms)[0].reason]
    held_ms, at_ms = 0, since_ms
    for look in scored:
        if verdict is not Verdict.PASS:
            held_ms += look.at_ms - at_ms
        elif look.verdict is not Verdict.PASS:
            reasons.append(look.reason)
        verdict, at_ms = look.verdict, look.at_ms
    if verdict is not Verdict.PASS:
        held_ms += until_ms - at_ms
    return Holds(len(reasons), held_ms, until_ms - since_ms, tuple(reasons))


def added(parts: Sequence[Holds]) -> Holds:
    """Several stretches together."""
    return Holds(
        sum(part.episodes for part in parts),
        sum(part.held_ms for part in parts),
        sum(part.watched_ms for part in parts),
        tuple(reason for part in parts for reason in part.reasons),
    )


class Score(NamedTuple):
    """The scores of several histories together.

    Attributes:
        faults: how many.
        found: of them.
        blind: of them, those that were held before their onset.
        delay_s: median over those that were found; None where none was.
        worst_s: the longest.
        let_before: pushes let through before faults were found.
        let_after: after they were.
    """

    faults: int
    found: int
    blind: int
    delay_s: float | None
    worst_s: float | None
    let_before: int
    let_after: int

    @property
    def recall(self) -> float:
        """Share of the faults that were found."""
        return self.found / self.faults if self.faults else 0.0


def together(outcomes: Sequence[Outcome]) -> Score:
    """Score several histories."""
    delays = [outcome.delay_s for outcome in outcomes if outcome.delay_s is not None]
    return Score(
        len(outcomes),
        sum(outcome.result is Result.FOUND for outcome in outcomes),
        sum(outcome.result is Result.BLIND for outcome in outcomes),
        median(delays) if delays else None,
        max(delays) if delays else None,
        sum(outcome.let_before for outcome in outcomes),
        sum(outcome.let_after for outcome in outcomes),
    )
