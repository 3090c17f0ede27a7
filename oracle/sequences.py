"""When a sequence completed: every chain of events is tried, step by step from its end."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from domain.segments import rule
from domain.segments.event_filter import EventFilter
from domain.segments.rule import SEQUENCE_MARKS, Step
from domain.segments.span import span_ms
from oracle.statements.record import Statement

Matches = Callable[[EventFilter, Statement], bool]


def completions(
    sequence: rule.Sequence, statements: Sequence[Statement], matches: Matches
) -> set[int]:
    """Every instant, ms, at which the sequence completes.

    Those to come if nothing more happens are included.

    Args:
        sequence: the node.
        statements: all events of the person, by (at_ms, tie).
        matches: whether an event is of a filter.
    """
    filters = [wanted for step in sequence.steps for wanted in (step.event, *step.without)]
    marks = [event for event in statements if any(matches(wanted, event) for wanted in filters)][
        -SEQUENCE_MARKS:
    ]
    return set(_Chains(sequence.steps, marks, matches).ends())


def holds_at(sequence: rule.Sequence, completed: set[int], now_ms: int) -> bool:
    """Whether one of the completions is of the past and, with a window, recent enough."""
    past = (at_ms for at_ms in completed if at_ms <= now_ms)
    return any(
        sequence.window is None or now_ms < at_ms + span_ms(sequence.window) for at_ms in past
    )


class _Chains:
    def __init__(self, steps: Sequence[Step], marks: Sequence[Statement], matches: Matches) -> None:
        self._steps = steps
        self._marks = marks
        self._matches = cache(lambda number, place: matches(steps[number].event, marks[place]))
        self._blocks = cache(
            lambda number, place: any(
                matches(wanted, marks[place]) for wanted in steps[number].without
            )
        )
        self._reached = cache(self._reach)

    def ends(self) -> Iterator[int]:
        last = len(self._steps) - 1
        for place, mark in enumerate(self._marks):
            if not self._steps[last].absent:
                if self._reached(last, place):
                    yield mark.at_ms
            elif self._reached(last - 1, place):
                end_ms = mark.at_ms + span_ms(self._steps[last].within or "")
                if not self._happened(last, mark.at_ms, end_ms):
                    yield end_ms

    def _reach(self, step: int, index: int) -> bool:
        """Whether some chain of the steps up to this one ends in this event."""
        if not self._matches(step, index):
            return False
        return step == 0 or any(
            self._follows(step, before, index) and self._reached(step - 1, before)
            for before in range(index)
        )

    def _follows(self, step: int, before: int, index: int) -> bool:
        start_ms = self._marks[before].at_ms
        end_ms = self._marks[index].at_ms
        within = self._steps[step].within
        if not start_ms < end_ms or (within is not None and end_ms - start_ms > span_ms(within)):
            return False
        return not self._blocked(step, start_ms, end_ms)

    def _blocked(self, step: int, start_ms: int, end_ms: int) -> bool:
        if not self._steps[step].without:
            return False
        between = (
            place for place, mark in enumerate(self._marks) if start_ms < mark.at_ms < end_ms
        )
        return any(self._blocks(step, place) for place in between)

    def _happened(self, step: int, start_ms: int, end_ms: int) -> bool:
        return any(
            self._matches(step, place)
            for place, mark in enumerate(self._marks)
            if start_ms < mark.at_ms <= end_ms
        )
