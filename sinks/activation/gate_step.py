"""Asks the trust gate before anything is done, and records its decision before the action starts.

The gate evaluates a push twice before it is planned: by its readings, which is cheap, and once its
size is known, in the transaction that plans it, by what holds then. It evaluates a push under way
with every request, in the transaction that records that the request begins (`GateStep.still`): when
the gate no longer lets it pass, the rest is held and planned again later. An earlier evaluation
only saves work; nothing leaves on it. Withdrawals and deletions are not judged, for they only take
people off a platform; they are recorded all the same. A verdict whose codes stay the same is
recorded once per interval, not at every look.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from psycopg import Connection

from domain.activation.states import AudienceStatus, PushKind
from domain.gate import Action
from store import last_word
from store.activation import due, pushes
from store.activation.due import Audience, Work
from store.activation.withdrawals import Withdrawn

Task = Withdrawn | Work
PASS: Final = "pass"  # noqa: S105 - a verdict
_COSTLY: Final = 20
"""A push held for its size is planned again after so many times as long as planning took."""


class Judgement(Protocol):
    """One verdict of the gate, not recorded yet."""

    @property
    def verdict(self) -> str:
        """``pass``, ``hold`` or ``block``."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Why, the weightiest first (`domain.gate.Code`)."""

    def sized(self, adds: int, removes: int) -> "Judgement":
        """The same, knowing how many people the push would add and remove."""

    def under_way(self, push_id: int) -> "Judgement":
        """The same of a push that was planned, as large as it was measured then."""

    @property
    def rehearsed(self) -> bool:
        """Whether the advisory mode alone holds it so far: its size is worth reporting."""

    def record(self) -> int:
        """Write the decision, its audit row and the gate's memory in one transaction.

        Returns:
            The decision's id.
        """


class Gate(Protocol):
    """What decides."""

    def judge(
        self, workspace_id: int, platform: str, audience_id: int, action: str, now: datetime
    ) -> Judgement:
        """Judge one proposed action.

        Args:
            workspace_id: tenant.
            platform: the audience's.
            audience_id: which.
            action: push, urgent_removal or delete.
            now: clock.
        """


@dataclass(frozen=True)
class ApprovedTask:
    """A task that may be done.

    Attributes:
        decision_id: the recorded decision; None for a request, whose push carries one, and for a
            push yet to be planned.
        gated: it asks the gate, and again with each request; False for what is exempt from it.
    """

    task: Task
    decision_id: int | None
    gated: bool


class GateStep:
    """Turns tasks into approved tasks, or drops them until the gate decides otherwise.

    Args:
        conn: connection in autocommit mode.
        gate: what decides.
        repeat_after: how often a verdict that does not change is recorded again.
        ask_again_after: how long a verdict other than pass stands before the gate is asked again.
        now: aware clock.
    """

    def __init__(
        self,
        conn: Connection[Any],
        gate: Gate,
        repeat_after: timedelta,
        ask_again_after: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._conn = conn
        self._gate = gate
        self._repeat_after = repeat_after
        self._ask_again_after = ask_again_after
        self._now = now
        self._ask_again_at: dict[int, datetime] = {}
        self._recorded: dict[int, tuple[tuple[str, ...], datetime]] = {}

    def __call__(self, task: Task) -> ApprovedTask | None:
        """Ask for one task."""
        if isinstance(task, Withdrawn):
            return ApprovedTask(
                task, self._judge(task, Action.URGENT_REMOVAL).record(), gated=False
            )
        if task.exempt:
            decision_id = (
                self._judge(task, Action.DELETE).record() if task.kind == PushKind.DELETE else None
            )
            return ApprovedTask(task, decision_id, gated=False)
        under_way = task.kind == due.REQUEST
        stands_until = self._ask_again_at.get(task.audience_id)
        if not under_way and stands_until is not None and self._now() < stands_until:
            return None
        judgement = self._judge(task, Action.PUSH)
        if judgement.verdict != PASS and (under_way or not judgement.rehearsed):
            self._hold(task, judgement, self._ask_again_after)
            return None
        return ApprovedTask(task, None, gated=True)

    def still(self, audience: Audience, push_id: int) -> bool:
        """Whether a push under way may send its next request, as of this transaction.

        Whatever was committed before counts, and nothing that could change the answer is committed
        before the caller's transaction ends. Where the gate no longer lets it pass, that is on
        record and the push held with the transaction.

        Args:
            audience: as it was read before.
            push_id: its push.
        """
        now = max(self._now(), last_word.share_gate_inputs(self._conn, audience.workspace_id))
        found = due.read_audience(self._conn, audience.id)
        if found is None or found.status != AudienceStatus.ACTIVE:
            return False
        task = Work(audience.workspace_id, audience.id, audience.platform, due.REQUEST, "")
        judgement = self._judge(task, Action.PUSH, now).under_way(push_id)
        if judgement.verdict != PASS:
            self._hold(task, judgement, self._ask_again_after)
        return judgement.verdict == PASS

    def decide(self, task: Work, adds: int, removes: int, began: datetime) -> int | None:
        """Decide on a planned push of known size, in the transaction that plans it.

        Args:
            task: whose push.
            adds: people who would come onto the list.
            removes: people who would leave it.
            began: when its planning began.

        Returns:
            The recorded decision that lets it pass; None where the gate holds it.
        """
        sized = self._judge(task, Action.PUSH).sized(adds, removes)
        if sized.verdict != PASS:
            self._hold(task, sized, max(self._ask_again_after, _COSTLY * (self._now() - began)))
            return None
        self._recorded.pop(task.audience_id, None)
        return sized.record()

    def _judge(self, task: Task, action: str, now: datetime | None = None) -> Judgement:
        return self._gate.judge(
            task.workspace_id, task.platform, task.audience_id, action, now or self._now()
        )

    def _hold(self, task: Task, judgement: Judgement, ask_again_after: timedelta) -> None:
        now = self._now()
        self._ask_again_at[task.audience_id] = now + ask_again_after
        verdict = (judgement.verdict, *judgement.codes)
        recorded, recorded_at = self._recorded.get(task.audience_id, ((), now))
        if recorded != verdict or now - recorded_at >= self._repeat_after:
            judgement.record()
            self._recorded[task.audience_id] = (verdict, now)
        if not isinstance(task, Withdrawn) and task.kind == due.REQUEST:
            pushes.hold(self._conn, task.audience_id, now)
