"""Funnels: occurrences of ordered steps → everybody's best attempt → counts and durations.

An attempt begins with an occurrence of the first step; each further step is the earliest occurrence
strictly later than the one before and at most the window after the beginning. Taking the earliest
never costs a later step, so no other choice gets further. A person's best attempt is the one that
got furthest; among equals the earliest, and at one instant the one that comes first in the input.

Works on whole columns (numpy): a million occurrences take a fraction of a second. State: none.
Oracle: trying every choice, in its test.
"""

from collections.abc import Sequence
from math import ceil
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int64]

_INT64: Final = 2**63


class Occurrences(NamedTuple):
    """Events that match one step, in any order.

    Attributes:
        person: number of the person, from 0, one per event.
        at_ms: event time, ms since 1970, one per event.
    """

    person: Column
    at_ms: Column


class Attempts(NamedTuple):
    """The best attempt of everybody who began, one row per person, by ascending number.

    Attributes:
        person: whose.
        start: place of the event that began it among the occurrences of the first step.
        reached: steps done, 1 to the number of steps.
        at_ms: one column per step, shape (people, steps): when it was done; meaningless for steps
            not reached.
    """

    person: Column
    start: Column
    reached: Column
    at_ms: Column


class Took(msgspec.Struct, frozen=True):
    """How long people took, ms: nearest-rank percentiles and the mean."""

    median_ms: int
    p90_ms: int
    average_ms: float


class StepFigures(msgspec.Struct, frozen=True):
    """People at one step.

    Attributes:
        people: who did this step and all before it.
        conversion: share of those who did the step before; None where there are none. 1 at the
            first step.
        conversion_from_first: share of those who began; None where nobody did.
        drop_off: people who did the step before and not this one; 0 at the first step.
        from_previous: time since the step before; None at the first step and where nobody did it.
        from_first: time since the first step, likewise.
    """

    people: int
    conversion: float | None
    conversion_from_first: float | None
    drop_off: int
    from_previous: Took | None = None
    from_first: Took | None = None


def best_attempts(steps: Sequence[Occurrences], window_ms: int) -> Attempts:
    """Find everybody's best attempt.

    Args:
        steps: occurrences of each step, at least one step; those of the first one are where
            attempts begin.
        window_ms: longest time from an attempt's beginning to its last step, both ends included.

    Raises:
        ValueError: people × (range of time + window) does not fit into 63 bits.
    """
    first = steps[0]
    if not len(first.person):
        nobody = np.zeros(0, np.int64)
        return Attempts(nobody, nobody, nobody, np.zeros((0, len(steps)), np.int64))
    base, span = _line(steps, window_ms)
    start = np.argsort(_places(first, base, span), kind="stable")
    begun = _places(first, base, span)[start]
    reached = np.ones(len(begun), np.int64)
    done = np.zeros((len(begun), len(steps)), np.int64)
    done[:, 0] = begun
    alive = np.arange(len(begun))
    for number, step in enumerate(steps[1:], 1):
        places = np.sort(_places(step, base, span))
        found = np.searchsorted(places, done[alive, number - 1], side="right")
        there = found < len(places)
        alive, found = alive[there], found[there]
        at = places[found]
        in_time = at <= begun[alive] + window_ms
        alive = alive[in_time]
        done[alive, number] = at[in_time]
        reached[alive] = number + 1
    best = _best(begun // span, reached)
    person = begun[best] // span
    return Attempts(
        person, start[best], reached[best], done[best] - (person * span - base)[:, None]
    )


def _line(steps: Sequence[Occurrences], window_ms: int) -> tuple[int, int]:
    """Put everybody's time on one line, person after person.

    The window after the last event still lies within a person's own stretch, so no attempt runs
    into the next person's.

    Returns:
        Where the first stretch begins, ms, and how long each one is.
    """
    filled = [step for step in steps if len(step.person)]
    base = min(int(step.at_ms.min()) for step in filled)
    span = max(int(step.at_ms.max()) for step in filled) - base + window_ms + 1
    people = max(int(step.person.max()) for step in filled) + 1
    if people * span >= _INT64:
        raise ValueError("too many people over too long a time")
    return base, span


def _places(step: Occurrences, base: int, span: int) -> Column:
    return step.person * span + (step.at_ms - base)


def _best(person: Column, reached: Column) -> Column:
    """Of rows sorted by person and beginning, the row of each person's best attempt."""
    count = len(person)
    merit = reached * count + (count - 1 - np.arange(count))
    firsts = np.flatnonzero(np.diff(person, prepend=-1))
    best: Column = count - 1 - np.maximum.reduceat(merit, firsts) % count
    return best


def figures(attempts: Attempts) -> tuple[StepFigures, ...]:
    """Add up attempts, step by step."""
    steps = attempts.at_ms.shape[1]
    people = [int(np.count_nonzero(attempts.reached > number)) for number in range(steps)]
    return tuple(_step(attempts, people, number) for number in range(steps))


def _step(attempts: Attempts, people: Sequence[int], number: int) -> StepFigures:
    here, begun = people[number], people[0]
    if number == 0:
        whole = 1.0 if begun else None
        return StepFigures(here, whole, whole, 0)
    before = people[number - 1]
    done = attempts.at_ms[attempts.reached > number]
    return StepFigures(
        people=here,
        conversion=here / before if before else None,
        conversion_from_first=here / begun if begun else None,
        drop_off=before - here,
        from_previous=_took(done[:, number] - done[:, number - 1]),
        from_first=_took(done[:, number] - done[:, 0]),
    )


def _took(spans_ms: Column) -> Took | None:
    if not len(spans_ms):
        return None
    ordered = np.sort(spans_ms)
    half, most = (int(ordered[ceil(len(ordered) * share / 10) - 1]) for share in (5, 9))
    return Took(half, most, float(ordered.mean()))


def some(attempts: Attempts, rows: NDArray[np.intp]) -> Attempts:
    """The attempts at these places."""
    return Attempts(*(column[rows] for column in attempts))
