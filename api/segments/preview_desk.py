"""Computes previews for routes: in transactions with more patience, a few at a time."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Annotated, Final

from api.web.deps import state
from api.web.transaction import Transactions
from config.settings import Settings
from store.definitions.drafts import Author
from store.segments.preview import Preview, PreviewQuery, Previews

_PATIENCE: Final = 4
"""A statement that takes so many times the deadline is stuck."""


class PreviewDesk:
    """Takes previews in turn.

    Args:
        settings: the configuration.
        transactions: run the previews.
    """

    def __init__(self, settings: Settings, transactions: Transactions) -> None:
        params = settings.query.preview
        self._transactions = transactions
        self._previews = Previews(
            settings.profile, tuple(settings.identity.kinds), params, monotonic
        )
        self._timeout: timedelta = _PATIENCE * params.deadline
        self._turn = asyncio.Semaphore(params.at_once)

    async def answer(self, author: Author, request: PreviewQuery) -> Preview:
        """Compute one preview.

        Raises:
            DefinitionError: there is no such segment, or the rule refers to what is not there.
            psycopg.OperationalError: Postgres cannot be reached or cancels a statement.
        """
        async with self._turn:
            return await self._transactions.run(
                lambda conn: self._previews.preview(conn, author, request), self._timeout
            )


Desk = Annotated[PreviewDesk, state("previews")]
"""Parameter of a route that computes previews."""
