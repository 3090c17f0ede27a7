"""Counts a workspace's audiences by what the gate says of their pushes now."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Annotated, Final

from api.gate.schemas import AudienceVerdicts
from api.web.concurrency import ConcurrencyLimit
from api.web.deps import state
from api.web.shared import SharedReading
from api.web.transaction import Conn, Transactions
from api.web.values import now
from domain.gate import Verdict
from operators.gate.params import GateParams
from sinks.gate import TrustGate
from store.activation import audiences

SHORT_S: Final = 0.1
"""A count that takes no longer is made anew for each question."""
_REST: Final = 10
"""A longer one stands for so many times as long as it took: counting takes a tenth of a processor
at most, however many look and however often news come."""
_LONGEST_S: Final = 30.0
"""It stands no longer than this."""
JUDGED: Final = 200
"""So many audiences are judged at most, as many as the longest page of the list."""


def stands_s(took_s: float) -> float:
    """For how many seconds a count is given again.

    >>> [stands_s(took_s) for took_s in (0.1, 0.5, 2, 60)]
    [0.0, 5.0, 20, 30.0]
    """
    return 0.0 if took_s <= SHORT_S else min(_REST * took_s, _LONGEST_S)


class VerdictCounts:
    """Judges all audiences of a workspace at once; whoever asks meanwhile shares the next count.

    Args:
        transactions: what the gate's readings are read on.
        params: thresholds.
        limit: how many counts at a time.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        transactions: Transactions,
        params: GateParams,
        limit: ConcurrencyLimit,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._transactions = transactions
        self._params = params
        self._limit = limit
        self._shared: SharedReading[int, AudienceVerdicts] = SharedReading(stands_s, clock)

    async def read(self, workspace: int) -> AudienceVerdicts:
        """Count as of an instant after the call, or before it where counting takes long.

        Raises:
            BusyError: too many wait already.
            psycopg.OperationalError: Postgres does not answer.
        """
        return await self._shared.read(workspace, lambda: self._count(workspace))

    def forget(self, workspace: int) -> None:
        """Count anew for whoever asks from now on: somebody has told the gate something."""
        self._shared.forget(workspace)

    async def _count(self, workspace: int) -> AudienceVerdicts:
        async with self._limit.slot(workspace, cancel_on_disconnect=False):
            at = now()
            return await self._transactions.run(lambda conn: self._judge(conn, workspace, at))

    def _judge(self, conn: Conn, workspace: int, at: datetime) -> AudienceVerdicts:
        platforms = audiences.living(conn, workspace, JUDGED + 1)
        exact = len(platforms) <= JUDGED
        first = dict(list(platforms.items())[:JUDGED])
        judged = TrustGate(conn, self._params).judge_pushes(workspace, first, at)
        counts = Counter(one.decision.verdict for one in judged.values())
        return AudienceVerdicts(
            as_of=at,
            passing=counts[Verdict.PASS],
            held=counts[Verdict.HOLD],
            blocked=counts[Verdict.BLOCK],
            exact=exact,
        )


VerdictCountsDep = Annotated[VerdictCounts, state("verdicts")]
"""Parameter of a route that counts verdicts, or changes what they rest on."""
