"""Computes previews for routes: each in a thread and on a connection of its own, a few at a time, so that requests go on meanwhile."""

import asyncio
from datetime import timedelta
from time import monotonic
from typing import Annotated, Final

from fastapi import Depends, Request

from config.settings import Settings
from store.definitions.versions import Author
from store.fetch import in_transaction
from store.segments.preview import Asked, Preview, Previews

_PATIENCE: Final = 4
"""A statement that takes so many times the deadline is stuck."""


class PreviewDesk:
    """Takes previews in turn.

    Args:
        settings: the configuration.
    """

    def __init__(self, settings: Settings) -> None:
        params = settings.query.preview
        self._dsn = settings.postgres.dsn
        self._previews = Previews(
            settings.profile, tuple(settings.identity.kinds), params, monotonic
        )
        self._timeout: timedelta = _PATIENCE * params.deadline
        self._turn = asyncio.Semaphore(params.at_once)

    async def answer(self, author: Author, asked: Asked) -> Preview:
        """Compute one preview.

        Raises:
            DefinitionError: there is no such segment, or the rule refers to what is not there.
            psycopg.OperationalError: Postgres cannot be reached or cancels a statement.
        """
        async with self._turn:
            dsn = self._dsn.get_secret_value()
            return await asyncio.to_thread(
                in_transaction,
                dsn,
                lambda conn: self._previews.of(conn, author, asked),
                self._timeout,
            )


async def desk(request: Request) -> PreviewDesk:
    """The process's `PreviewDesk`, put there by ``api.app``."""
    found: PreviewDesk = request.app.state.previews
    return found


Desk = Annotated[PreviewDesk, Depends(desk)]
"""Parameter of a route that computes previews."""
