"""Runs what people tell activation for routes: one transaction of the store in a thread, with the caller as actor."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg import Connection

from api.web.deps import Connections
from api.web.errors import ConflictError, NotFoundError
from store.activation.commands import AudienceCommandError, UnknownAudienceError
from store.fetch import in_transaction

T = TypeVar("T")


async def command(held: Connections, work: Callable[[Connection[Any], datetime], T]) -> T:
    """Run one change, or one look, and commit it.

    Args:
        held: the process's connections.
        work: called with a blocking connection in a transaction and the clock.

    Raises:
        NotFoundError: the workspace has no such audience or segment.
        ConflictError: it cannot be done as things stand.
        psycopg.OperationalError: Postgres cannot be reached, or the wait for others took too long.
    """
    dsn, timeout = (
        held.settings.postgres.dsn.get_secret_value(),
        held.settings.edge.statement_timeout,
    )
    try:
        return await asyncio.to_thread(
            in_transaction, dsn, lambda conn: work(conn, datetime.now(UTC)), timeout
        )
    except UnknownAudienceError as error:
        raise NotFoundError(str(error)) from error
    except AudienceCommandError as error:
        raise ConflictError(str(error)) from error
