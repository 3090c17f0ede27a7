"""Sequences: A, then B within Z, without C between.

A person's marks go in, the instants at which the sequence completes come out, in one pass over the
marks in time order. Only the latest end of every prefix matters: it satisfies
``within`` soonest and has the fewest events between itself and the next step. Events of one
millisecond are neither before nor between each other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from domain.segments.aggregate import Mark, Marks
from domain.segments.definition import AggregateSpec
from domain.segments.event_filter import filter_key
from domain.segments.rule import Sequence as SequenceRule
from domain.segments.span import span_ms
from operators.rules.windows import NEVER


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
            NEVER // 2 if step.within is None else span_ms(step.within),
            sum({bit[filter_key(event)] for event in step.without}),
        )
        for step in node.steps
    ]


def completer(node: SequenceRule, spec: AggregateSpec) -> Callable[[Sequence[Mark]], list[int]]:
    """Compile a sequence: a function from ascending marks to its completions, ms, ascending.

    Those of an absence may lie in the future.
    """
    gaps = _gaps(node, spec)
    if not node.steps[-1].absent:
        return lambda marks: _ends(gaps, marks)
    *before, last = gaps

    def absences(marks: Sequence[Mark]) -> list[int]:
        met = [at_ms for at_ms, _, mask in marks if mask & last.step]
        found = []
        for end in _ends(before, marks):
            place = bisect_right(met, end)
            if place == len(met) or met[place] > end + last.within_ms:
                found.append(end + last.within_ms)
        return found

    return absences


def _ends(gaps: Sequence[_Gap], marks: Sequence[Mark]) -> list[int]:
    latest = [-NEVER] * len(gaps)
    first, others, last = gaps[0].step, tuple(enumerate(gaps))[1:], len(gaps) - 1
    blockers = any(gap.blockers for gap in gaps)
    found = []
    for at_ms, mask in _instants(marks):
        ended = [
            place
            for place, gap in others
            if mask & gap.step and 0 <= at_ms - latest[place - 1] <= gap.within_ms
        ]
        if blockers:
            for place, gap in others:
                if mask & gap.blockers:
                    latest[place - 1] = -NEVER
        if mask & first:
            latest[0] = at_ms
        for place in ended:
            latest[place] = at_ms
        if (mask & first) if not last else (ended and ended[-1] == last):
            found.append(at_ms)
    return found


def _instants(marks: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """Instants with the masks of all their events united."""
    before, united = -NEVER, 0
    for at_ms, _, mask in marks:
        if at_ms == before:
            united |= mask
        else:
            if united:
                yield before, united
            before, united = at_ms, mask
    if united:
        yield before, united


def sequence_test(
    node: SequenceRule, spec: AggregateSpec
) -> Callable[[Marks | None, int], tuple[bool, int]]:
    """Compile a sequence: returns (holds, until which instant that is sure)."""
    complete = completer(node, spec)
    window_ms = NEVER if node.window is None else span_ms(node.window)
    spans = [step.within for step in node.steps[1:]]
    reach = NEVER if None in spans else window_ms + sum(span_ms(span) for span in spans if span)

    def test(state: Marks | None, now_ms: int) -> tuple[bool, int]:
        if state is None:
            return False, NEVER
        marks = state.marks
        if reach < NEVER and marks and marks[0][0] < now_ms - reach:
            marks = marks[bisect_left(marks, (now_ms - reach,)) :]
        completions = complete(marks)
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
