"""How retention is paced."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RetentionParams:
    """How what is older than a workspace keeps it is removed.

    Attributes:
        poll_interval: pause between two looks while there is nothing to do.
        interval: a class of a workspace is gone through once in so long, and whenever its policy
            changes.
        batch: rows that one transaction removes.
        people: inactive people that one command erases.
        pause: between two batches.
        export_patience: while a file of an export is written, the next batch of people waits for
            it, but no longer than this: whoever is erased has it begin anew.
        resend_after: a command that the engine has not processed for so long is sent again.
        counted: rows that a preview counts; of more it has an estimate.
    """

    poll_interval: timedelta = timedelta(seconds=5)
    interval: timedelta = timedelta(days=1)
    batch: int = 500
    people: int = 100
    pause: timedelta = timedelta(milliseconds=100)
    export_patience: timedelta = timedelta(hours=1)
    resend_after: timedelta = timedelta(minutes=10)
    counted: int = 100_000

    def __post_init__(self) -> None:
        if min(self.batch, self.people, self.counted) < 1:
            raise ValueError("retention takes at least one of everything")
        if min(self.poll_interval, self.interval, self.resend_after) <= timedelta():
            raise ValueError("retention rests between looks and between runs")
        if min(self.pause, self.export_patience) < timedelta():
            raise ValueError("a pause is not negative, nor is patience")
