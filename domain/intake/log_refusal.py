"""Reasons why the event log refuses: for answers, health, metrics, alerts and the console.

Codes are public: renaming one is a migration.
"""

from enum import StrEnum
from typing import Final


class LogRefusal(StrEnum):
    """The one true reason. Memory, disk and the way to the log are limits of their own."""

    BEHIND = "log_behind"
    MEMORY = "log_memory"
    BUSY = "log_busy"
    DISK = "log_disk"
    NOT_DURABLE = "log_not_durable"
    AWAY = "log_away"
    REFUSED = "log_refused"
    CLOSING = "log_closing"

    @property
    def meaning(self) -> str:
        """One sentence, without a full stop."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    LogRefusal.BEHIND: "Processing is behind: events that wait to be processed fill the event log",
    LogRefusal.MEMORY: (
        "The memory of the event log's server is full of other things than events that wait"
    ),
    LogRefusal.BUSY: "More requests wait for the event log than may wait",
    LogRefusal.DISK: "The event log's disk is nearly full, or cannot be written",
    LogRefusal.NOT_DURABLE: "The event log's server would not keep events durably",
    LogRefusal.AWAY: "The event log does not answer",
    LogRefusal.REFUSED: "The event log's server refuses the events",
    LogRefusal.CLOSING: "This process is about to end",
}
