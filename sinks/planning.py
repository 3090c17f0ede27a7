"""Plans pushes: reads who is concerned, nets the change out, records it – one transaction each, nothing sent.

A push that is planned has its decision already; a withdrawal needs none but carries one all the same.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from domain.ids import ProfileId
from operators.net_change import Row, net_change
from sinks.ads.platform import Matchable, Platform
from store import activation, pushes
from store.activation import Concerned


def plan_push(conn: Connection[Any], audience_id: int, kind: str, platform: Platform, decision_id: int | None, now: datetime) -> int | None:
    """Plan the net change since the last plan; the first one compares all members with everything on the list.

    Args:
        conn: connection in autocommit mode.
        audience_id: whose push.
        kind: scheduled or manual.
        platform: how rows are spelled.
        decision_id: the decision that lets it pass.
        now: clock.

    Returns:
        The push's id; None where there is one under way, the audience is not active, or it changed meanwhile.
    """
    try:
        with activation.planning(conn, audience_id) as opened:
            if opened is None or opened[0].status != "active" or activation.has_open_push(conn, audience_id):
                return None
            audience, xmin = opened
            people = activation.changed_people(conn, audience, xmin)
            concerned = activation.concerned(conn, audience, people, platform.purpose, platform.kinds)
            change = net_change(_desired(concerned, platform), concerned.confirmed, concerned.refused)
            push_id = pushes.plan(conn, audience, kind, decision_id, change, platform.limits.max_rows, now)
            pushes.move_cursor(conn, audience, xmin)
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


def _desired(concerned: Concerned, platform: Platform) -> dict[ProfileId, Row | None]:
    """Spell every member's row; None where nothing is left to match on."""
    return {
        person: platform.row(Matchable(str(UUID(bytes=person)), concerned.identifiers.get(person, {})))
        for person in sorted(concerned.members)
    }
