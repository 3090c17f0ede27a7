"""Asks the trust gate before anything is done, and has its decision on record before the action starts.

A push is asked for twice before it is planned: over its readings, which costs little, and once it
is known whom it changes, in the transaction that plans it, by what holds then. One under way is
asked for again with every request, in the transaction that puts its beginning on record
(`Permits.still`): when the gate no longer lets it pass, the rest of it is held and planned anew
later. What was asked before only saves work; nothing leaves on it. Withdrawals and deletions are
not judged, for they only take people off a platform; they are recorded all the same. A verdict that
stays the same, numbers in its reasons aside, is recorded once per interval, not at every look.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from psycopg import Connection

from domain.activation import AudienceStatus, PushKind
from domain.gate import Action
from sinks.activation.run import Permitted, Task
from store import last_word
from store.activation import due, pushes
from store.activation.due import Audience, Work
from store.activation.withdrawals import Withdrawn

PASS: Final = "pass"  # noqa: S105 - a verdict
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_COSTLY: Final = 20
"""An audience that is held for the size of its push rests so many times as long as it took to find that out."""


class Judgement(Protocol):
    """One verdict of the gate, not recorded yet."""

    @property
    def verdict(self) -> str:
        """``pass``, ``hold`` or ``block``."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why."""

    def sized(self, adds: int, removes: int) -> "Judgement":
        """The same, knowing how many people the push would add and remove."""

    def under_way(self, push_id: int) -> "Judgement":
        """The same of a push that was planned, as large as it was measured then."""

    @property
    def rehearsed(self) -> bool:
        """Whether nothing but a dry run holds it, so far: how large it would be is worth finding out, to be told."""

    def record(self) -> int:
        """Write the decision, its audit row and the gate's memory in one transaction.

        Gives the decision's id.
        """


class Gate(Protocol):
    """What decides."""

    def judge(
        self, workspace_id: int, platform: str, audience_id: int, action: str, now: datetime
    ) -> Judgement:
        """Judge one proposed action: push, urgent_removal or delete."""


class Permits:
    """Turns tasks into permitted tasks, or drops them until the gate thinks better of them.

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

    def __call__(self, task: Task) -> Permitted | None:
        """Ask for one task."""
        if isinstance(task, Withdrawn):
            return Permitted(task, self._judge(task, Action.URGENT_REMOVAL).record(), gated=False)
        if task.exempt:
            decision_id = (
                self._judge(task, Action.DELETE).record() if task.kind == PushKind.DELETE else None
            )
            return Permitted(task, decision_id, gated=False)
        stands_until = self._ask_again_at.get(task.audience_id)
        if task.kind != due.REQUEST and stands_until is not None and self._now() < stands_until:
            return None
        judgement = self._judge(task, Action.PUSH)
        planned = task.kind == due.REQUEST
        if judgement.verdict != PASS and (planned or not judgement.rehearsed):
            self._hold(task, judgement, self._ask_again_after)
            return None
        return Permitted(
            task,
            None,
            gated=True,
            approve=None if planned else partial(self._approve, task, self._now()),
        )

    def still(self, audience: Audience, push_id: int) -> bool:
        """Whether a push under way may send its next request: by what people said, readings and clock as they are in this transaction.

        Whatever was committed before counts, and nothing that could change the answer is committed
        before the caller's transaction ends. Where the gate no longer lets it pass, that is on
        record and the push held with the transaction.

        Args:
            audience: as it was read before.
            push_id: its push.
        """
        now = max(self._now(), last_word.beginning(self._conn, audience.workspace_id))
        found = due.read_audience(self._conn, audience.id)
        if found is None or found.status != AudienceStatus.ACTIVE:
            return False
        task = Work(audience.workspace_id, audience.id, audience.platform, due.REQUEST, "")
        judgement = self._judge(task, Action.PUSH, now).under_way(push_id)
        if judgement.verdict != PASS:
            self._hold(task, judgement, self._ask_again_after)
        return judgement.verdict == PASS

    def _approve(self, task: Task, asked_at: datetime, adds: int, removes: int) -> int | None:
        """Ask again, knowing what the push changes.

        The recorded decision that lets it pass, or None.
        """
        sized = self._judge(task, Action.PUSH).sized(adds, removes)
        if sized.verdict != PASS:
            # What is held for its size was costly to find out, and is not found out again at every
            # look.
            self._hold(task, sized, max(self._ask_again_after, _COSTLY * (self._now() - asked_at)))
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
        saying = (judgement.verdict, *(_NUMBER.sub("#", reason) for reason in judgement.reasons))
        said, said_at = self._recorded.get(task.audience_id, ((), now))
        if said != saying or now - said_at >= self._repeat_after:
            judgement.record()
            self._recorded[task.audience_id] = (saying, now)
        if not isinstance(task, Withdrawn) and task.kind == due.REQUEST:
            pushes.hold(self._conn, task.audience_id, now)
