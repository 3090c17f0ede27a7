"""The receipt of an erasure: what was asked for, what was removed, and the entries that prove it.

It names identifiers, people and messages by their keyed digests only, so it can be kept for as long
as the proof is needed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from domain.instants import utc
from domain.privacy.erasure import Afterwards, RecipientOutcome, RequestStatus, Step

FORMAT: Final = "stratum-erasure-receipt"
VERSION: Final = 1

REQUESTED: Final = "erase"
"""Action of the audit entry that a request rests on; its subject is the person."""
PROCESSED: Final = "erasure.processed"
"""Action of the entry by which the engine says what it removed; its subject is the command."""
COMPLETED: Final = "erasure.completed"
"""Action of the entry that every step is done; its subject is the command."""


_At = Annotated[datetime, msgspec.Meta(tz=True)]
_Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


def subject_of(command: UUID) -> str:
    """What the audit log calls an erasure once it is a command."""
    return f"erasure:{command}"


class Removed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much the engine removed, by what it is."""

    identifiers: int
    events: int
    links: int
    merges: int
    memberships: int


class StepDone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step and when it was done; None while it is not."""

    step: Step
    at: _At | None
    removed: dict[str, int]


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An audience that had the person, and what became of that.

    Attributes:
        audience: its name here.
        listed: whether they were on the platform's list when they were erased.
        confirmed_at: when the platform had confirmed that they are off it.
        outcome: how; None until then.
    """

    audience_id: int
    platform: str
    audience: str
    listed: bool
    confirmed_at: _At | None
    outcome: RecipientOutcome | None


class AuditRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of the audit log as the chain covers it, with its link.

    Attributes:
        hash: of the link, 64 hex digits.
        at_us: when it was recorded, microseconds since 1970 UTC.
        detail: its particulars, as PostgreSQL writes that JSON.
    """

    seq: int
    hash: str
    id: int
    at_us: int
    actor: str
    action: str
    subject: str
    detail: str


class ErasureReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One erasure from request to proof, as of `issued_at`.

    Attributes:
        request: its number in the register.
        command: digest of the command's id; names the erasure in the audit log.
        identifiers: that the request names, 32 hex digits each.
        until_ms: events that happened until then and name one of them are not kept, ms since 1970;
            None: no event ever is.
        joined: identifiers that the person had by then and kept, as the request does not name them.
    """

    format: str
    version: int
    issued_at: _At
    workspace: str
    request: _Id
    command: UUID
    command_id: str
    profile: UUID
    identifiers: tuple[str, ...]
    afterwards: Afterwards
    reason: str
    requested_by: str
    requested_at: _At
    due_at: _At
    status: RequestStatus
    processed_at: _At
    completed_at: _At | None
    until_ms: int | None
    removed: Removed
    joined: int
    steps: tuple[StepDone, ...]
    recipients: tuple[Recipient, ...]
    audit: tuple[AuditRow, ...]

    @property
    def recorded(self) -> bool:
        """Whether the audit log has what was removed: upkeep enters it, shortly after."""
        return any(row.action == PROCESSED for row in self.audit)


def steps_of(stored: Mapping[str, Any]) -> tuple[StepDone, ...]:
    """Every step in order, done or not.

    Args:
        stored: step → when it was done and what it removed, as the job keeps it.
    """
    return tuple(_step(step, stored.get(step.value) or {}) for step in Step)


def _step(step: Step, said: Mapping[str, Any]) -> StepDone:
    counts = {
        name: value
        for name, value in said.items()
        if isinstance(value, int) and not isinstance(value, bool) and name != "at"
    }
    return StepDone(step, _instant(said.get("at")), counts)


def _instant(said: object) -> datetime | None:
    """An instant as JSON holds it: in words, or in milliseconds."""
    if isinstance(said, str):
        return datetime.fromisoformat(said)
    return utc(said) if isinstance(said, int) else None
