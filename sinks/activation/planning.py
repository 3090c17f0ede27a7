"""Plans pushes: reads who is concerned, nets the change out, records it – one transaction each, nothing sent.

A push is decided on here, once it is known whom it changes: the decision and the plan commit
together, or neither does. A withdrawal needs no decision but carries one all the same.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.ids import ProfileId
from operators.activation import NetChange, Row, net_change
from sinks.ads.platform import Matchable, Platform
from store.activation import concerned, drafts, due
from store.activation.concerned import Concerned
from store.activation.drafts import Draft
from store.activation.due import Audience
from store.gate import decide

Approve = Callable[[int, int], int | None]
"""Asks the gate in the planning transaction, with how many people a push adds and removes: the decision that lets it pass, or None."""


def plan_push(
    conn: Connection[Any],
    audience_id: int,
    kind: str,
    platform: Platform,
    approve: Approve,
    now: datetime,
) -> int | None:
    """Plan the net change since the last plan.

    The first one compares all members with everything on the list.

    Args:
        conn: connection in autocommit mode.
        audience_id: whose push.
        kind: scheduled or manual.
        platform: how rows are spelled.
        approve: asks the gate.
        now: clock.

    Returns:
        The push's id; None where there is one under way, the audience is not active, or the gate
        holds the push.
    """
    with due.planning(conn, audience_id) as opened:
        if opened is None or opened[0].status != "active" or due.has_open_push(conn, audience_id):
            return None
        audience, xmin = opened
        draft = Draft(conn, audience, kind, platform.params.max_rows, now)
        come = go = 0
        sent_again: set[ProfileId] = set()
        for page in changes(conn, audience, xmin, platform):
            draft.take(page.change)
            come, go = come + page.come, go + page.go
            sent_again |= page.sent_again
        decision_id = approve(come, go)
        if decision_id is None:
            draft.discard()
            return None
        push_id = draft.plan(decision_id, sent_again)
        drafts.move_cursor(conn, audience, xmin)
        decide.release_used(conn, decision_id, push_id)
        return push_id


def plan_withdrawal(
    conn: Connection[Any],
    audience_id: int,
    people: Sequence[ProfileId],
    platform: Platform,
    decision_id: int | None,
    now: datetime,
) -> int | None:
    """Plan the removal of those among these people who do not consent now.

    The outbox cursor stays where it is.

    Returns:
        The push's id; None where nobody is left to remove.
    """
    with due.planning(conn, audience_id) as opened:
        if opened is None or opened[0].status not in {"active", "paused"}:
            return None
        audience, _ = opened
        known = concerned.read(conn, audience, people, platform.purpose, ())
        leaving = {
            person: held for person, held in known.confirmed.items() if person in known.refused
        }
        change = net_change({}, leaving, known.refused)
        if not change.removes:
            return None
        draft = Draft(conn, audience, "urgent", platform.params.max_rows, now)
        draft.take(change)
        return draft.plan(decision_id)


def plan_deletion(
    conn: Connection[Any], audience_id: int, decision_id: int | None, now: datetime
) -> int | None:
    """Plan the deletion of the audience at its platform.

    None where that is under way or no longer wanted.
    """
    with due.planning(conn, audience_id) as opened:
        if opened is None or opened[0].status != "deleting":
            return None
        return drafts.plan_deletion(conn, opened[0], decision_id, now)


@dataclass(frozen=True)
class Changed:
    """The net change of a page of people.

    Attributes:
        change: what to send.
        come: people who are not on the list yet and would be.
        go: people who would be on it no more. Whose row is only spelled anew does neither, and who
            withdrew goes in any case.
        sent_again: people who stay as they are and are sent again all the same.
        people: how many were looked at.
    """

    change: NetChange
    come: int
    go: int
    sent_again: frozenset[ProfileId]
    people: int


def changes(
    conn: Connection[Any], audience: Audience, xmin: str, platform: Platform
) -> Iterator[Changed]:
    """Compare what should be with what is, page by page, for everybody whom the next push may concern."""
    for people in concerned.pages(conn, audience, xmin):
        known = concerned.read(conn, audience, people, platform.purpose, platform.kinds)
        change = net_change(_desired(known, platform), known.confirmed, known.refused)
        sent = {person for person, _ in change.adds}
        removed = {person for person, _ in change.removes}
        yield Changed(
            change,
            come=len(sent - known.confirmed.keys()),
            go=len(removed - sent - known.refused),
            sent_again=frozenset(sent & known.confirmed.keys() - removed),
            people=len(people),
        )


def _desired(known: Concerned, platform: Platform) -> dict[ProfileId, Row | None]:
    """Spell every member's row; None where nothing is left to match on."""
    return {
        person: platform.row(Matchable(_uuid_text(person), known.identifiers.get(person, {})))
        for person in sorted(known.members)
    }


def _uuid_text(person: ProfileId) -> str:
    digits = person.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
