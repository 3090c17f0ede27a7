"""Carries out what the gate lets pass: plans a push where one is due, and sends the audience's next request.

One audience is in one pair of hands at a time. A task that is no longer true by then (another
process was faster, the audience was paused) does nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from domain.activation import GATED, PushKind
from sinks.activation.delivery import Attempt, Delivery, Still
from sinks.activation.planning import Approve, plan_deletion, plan_push, plan_withdrawal
from sinks.ads.platform import Platform
from store.activation import due
from store.activation.due import Work
from store.activation.withdrawals import Withdrawn

Task = Withdrawn | Work


@dataclass(frozen=True)
class Permitted:
    """A task that may be done.

    Attributes:
        decision_id: the recorded decision; None for a request, whose push carries one, and for a
            push yet to be planned.
        gated: it asks the gate, and again with each request; False for what is exempt from it.
        approve: asks the gate for a push whose size is known.
    """

    task: Task
    decision_id: int | None
    gated: bool
    approve: Approve | None = None


class Activation:
    """Plans and sends.

    Args:
        conn: connection in autocommit mode.
        platforms: name → platform.
        delivery: sends requests, on the same connection.
        still: asks the gate about each request of a push under way.
        now: aware clock.
        patience: how long to wait for an audience that is in other hands.
    """

    def __init__(
        self,
        conn: Connection[Any],
        platforms: Mapping[str, Platform],
        delivery: Delivery,
        still: Still,
        now: Callable[[], datetime],
        patience: timedelta = timedelta(),
    ) -> None:
        self._conn = conn
        self._platforms = platforms
        self._delivery = delivery
        self._still = still
        self._now = now
        self._patience = patience
        self._moved = False

    def __call__(self, permitted: Permitted) -> Attempt | None:
        """Do one permitted task; None where nothing was sent."""
        task = permitted.task
        with due.alone(self._conn, task.audience_id, self._patience) as held:
            if not held:
                return None
            planned = self._plan(permitted)
            attempt = self._delivery.advance(
                task.audience_id, self._still if permitted.gated else None
            )
        self._moved = self._moved or planned or attempt is not None
        return attempt

    def moved(self) -> bool:
        """Whether anything was planned or sent since this was asked last."""
        moved, self._moved = self._moved, False
        return moved

    def _plan(self, permitted: Permitted) -> bool:
        task, decision_id = permitted.task, permitted.decision_id
        platform, now = self._platforms[task.platform], self._now()
        if isinstance(task, Withdrawn):
            return (
                plan_withdrawal(
                    self._conn, task.audience_id, task.people, platform, decision_id, now
                )
                is not None
            )
        if task.kind == PushKind.DELETE:
            return plan_deletion(self._conn, task.audience_id, decision_id, now) is not None
        if task.kind in GATED and permitted.approve is not None:
            return (
                plan_push(self._conn, task.audience_id, task.kind, platform, permitted.approve, now)
                is not None
            )
        return False
