"""States of dead letters: inputs that could not be processed and are kept for another try."""

from enum import StrEnum
from typing import Final

from domain.values import Transitions


class DeadLetterStatus(StrEnum):
    """The state of a dead letter.

    Attributes:
        RETRYING: its record is on its way into the log again, or waits there.
        RESOLVED: its record has been processed.
    """

    OPEN = "open"
    RETRYING = "retrying"
    RESOLVED = "resolved"


DEAD_LETTER_TRANSITIONS: Final[Transitions] = {
    (None, DeadLetterStatus.OPEN): "not processed",
    (DeadLetterStatus.OPEN, DeadLetterStatus.RETRYING): "retried",
    (DeadLetterStatus.RETRYING, DeadLetterStatus.OPEN): "not in the log, or not processed again",
    (DeadLetterStatus.RETRYING, DeadLetterStatus.RESOLVED): "processed",
    (DeadLetterStatus.OPEN, DeadLetterStatus.RESOLVED): "processed, was in the log after all",
    (DeadLetterStatus.RESOLVED, DeadLetterStatus.OPEN): "another retry was not processed",
}
"""What changes the status of a dead letter; None: there is none yet."""
