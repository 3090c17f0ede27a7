"""Plans pushes: reads who is concerned, nets the change out, records it – one transaction each, nothing sent.

A push is decided on here, once it is known whom it changes: the decision and the plan commit together, or neither does. A withdrawal
needs no decision but carries one all the same.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.ids import ProfileId
from operators.net_change import NetChange, Row, net_change
from sinks.ads.platform import Matchable, Platform
from store import activation, gate, pushes
from store.activation import Concerned

Approve = Callable[[int, int], int | None]
"""Asks the gate in the planning transaction, with how many people a push adds and removes: the decision that lets it pass, or None."""


def plan_push(conn: Connection[Any], audience_id: int, kind: str, platform: Platform, approve: Approve, now: datetime) -> int | None:
    """Plan the net change since the last plan; the first one compares all members with everything on the list.

    Args:
        conn: connection in autocommit mode.
        audience_id: whose push.
        kind: scheduled or manual.
        platform: how rows are spelled.
        approve: asks the gate.
        now: clock.

    Returns:
        The push's id; None where there is one under way, the audience is not active, it changed meanwhile, or the gate holds the push.
    """
    try:
        with activation.planning(conn, audience_id) as opened:
            if opened is None or opened[0].status != "active" or activation.has_open_push(conn, audience_id):
                return None
            audience, xmin = opened
            people = activation.changed_people(conn, audience, xmin)
            concerned = activation.concerned(conn, audience, people, platform.purpose, platform.kinds)
            change = net_change(desired_rows(concerned, platform), concerned.confirmed, concerned.refused)
            decision_id = approve(*come_and_go(change, concerned))
            if decision_id is None:
                return None
            push_id = pushes.plan(conn, audience, kind, decision_id, change, platform.limits.max_rows, now)
            pushes.move_cursor(conn, audience, xmin)
            gate.release_used(conn, decision_id, push_id)
            return push_id
    except activation.Contended:
        return None


def plan_withdrawal(
    conn: Connection[Any], audience_id: int, people: Sequence[UUID], platform: Platform, decision_id: int | None, now: datetime
) -> int | None:
    """Plan the removal of those among these people who do not consent now; the outbox cursor stays where it is.

    Returns:
        The push's id; None where nobody is left to remove, or the audience changed meanwhile.
    """
    try:
        with activation.planning(conn, audience_id) as opened:
            if opened is None or opened[0].status not in {"active", "paused"}:
                return None
            audience, _ = opened
            concerned = activation.concerned(conn, audience, people, platform.purpose, ())
            leaving = {person: held for person, held in concerned.confirmed.items() if person in concerned.refused}
            change = net_change({}, leaving, concerned.refused)
            if not change.removes:
                return None
            return pushes.plan(conn, audience, "urgent", decision_id, change, platform.limits.max_rows, now)
    except activation.Contended:
        return None


def plan_deletion(conn: Connection[Any], audience_id: int, decision_id: int | None, now: datetime) -> int | None:
    """Plan the deletion of the audience at its platform; None where that is under way or no longer wanted."""
    try:
        with activation.planning(conn, audience_id) as opened:
            if opened is None or opened[0].status != "deleting":
                return None
            return pushes.plan_deletion(conn, opened[0], decision_id, now)
    except activation.Contended:
        return None


def come_and_go(change: NetChange, concerned: Concerned) -> tuple[int, int]:
    """How many people come and go by a push; whose row is only spelled anew does neither, and who withdrew goes in any case."""
    sent = {person for person, _ in change.adds}
    gone = [person for person, _ in change.removes if person not in sent and person not in concerned.refused]
    return len(sent - concerned.confirmed.keys()), len(gone)


def desired_rows(concerned: Concerned, platform: Platform) -> dict[ProfileId, Row | None]:
    """Spell every member's row; None where nothing is left to match on."""
    return {
        person: platform.row(Matchable(str(UUID(bytes=person)), concerned.identifiers.get(person, {})))
        for person in sorted(concerned.members)
    }
