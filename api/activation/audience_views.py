"""Shows audiences with what the gate says of their pushes now.

Any number of them takes the same number of statements.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends

from api.activation.audience_sync_schemas import AudienceView
from api.web.deps import PoolDep, SettingsDep
from api.web.errors import NotFoundError
from api.web.transaction import Conn, Transactions, TransactionsDep
from api.web.values import now
from config.settings import Settings
from domain.activation.states import LIVING
from sinks.gate import PendingDecision, TrustGate
from store.activation import audiences
from store.activation.audiences import AudienceRow
from store.fetch import Pool

_JUDGED: Final = frozenset(LIVING)


class AudienceViews:
    """Reads audiences for routes.

    Args:
        settings: thresholds of the gate.
        pool: connections that audiences are read on.
        transactions: what the gate's readings are read on.
    """

    def __init__(self, settings: Settings, pool: Pool, transactions: Transactions) -> None:
        self._settings = settings
        self._pool = pool
        self._transactions = transactions

    async def one(self, workspace: int, audience: int) -> AudienceView:
        """One audience.

        Raises:
            NotFoundError: the workspace has no such audience.
        """
        (view,) = await self.all(workspace, [await self.find(workspace, audience)])
        return view

    async def find(self, workspace: int, audience: int) -> AudienceRow:
        """One audience as it is stored.

        Raises:
            NotFoundError: the workspace has no such audience.
        """
        row = await audiences.by_id(self._pool, workspace, audience)
        if row is None:
            raise NotFoundError("audience")
        return row

    async def all(self, workspace: int, rows: Sequence[AudienceRow]) -> list[AudienceView]:
        """Some audiences of one workspace, in their order."""
        platforms = {row.id: row.platform for row in rows if row.status in _JUDGED}
        judged = await self._judged(workspace, platforms) if platforms else {}
        wait = self._settings.delivery.failed_wait
        return [AudienceView.from_row(row, judged.get(row.id), wait) for row in rows]

    async def _judged(
        self, workspace: int, platforms: dict[int, str]
    ) -> dict[int, PendingDecision]:
        def judge(conn: Conn) -> dict[int, PendingDecision]:
            judged = TrustGate(conn, self._settings.gate).judge_pushes(workspace, platforms, now())
            for one in judged.values():
                _ = one.decision  # computed here, in the thread
            return judged

        return await self._transactions.run(judge)


async def _views(
    settings: SettingsDep, pool: PoolDep, transactions: TransactionsDep
) -> AudienceViews:
    return AudienceViews(settings, pool, transactions)


AudienceViewsDep = Annotated[AudienceViews, Depends(_views)]
"""Parameter of a route that shows audiences."""
