"""Plans pushes: reads who is affected, nets the change out, writes it down; nothing is sent.

A push is decided on once it is known whom it changes (`PlannedPush.record`), in the transaction
that plans it. A withdrawal needs no decision but carries one all the same.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.activation.states import LIVING, AudienceStatus, PushKind
from domain.ids import ProfileId, canonical
from operators.activation import NetChange, Row, net_change
from sinks.ads.platform import Matchable, Platform
from store.activation import concerned, drafts, due
from store.activation.concerned import PushInputs
from store.activation.drafts import Draft
from store.activation.due import Audience
from store.gate import decide


@dataclass(frozen=True)
class PlannedPush:
    """A push that is written down and not decided on yet; its planning transaction is open.

    Attributes:
        come: people who are not on the list yet and would be.
        go: people who would be on it no more.
    """

    conn: Connection[Any]
    audience: Audience
    xmin: str
    draft: Draft
    come: int
    go: int
    sent_again: AbstractSet[ProfileId]

    def record(self, decision_id: int | None) -> int | None:
        """Put the push under way by this decision, or leave nothing behind without one.

        Returns:
            The push's id; None without a decision.
        """
        if decision_id is None:
            self.draft.discard()
            return None
        push_id = self.draft.plan(decision_id, self.sent_again)
        drafts.move_cursor(self.conn, self.audience, self.xmin)
        decide.release_used(self.conn, decision_id, push_id)
        return push_id


def plan_push(
    conn: Connection[Any],
    opened: tuple[Audience, str] | None,
    kind: str,
    platform: Platform,
    now: datetime,
) -> PlannedPush | None:
    """Write down the net change since the last plan.

    The first one compares all members with everything on the list.

    Args:
        conn: connection in the planning transaction.
        opened: what `store.activation.due.planning_transaction` yields.
        kind: scheduled or manual.
        platform: how rows are formatted.
        now: clock.

    Returns:
        The push; None where one is under way already or the audience is not active.
    """
    if (
        opened is None
        or opened[0].status != AudienceStatus.ACTIVE
        or due.has_open_push(conn, opened[0].id)
    ):
        return None
    audience, xmin = opened
    draft = Draft(conn, audience, kind, platform.params.max_rows, now)
    come = go = 0
    sent_again: set[ProfileId] = set()
    for page in changes(conn, audience, xmin, platform):
        draft.take(page.change)
        come, go = come + page.come, go + page.go
        sent_again |= page.sent_again
    return PlannedPush(conn, audience, xmin, draft, come, go, sent_again)


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
    with due.planning_transaction(conn, audience_id) as opened:
        if opened is None or opened[0].status not in LIVING:
            return None
        audience, _ = opened
        known = concerned.load_push_inputs(conn, audience, people, platform.purpose, ())
        leaving = {
            person: held for person, held in known.confirmed.items() if person in known.refused
        }
        change = net_change({}, leaving, known.refused)
        if not change.removes:
            return None
        draft = Draft(conn, audience, PushKind.URGENT, platform.params.max_rows, now)
        draft.take(change)
        return draft.plan(decision_id)


def plan_deletion(
    conn: Connection[Any], audience_id: int, decision_id: int | None, now: datetime
) -> int | None:
    """Plan the deletion of the audience at its platform.

    None where that is under way or no longer wanted.
    """
    with due.planning_transaction(conn, audience_id) as opened:
        if opened is None or opened[0].status != AudienceStatus.DELETING:
            return None
        return drafts.plan_deletion(conn, opened[0], decision_id, now)


@dataclass(frozen=True)
class Changed:
    """The net change of a page of people.

    Attributes:
        change: what to send.
        come: people who are not on the list yet and would be.
        go: people who would be on it no more. A person whose row is only formatted differently
            counts as neither; one who withdrew consent is always removed.
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
    """Compare wanted with present rows, page by page, for everybody whom a push may affect."""
    for people in concerned.pages(conn, audience, xmin):
        known = concerned.load_push_inputs(conn, audience, people, platform.purpose, platform.kinds)
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


def _desired(inputs: PushInputs, platform: Platform) -> dict[ProfileId, Row | None]:
    """Spell every member's row; None where nothing is left to match on."""
    return {
        person: platform.row(Matchable(canonical(person), inputs.identifiers.get(person, {})))
        for person in sorted(inputs.members)
    }
