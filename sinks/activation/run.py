"""Carries out what the gate lets pass: plans a push where one is due, and sends the next request.

    plan ──▶ decide(size) ──▶ record        one transaction: all of it, or nothing
    request ──▶ send                        one request at a time (`sinks.activation.delivery`)

One process at a time works on an audience. A task that is outdated by then (another process has
done it, the audience was paused) does nothing.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from domain.activation.states import GATED, PushKind
from sinks.activation import planning
from sinks.activation.attempt import Attempt
from sinks.activation.delivery import Delivery
from sinks.activation.gate_step import ApprovedTask, GateStep
from sinks.ads.platform import Platform
from store.activation import due
from store.activation.due import Work
from store.activation.withdrawals import Withdrawn


class Activation:
    """Plans and sends.

    Args:
        conn: connection in autocommit mode.
        platforms: name → platform.
        delivery: sends requests, on the same connection.
        gate: decides on planned pushes, and again on each of their requests, on that connection.
        now: aware clock.
        patience: how long to wait for an audience that another process works on.
    """

    def __init__(
        self,
        conn: Connection[Any],
        platforms: Mapping[str, Platform],
        delivery: Delivery,
        gate: GateStep,
        now: Callable[[], datetime],
        patience: timedelta = timedelta(),
    ) -> None:
        self._conn = conn
        self._platforms = platforms
        self._delivery = delivery
        self._gate = gate
        self._now = now
        self._patience = patience

    def __call__(self, approved: ApprovedTask) -> Attempt | None:
        """Do one approved task; return None where nothing was sent."""
        task = approved.task
        with due.audience_lock(self._conn, task.audience_id, self._patience) as held:
            if not held:
                return None
            self._plan(task, approved.decision_id)
            still = self._gate.still if approved.gated else None
            return self._delivery.advance(task.audience_id, still)

    def _plan(self, task: Withdrawn | Work, decision_id: int | None) -> None:
        platform, now = self._platforms[task.platform], self._now()
        if isinstance(task, Withdrawn):
            people = task.people
            planning.plan_withdrawal(
                self._conn, task.audience_id, people, platform, decision_id, now
            )
        elif task.kind == PushKind.DELETE:
            planning.plan_deletion(self._conn, task.audience_id, decision_id, now)
        elif task.kind in GATED:
            self._plan_push(task, platform, now)

    def _plan_push(self, task: Work, platform: Platform, now: datetime) -> None:
        """Plan, decide on the size, record: decision and plan commit together, or neither does."""
        with due.planning_transaction(self._conn, task.audience_id) as opened:
            planned = planning.plan_push(self._conn, opened, task.kind, platform, now)
            if planned is None:
                return
            decision_id = self._gate.decide(task, planned.come, planned.go, now)
            planned.record(decision_id)
