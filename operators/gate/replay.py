"""Judges past pushes again with other thresholds: what would have differed. Pure.

What people said at the time is left out: compared is what the gate itself said with what it would
have said.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from domain.gate import Decision, ProposedAction, Verdict
from domain.signals.reading import Reading
from operators.gate.decide import GateContext, judge
from operators.gate.memory import GateState, observe
from operators.gate.params import GateParams


class Rejudged(NamedTuple):
    """One past decision and its new verdict.

    Attributes:
        decision_id: the decision's.
        past: what the gate itself said then.
        now: the decision as it would have been.
    """

    decision_id: int
    past: Verdict
    now: Decision

    @property
    def differs(self) -> bool:
        """Whether the verdict is another one."""
        return self.past is not self.now.verdict


def rejudge(
    decisions: Sequence[tuple[int, Decision]], readings: Sequence[Reading], params: GateParams
) -> Iterator[Rejudged]:
    """Judge pushes again, each over the readings that were there.

    Args:
        decisions: (id, decision) of pushes of one workspace, oldest first.
        readings: of all their signals, from a while before the first of them, oldest first.
        params: the thresholds to try.
    """
    states: dict[str, GateState] = {}
    newest: dict[str, Reading] = {}
    sizes: dict[int, list[Decision]] = {}
    destinations = {decision.destination for _, decision in decisions}
    taken = 0
    for number, decision in decisions:
        while taken < len(readings) and readings[taken].read_ms <= decision.decided_ms:
            one = readings[taken]
            newest[one.signal] = one
            for destination in destinations:
                states[destination] = observe(
                    states.get(destination, GateState()), [one], one.read_ms, params
                )
            taken += 1
        state = observe(
            states.get(decision.destination, GateState()), [], decision.decided_ms, params
        )
        earlier = sizes.setdefault(decision.audience_id, [])
        history = tuple(
            one.size for one in reversed(earlier) if one.size is not None and not one.size.first
        )[: params.pushes_remembered]
        situation = GateContext(
            decision.destination.partition(":")[0], size=decision.size, history=history
        )
        proposed = ProposedAction(
            decision.workspace,
            decision.destination,
            decision.audience_id,
            decision.action,
            decision.depends_on,
        )
        shown = {signal: newest[signal] for signal in decision.depends_on if signal in newest}
        now = judge(state, proposed, shown, situation, decision.decided_ms, params)
        states[decision.destination] = state
        if decision.verdict is Verdict.PASS and decision.size is not None:
            earlier.append(decision)
        yield Rejudged(number, decision.would or decision.verdict, now)


def with_values(params: GateParams, values: Mapping[str, object]) -> GateParams:
    """Thresholds with some of them changed.

    Args:
        params: as configured.
        values: name → value, durations in ISO 8601 or seconds.

    Raises:
        ValueError: no such threshold, a value that cannot be one, or values that contradict each
            other.
    """
    known = msgspec.to_builtins(params)
    if unknown := sorted(values.keys() - known.keys()):
        raise ValueError(f"no such threshold: {', '.join(unknown)}")
    try:
        return msgspec.convert(known | values, GateParams, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
