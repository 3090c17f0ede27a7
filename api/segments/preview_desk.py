"""Computes previews for routes: in transactions with more patience, a few at a time.

What the gate says of the pushes that would follow is asked in the same transaction, and not
recorded.
"""

from datetime import datetime, timedelta
from time import monotonic
from typing import Annotated, Final

from api.web.concurrency import ConcurrencyLimit
from api.web.deps import state
from api.web.transaction import Conn, Transactions
from config.settings import Settings
from sinks.gate import PendingDecision, TrustGate
from store.definitions.drafts import Author
from store.segments.preview import PreviewQuery, Previews
from store.segments.previewed import Preview

_PATIENCE: Final = 4
"""A statement that takes so many times the deadline is stuck."""


class PreviewDesk:
    """Takes previews in turn.

    Args:
        settings: the configuration.
        transactions: run the previews.
        limit: how many at a time.
    """

    def __init__(
        self, settings: Settings, transactions: Transactions, limit: ConcurrencyLimit
    ) -> None:
        params = settings.query.preview
        self._transactions = transactions
        self._gate = settings.gate
        self._previews = Previews(
            settings.profile, tuple(settings.identity.kinds), params, monotonic
        )
        self._timeout: timedelta = _PATIENCE * params.deadline
        self._limit = limit

    async def answer(
        self, author: Author, request: PreviewQuery, at: datetime
    ) -> tuple[Preview, list[PendingDecision]]:
        """Compute one preview, and judge a push of each audience that follows.

        Args:
            author: workspace, known identifier kinds, bounds.
            request: what.
            at: the instant of the judgement.

        Returns:
            The preview, and a decision for each of its audiences.

        Raises:
            BusyError: too many wait already.
            DefinitionError: there is no such segment, or the rule refers to what is not there.
            psycopg.OperationalError: Postgres cannot be reached or cancels a statement.
        """
        async with self._limit.slot(author.workspace):
            return await self._transactions.read(
                lambda conn: self._judged(conn, author, request, at), self._timeout
            )

    def _judged(
        self, conn: Conn, author: Author, request: PreviewQuery, at: datetime
    ) -> tuple[Preview, list[PendingDecision]]:
        found = self._previews.preview(conn, author, request)
        gate = TrustGate(conn, self._gate)
        return found, [
            gate.judge(author.workspace, one.platform, one.id, "push", at).sized(
                one.adds.value, one.removes.value
            )
            for one in found.audiences
        ]


Desk = Annotated[PreviewDesk, state("previews")]
"""Parameter of a route that computes previews."""
