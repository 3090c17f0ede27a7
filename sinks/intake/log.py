"""The writing end of the event log: what every log offers to whoever appends, and how it says no.

Implementations: `sinks.intake.valkey` (embedded) and `sinks.intake.kafka` (production).
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, Protocol

from domain.intake.log_refusal import LogRefusal
from domain.intake.partitioning import record_key

Entry = tuple[bytes, bytes]
"""A record with its partition key (`domain.intake.partitioning`): (key, value)."""
_VALUE: Final = itemgetter(1)


def bytes_of(entries: Iterable[Entry]) -> int:
    """Length of all records together, in bytes, without their keys."""
    return sum(map(len, map(_VALUE, entries)))


class LogUnavailableError(Exception):
    """The log did not confirm the records.

    Some of them may be in it all the same; appending them again changes nothing but counters.

    Args:
        reason: what is wrong.
        retry_after_s: when it is worth trying again.
        detail: more about it for whoever mends it, without personal data.
    """

    def __init__(self, reason: LogRefusal, retry_after_s: float, detail: str = "") -> None:
        super().__init__(f"{reason.meaning} ({reason}{f': {detail}' if detail else ''})")
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.detail = detail


class LogFullError(LogUnavailableError):
    """The log takes nothing for the moment because there is no room.

    Back-pressure rather than a fault.
    """


class EventLog(Protocol):
    """Appends records durably.

    Records of one key keep the order of the calls that were awaited one after the other.
    """

    async def append(self, entries: Sequence[Entry]) -> None:
        """Append records and return once the log holds all of them durably.

        Args:
            entries: key and value of each record, in order.

        Raises:
            LogFullError: back-pressure; none of the records was taken, or not all.
            LogUnavailableError: no confirmation came.
        """
        ...

    async def refusal(self) -> LogUnavailableError | None:
        """Why an append would be refused now.

        None where it would be tried: the log answers and there is room.
        """
        ...

    async def close(self) -> None:
        """Flush what is under way and close the connections."""
        ...


def keyed(records: Iterable[bytes]) -> list[Entry]:
    """Give existing records (re-driven ones, commands) the partition key of the collector."""
    return [(record_key(record), record) for record in records]
