"""Asks a platform for the results of the writes that it accepted.

Only what the platform reports as done is confirmed; the rest is planned again.

Nothing is kept in the process: what is to be asked about, and when, is in the journal of requests.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from domain.instants import to_ms
from domain.signals import metrics
from sinks.activation import platform_signal
from sinks.activation.attempt import Attempt, word_of
from sinks.activation.destination import Destination
from sinks.ads.outcomes import Delivered, Processed, Rejected, Retry
from sinks.ads.platform import Status
from store.activation import due, receipts
from store.activation.receipts import Receipt

FAILED: Final = "FAILED"
_UNKNOWN_THERE: Final = frozenset({"missing", "invalid"})
"""Reasons that say that the platform will never tell.

What it did is unknown, and doing it again is harmless.
"""


class Confirmation:
    """Asks for results.

    Args:
        conn: connection in autocommit mode, used by nobody else meanwhile.
        destinations: platform name → destination.
        ask_again_after: wait where the platform could not be asked.
        now: aware clock.
    """

    def __init__(
        self,
        conn: Connection[Any],
        destinations: Mapping[str, Destination],
        ask_again_after: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._conn = conn
        self._destinations = destinations
        self._ask_again_after = ask_again_after
        self._now = now

    def __call__(self, receipt: Receipt) -> Attempt | None:
        """Ask for one; None where nobody was asked."""
        destination = self._destinations[receipt.platform]
        with due.audience_lock(self._conn, receipt.audience_id) as held:
            if not held or not destination.rate_limit.try_acquire():
                return None
            outcome, reason = destination.call(Status(receipt.receipt)), ""
            with self._conn.transaction():
                match outcome:
                    case Processed() if not _done(receipt, outcome):
                        reason = "not_processed"
                        receipts.refuse(self._conn, receipt, reason, outcome.readback, self._now())
                        outcome = Rejected(reason)
                    case Processed(invalid=invalid, readback=said):
                        receipts.confirm(self._conn, receipt, invalid, said, self._now())
                        self._count(receipt, outcome)
                    case Delivered():
                        raise TypeError("a Status is answered with Processed")
                    case Rejected(reason=reason) if reason in _UNKNOWN_THERE:
                        receipts.refuse(self._conn, receipt, reason, {}, self._now())
                    case Rejected(reason=reason):
                        receipts.ask_again(self._conn, receipt, reason, self._at_ms(None))
                    case Retry(reason=reason, after_s=after_s):
                        receipts.ask_again(self._conn, receipt, reason, self._at_ms(after_s))
        return Attempt(
            push_id=receipt.push_id,
            seq=receipt.seq,
            audience_id=receipt.audience_id,
            platform=receipt.platform,
            kind=receipt.kind,
            operation="status",
            rows=receipt.rows,
            outcome=word_of(outcome),
            reason=reason,
            push_done=False,
        )

    def _at_ms(self, after_s: float | None) -> int:
        wait = self._ask_again_after if after_s is None else timedelta(seconds=after_s)
        return to_ms(self._now() + wait)

    def _count(self, receipt: Receipt, outcome: Processed) -> None:
        """Add what the platform says about rows and matches to its signal."""
        said = outcome.readback
        amounts: dict[str, float] = {metrics.ROWS_REJECTED: outcome.invalid}
        amounts |= platform_signal.of_match_rate(
            said.get("match_rate_low"), said.get("match_rate_high")
        )
        platform_signal.add(
            self._conn, receipt.workspace_id, receipt.platform, to_ms(self._now()), amounts
        )


def _done(receipt: Receipt, outcome: Processed) -> bool:
    """Whether the platform did it.

    A removal done in part counts as not done, because the platform does not report whom it left.
    """
    return outcome.readback.get("status") != FAILED and (
        receipt.operation == "add" or not outcome.invalid
    )
