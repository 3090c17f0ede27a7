"""States of activation: pushes, their requests, rows on a platform's list, and audiences.

Each state is stored as its value. Each table of transitions names every change of state that may
happen and what causes it; None stands for a row that is not there. `docs/activation.md` shows them
as diagrams.
"""

from enum import StrEnum
from typing import Final

from domain.values import Transitions


class PushKind(StrEnum):
    """Why a push was planned."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    URGENT = "urgent"
    DELETE = "delete"


GATED: Final = (PushKind.SCHEDULED, PushKind.MANUAL)
"""Pushes that may add people: the gate decides about them."""
EXEMPT: Final = (PushKind.URGENT, PushKind.DELETE)
"""Withdrawals and deletions, which only take people off: nothing holds them."""


class Operation(StrEnum):
    """What a request asks of the platform."""

    CREATE = "create"
    CHECK = "check"
    ADD = "add"
    REMOVE = "remove"
    DELETE = "delete"


class PushStatus(StrEnum):
    """How far a push is.

    Attributes:
        RUNNING: at least one request is still to be sent.
        PROCESSING: all are sent, and the platform has not confirmed each.
        HELD: the gate stopped it, or the deletion of its audience did.
        CANCELLED: a person stopped it.
    """

    RUNNING = "running"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


UNFINISHED: Final = (PushStatus.RUNNING, PushStatus.PROCESSING)
"""Pushes whose result is not known."""


class RequestStatus(StrEnum):
    """How far a request of a push is.

    Attributes:
        RECORDED: still to be sent.
        ACCEPTED: the platform took it in and reports the result later.
        REJECTED: given up, or not done by the platform.
        ABANDONED: its push ended before it was sent.
        UNDONE: a removal that was not done, of a row that its person no longer has; the next plan
            takes it up.
    """

    RECORDED = "recorded"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    ABANDONED = "abandoned"
    UNDONE = "undone"


GIVEN_UP: Final = (RequestStatus.ABANDONED, RequestStatus.REJECTED)
"""Requests whose rows the next plan has to look at."""


class RowState(StrEnum):
    """How far a person's row is on a platform's list.

    Attributes:
        ADDING: planned, or no longer certain; part of the next plan.
        ACCEPTED: the platform took the addition in and reports the result later.
        PRESENT: confirmed.
        REFUSED: the platform does not take it as it is; not sent again until it changes.
        REMOVING: its removal is planned.
        LEAVING: the platform took the removal in and reports the result later.
    """

    ADDING = "adding"
    ACCEPTED = "accepted"
    PRESENT = "present"
    REFUSED = "refused"
    REMOVING = "removing"
    LEAVING = "leaving"


TAKEN_IN: Final = (RowState.PRESENT, RowState.ACCEPTED)
"""Rows that are on the list as far as the platform has said."""
GOING: Final = (RowState.REMOVING, RowState.LEAVING)
"""Rows whose removal is planned or taken in."""


class AudienceStatus(StrEnum):
    """Whether an audience is pushed."""

    ACTIVE = "active"
    PAUSED = "paused"
    DELETING = "deleting"
    DELETED = "deleted"


LIVING: Final = (AudienceStatus.ACTIVE, AudienceStatus.PAUSED)
"""Audiences that nobody is deleting."""


PUSH_TRANSITIONS: Final[Transitions] = {
    (None, PushStatus.RUNNING): "drafted",
    (PushStatus.RUNNING, None): "draft discarded",
    (PushStatus.RUNNING, PushStatus.PROCESSING): "all sent, some unconfirmed",
    (PushStatus.RUNNING, PushStatus.DONE): "all delivered",
    (PushStatus.RUNNING, PushStatus.FAILED): "a request failed, or the audience is lost",
    (PushStatus.RUNNING, PushStatus.HELD): "the gate holds it, or its audience is deleted",
    (PushStatus.RUNNING, PushStatus.CANCELLED): "cancelled or paused",
    (PushStatus.PROCESSING, PushStatus.DONE): "all confirmed",
    (PushStatus.PROCESSING, PushStatus.FAILED): "the platform did not do it",
    (PushStatus.HELD, PushStatus.FAILED): "the request under way failed",
    (PushStatus.CANCELLED, PushStatus.FAILED): "the request under way failed",
}
REQUEST_TRANSITIONS: Final[Transitions] = {
    (None, RequestStatus.RECORDED): "planned",
    (RequestStatus.RECORDED, None): "draft discarded",
    (RequestStatus.RECORDED, RequestStatus.DELIVERED): "delivered",
    (RequestStatus.RECORDED, RequestStatus.ACCEPTED): "taken in",
    (RequestStatus.RECORDED, RequestStatus.REJECTED): "given up",
    (RequestStatus.RECORDED, RequestStatus.ABANDONED): "its push ended",
    (RequestStatus.ACCEPTED, RequestStatus.DELIVERED): "confirmed",
    (RequestStatus.ACCEPTED, RequestStatus.REJECTED): "not done",
    (RequestStatus.ACCEPTED, RequestStatus.UNDONE): "removal not done, row replaced",
    (RequestStatus.ACCEPTED, RequestStatus.ABANDONED): "audience gone",
    (RequestStatus.REJECTED, RequestStatus.UNDONE): "removal not done, row replaced",
    (RequestStatus.ABANDONED, RequestStatus.UNDONE): "removal not done, row replaced",
    (RequestStatus.ABANDONED, RequestStatus.DELIVERED): "delivered late",
    (RequestStatus.ABANDONED, RequestStatus.ACCEPTED): "taken in late",
    (RequestStatus.ABANDONED, RequestStatus.REJECTED): "given up late",
    (RequestStatus.UNDONE, RequestStatus.DELIVERED): "delivered late",
    (RequestStatus.UNDONE, RequestStatus.ACCEPTED): "taken in late",
    (RequestStatus.UNDONE, RequestStatus.REJECTED): "taken up by the next plan",
    (RequestStatus.UNDONE, RequestStatus.ABANDONED): "audience gone",
}
ROW_TRANSITIONS: Final[Transitions] = {
    (None, RowState.ADDING): "planned",
    (None, RowState.ACCEPTED): "new row taken in",
    (None, RowState.PRESENT): "new row delivered",
    (RowState.ADDING, RowState.PRESENT): "delivered",
    (RowState.ADDING, RowState.ACCEPTED): "taken in",
    (RowState.ADDING, RowState.REFUSED): "refused",
    (RowState.ADDING, RowState.REMOVING): "removal planned",
    (RowState.ACCEPTED, RowState.PRESENT): "confirmed",
    (RowState.ACCEPTED, RowState.ADDING): "not done, or to be sent again",
    (RowState.ACCEPTED, RowState.REMOVING): "removal planned",
    (RowState.PRESENT, RowState.ADDING): "to be sent again",
    (RowState.PRESENT, RowState.REMOVING): "removal planned",
    (RowState.REFUSED, RowState.ADDING): "to be sent again",
    (RowState.REFUSED, RowState.REMOVING): "removal planned",
    (RowState.REMOVING, RowState.ADDING): "planned again",
    (RowState.REMOVING, RowState.LEAVING): "removal taken in",
    (RowState.REMOVING, RowState.ACCEPTED): "new row taken in",
    (RowState.REMOVING, RowState.PRESENT): "new row delivered",
    (RowState.LEAVING, RowState.REMOVING): "not done, or removal planned",
    (RowState.LEAVING, RowState.ADDING): "planned again",
    (RowState.LEAVING, RowState.ACCEPTED): "new row taken in",
    (RowState.LEAVING, RowState.PRESENT): "new row delivered",
    **{(state, None): "removed, or its audience is gone" for state in RowState},
}
AUDIENCE_TRANSITIONS: Final[Transitions] = {
    (None, AudienceStatus.ACTIVE): "created",
    (AudienceStatus.ACTIVE, AudienceStatus.PAUSED): "paused, or its platform disconnected",
    (AudienceStatus.PAUSED, AudienceStatus.ACTIVE): "resumed",
    (AudienceStatus.ACTIVE, AudienceStatus.DELETING): "deletion requested",
    (AudienceStatus.PAUSED, AudienceStatus.DELETING): "deletion requested",
    (AudienceStatus.DELETING, AudienceStatus.DELETED): "deleted at the platform",
}
