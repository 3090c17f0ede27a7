"""Sequences: A, then B within Z, without C between. From a person's marks to the instants at which the sequence completes.

One pass over the marks in time order. Only the latest end of every prefix matters: it satisfies ``within`` soonest and has the fewest
events between itself and the next step. Events of one millisecond are neither before nor between each other.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from domain.aggregate import Mark, Marks
from domain.definition import AggregateSpec
from domain.rule import Sequence as SequenceRule
from domain.rule import filter_key, span_ms
from operators.windows import NEVER


class _Gap(NamedTuple):
    """What must hold between a step and the one before it.

    Attributes:
        step: bit of the step's filter.
        within_ms: longest distance.
        blockers: bits of filters that none in between may match.
    """

    step: int
    within_ms: int
    blockers: int


def _gaps(node: SequenceRule, spec: AggregateSpec) -> list[_Gap]:
    bit = {filter_key(event): 1 << place for place, event in enumerate(spec.events)}
    return [
        _Gap(
            bit[filter_key(step.event)],
            NEVER if step.within is None else span_ms(step.within),
            sum({bit[filter_key(event)] for event in step.without}),
        )
        for step in node.steps
    ]


def completer(node: SequenceRule, spec: AggregateSpec) -> Callable[[Sequence[Mark]], list[int]]:
    """Compile a sequence: a function from ascending marks to its completions, ms, ascending; those of an absence may lie in the future."""
    gaps = _gaps(node, spec)
    if not node.steps[-1].absent:
        return lambda marks: _ends(gaps, marks)
    *before, last = gaps

    def absences(marks: Sequence[Mark]) -> list[int]:
        met = [mark.at_ms for mark in marks if mark.mask & last.step]
        return [end + last.within_ms for end in _ends(before, marks) if not any(end < at <= end + last.within_ms for at in met)]

    return absences


def _ends(gaps: Sequence[_Gap], marks: Sequence[Mark]) -> list[int]:
    latest = [-NEVER] * len(gaps)
    found = []
    for at_ms, same in groupby(marks, lambda mark: mark.at_ms):
        mask = 0
        for mark in same:
            mask |= mark.mask
        ended = [
            bool(mask & gap.step) and (place == 0 or (latest[place - 1] > -NEVER and at_ms - latest[place - 1] <= gap.within_ms))
            for place, gap in enumerate(gaps)
        ]
        for place, gap in enumerate(gaps[1:], 1):
            if mask & gap.blockers:
                latest[place - 1] = -NEVER
        for place, met in enumerate(ended):
            if met:
                latest[place] = at_ms
        if ended[-1]:
            found.append(at_ms)
    return found


def sequence_test(node: SequenceRule, spec: AggregateSpec) -> Callable[[Marks | None, int], tuple[bool, int]]:
    """Compile a sequence: answers (holds, until which instant that is sure)."""
    complete = completer(node, spec)
    window_ms = NEVER if node.window is None else span_ms(node.window)

    def test(state: Marks | None, now_ms: int) -> tuple[bool, int]:
        if state is None:
            return False, NEVER
        completions = complete(state.marks)
        begun = [at for at in completions if at <= now_ms]
        coming = [at for at in completions if at > now_ms]
        if not begun or now_ms >= begun[-1] + window_ms:
            return False, coming[0] if coming else NEVER
        end = begun[-1] + window_ms
        for at in coming:  # the next completion may come before the last one leaves the window
            if at > end:
                break
            end = at + window_ms
        return True, min(end, NEVER)

    return test
