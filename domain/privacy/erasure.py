"""Words of privacy: what an erasure asks for, what it leaves behind, and the steps to its end."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from domain.ids import IdentifierKey

NEVER_MS: Final = -(2**63)
"""Until when an identifier is suppressed of which only the version is remembered."""
FOREVER_MS: Final = 2**63 - 1
"""Until when an identifier is suppressed where nothing of it may ever come back, ms since 1970."""


class Afterwards(StrEnum):
    """What becomes of activity after an erasure.

    Attributes:
        NEW: it makes a new person, who has nothing of the erased one.
        REFUSE: events of the erased identifiers are never kept again.
    """

    NEW = "new"
    REFUSE = "refuse"


class RequestKind(StrEnum):
    """What a person may ask for, what ends it, and what is done to them without being asked.

    Attributes:
        RESTRICTION: their data are kept and used for nothing.
        RELEASE: of a restriction, which ends it.
        OBJECTION: their data are not used for some purposes.
        RETENTION: an erasure of people who have been inactive for longer than they are kept.
    """

    ERASURE = "erasure"
    ACCESS = "access"
    RESTRICTION = "restriction"
    RELEASE = "release"
    OBJECTION = "objection"
    RETENTION = "retention"


ERASING: Final = (RequestKind.ERASURE, RequestKind.RETENTION)
"""Requests that remove people, with steps and a receipt."""
STATED: Final = (RequestKind.RESTRICTION, RequestKind.RELEASE, RequestKind.OBJECTION)
"""Requests that are a statement of the person: completed once the engine has taken it in."""


class RequestStatus(StrEnum):
    """How far a request is; the last three only where it is one of access.

    Attributes:
        NOT_SENT: the event log has not confirmed its command; it can be sent again.
        REQUESTED: the log has its command, and the engine has not processed it; or the archive
            waits for its writer.
        PROCESSING: the person is removed, and steps are left to do; or the archive is being
            written.
        COMPLETED: every step is done; or the engine has taken in the statement.
        READY: the archive can be downloaded.
        EXPIRED: the archive is gone.
        FAILED: there is no archive.
    """

    NOT_SENT = "not_sent"
    REQUESTED = "requested"
    PROCESSING = "processing"
    COMPLETED = "completed"
    READY = "ready"
    EXPIRED = "expired"
    FAILED = "failed"


class Step(StrEnum):
    """What is left to do once the engine has removed a person, each done once or again.

    Attributes:
        NEIGHBOURS: other people's events no longer name the erased identifiers.
        DEAD_LETTERS: dead letters that name them are gone.
        CACHE: the profile cache holds nothing of them.
        EXPORTS: no file of an export or archive of access holds them.
        LOG: the log holds no record of them that could still be removed.
        PLATFORMS: every platform that had them has confirmed that they are off its list.
        SENT: what was sent of them is no longer stored, nor their changes of segments.
    """

    NEIGHBOURS = "neighbours"
    DEAD_LETTERS = "dead_letters"
    CACHE = "cache"
    EXPORTS = "exports"
    LOG = "log"
    PLATFORMS = "platforms"
    SENT = "sent"


class RecipientOutcome(StrEnum):
    """How a platform's list lost a person.

    Attributes:
        REMOVED: it confirmed the removal.
        LIST_DELETED: the list itself was deleted there.
        LEFT_BEFORE: they had been removed before the erasure.
    """

    REMOVED = "removed"
    LIST_DELETED = "list_deleted"
    LEFT_BEFORE = "left_before"


class Erased(NamedTuple):
    """What is remembered of an erased identifier, beside its digest.

    Attributes:
        until_ms: events that happened until then, and name it, are not kept; ms since 1970.
        version: of the person who had it; whoever gets the id again begins beyond it.
    """

    until_ms: int
    version: int


def void(
    pair: tuple[IdentifierKey, IdentifierKey], at_ms: int, erased: Mapping[IdentifierKey, Erased]
) -> bool:
    """Whether a command about a pair that arrived at an instant was erased with an end of it."""
    return any(key in erased and at_ms <= erased[key].until_ms for key in pair)
