"""Runs changes of definitions for routes: one transaction of the store in a thread, with the caller as author."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

from fastapi import Depends, Header

from api.web.deps import Caller, Held
from api.web.errors import BadRequestError
from config.settings import Settings
from store.definitions.versions import Author
from store.fetch import in_transaction

T = TypeVar("T")

_VERSION_LIMIT: Final = 2**31


def author_of(settings: Settings, workspace: int, actor: str) -> Author:
    """Who changes definitions, with the configuration's bounds."""
    return Author(workspace, actor, frozenset(settings.identity.kinds), settings.definitions)


async def define(held: Held, caller: Caller, work: Callable[[Any, Author], T]) -> T:
    """Run one change of definitions and commit it.

    Args:
        held: the process's connections.
        caller: the author.
        work: called with a blocking connection in a transaction, and the author.

    Raises:
        DefinitionError: as `work` does; nothing is changed.
        psycopg.OperationalError: Postgres cannot be reached, or the wait for others took too long.
    """
    settings = held.settings
    author = author_of(settings, caller.workspace, caller.actor)
    dsn, timeout = settings.postgres.dsn.get_secret_value(), settings.edge.statement_timeout
    return await asyncio.to_thread(
        in_transaction, dsn, lambda connection: work(connection, author), timeout
    )


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            max_length=100,
            description="Newest version that you have seen, as `ETag` gave it; 409 when there is another.",
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit()) or len(number) > len(str(_VERSION_LIMIT)):
        raise BadRequestError('If-Match is a version in quotes, like "3".')
    return int(number)


Expected = Annotated[int | None, Depends(_expected)]
"""Parameter of a route that changes what the client has read: the version in ``If-Match``, None without it."""


def etag(version: int) -> dict[str, str]:
    """The header that names a definition's newest version."""
    return {"ETag": f'"{version}"'}
