"""What routes that change definitions share: who changes them, and the version that they saw."""

from dataclasses import dataclass, replace
from typing import Annotated, Final

from fastapi import Depends, Header, Response

from api.web.deps import Operator, SettingsDep
from api.web.errors import BadRequestError
from api.web.texts import ReasonDep
from api.web.transaction import Transactions, TransactionsDep
from config.settings import Settings
from store.definitions.drafts import Author, Draft, Kind
from store.definitions.versions import save

_VERSION_LIMIT: Final = 2**31


def author_of(settings: Settings, workspace: int, actor: str) -> Author:
    """Who changes definitions, with the configuration's bounds."""
    return Author(workspace, actor, frozenset(settings.identity.kinds), settings.definitions)


async def _author(caller: Operator, settings: SettingsDep) -> Author:
    return author_of(settings, caller.workspace, caller.actor)


AuthorDep = Annotated[Author, Depends(_author)]
"""Parameter of a route that changes definitions: an `Operator` as author."""


async def _reasoned(author: AuthorDep, reason: ReasonDep) -> Author:
    return replace(author, reason=reason)


ReasonedAuthorDep = Annotated[Author, Depends(_reasoned)]
"""Like `AuthorDep`, where the body may say why."""


async def _expected(
    if_match: Annotated[
        str | None,
        Header(
            max_length=100,
            description="Newest version that you have seen, as `ETag` gave it;"
            " 409 when there is another.",
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
"""Parameter of a route that changes what the client has read.

The version in ``If-Match``, None without it.
"""


def etag(version: int) -> dict[str, str]:
    """The header that names a definition's newest version."""
    return {"ETag": f'"{version}"'}


@dataclass(frozen=True)
class Saving:
    """How a new version of a definition is saved, and its number answered.

    Attributes:
        author: who saves.
        transactions: run the change.
        expected: the version in ``If-Match``; None without it.
        response: gets the new version's ``ETag``.
    """

    author: Author
    transactions: Transactions
    expected: int | None
    response: Response

    async def save(self, kind: Kind, number: int, draft: Draft, seen: int | None) -> None:
        """Save a draft.

        Args:
            kind: of the definition.
            number: its id.
            draft: what to save.
            seen: the version in the body, where ``If-Match`` names none.

        Raises:
            MissingDefinitionError: there is no such definition.
            DefinitionConflictError: another version is the newest, or the name is taken.
        """
        expected = seen if self.expected is None else self.expected
        version = await self.transactions.run(
            lambda conn: save(conn, self.author, kind, number, draft, expected)
        )
        self.response.headers.update(etag(version))


async def _saving(
    author: AuthorDep, transactions: TransactionsDep, expected: Expected, response: Response
) -> Saving:
    return Saving(author, transactions, expected, response)


SavingDep = Annotated[Saving, Depends(_saving)]
"""Parameter of a route that saves a new version of a definition."""
