"""Words of access: how far an archive is, why it is no more, and how the audit log calls it."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.values import Transitions

REQUESTED: Final = "access"
"""Action of the audit entry that a request rests on; its subject is the person."""


class ArchiveStatus(StrEnum):
    """How far an archive is.

    Attributes:
        REQUESTED: it waits for a writer.
        PROCESSING: it is being written.
        READY: it can be downloaded.
        EXPIRED: its file is gone: it was kept long enough, or somebody in it was erased.
        FAILED: there is no file; `ArchiveReason` says why.
    """

    REQUESTED = "requested"
    PROCESSING = "processing"
    READY = "ready"
    EXPIRED = "expired"
    FAILED = "failed"


class ArchiveReason(StrEnum):
    """Why there is no file.

    Attributes:
        KEPT: long enough.
        ERASED: somebody in it was erased.
        GONE: nobody has the identifiers of the request any more.
        PARTED: several people have them by now; ask for each.
        DISK: it could not be written.
        ERROR: something that nobody expected; the log has the place.
        WRITER_DIED: several writers ended without a word.
    """

    KEPT = "kept"
    ERASED = "erased"
    GONE = "gone"
    PARTED = "parted"
    DISK = "disk"
    ERROR = "error"
    WRITER_DIED = "writer_died"


UNDER_WAY: Final = (ArchiveStatus.REQUESTED, ArchiveStatus.PROCESSING)
"""Archives that are not written yet."""
WITH_FILE: Final = (ArchiveStatus.PROCESSING, ArchiveStatus.READY)
"""Archives of which a file may be there, whole or in part."""
ARCHIVE_TRANSITIONS: Final[Transitions] = {
    (None, ArchiveStatus.REQUESTED): "asked for",
    (ArchiveStatus.REQUESTED, ArchiveStatus.PROCESSING): "taken up by a writer",
    (ArchiveStatus.PROCESSING, ArchiveStatus.REQUESTED): "given back",
    (ArchiveStatus.PROCESSING, ArchiveStatus.READY): "all written",
    (ArchiveStatus.PROCESSING, ArchiveStatus.FAILED): "given up, writers died, or they were erased",
    (ArchiveStatus.REQUESTED, ArchiveStatus.FAILED): "they were erased",
    (ArchiveStatus.FAILED, ArchiveStatus.REQUESTED): "asked for again",
    (ArchiveStatus.READY, ArchiveStatus.EXPIRED): "kept long enough, parted, or they were erased",
}
"""What changes the status of an archive; None: there is none yet."""


def subject_of(command: UUID) -> str:
    """What the audit log calls an access request.

    Args:
        command: digest of the request's id.
    """
    return f"access:{command}"
