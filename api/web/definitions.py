"""What routes that change definitions share: who changes them, and the version that they saw."""

from typing import Annotated, Final

from fastapi import Depends, Header

from api.web.deps import Operator, SettingsDep
from api.web.errors import BadRequestError
from config.settings import Settings
from store.definitions.versions import Author

_VERSION_LIMIT: Final = 2**31


def author_of(settings: Settings, workspace: int, actor: str) -> Author:
    """Who changes definitions, with the configuration's bounds."""
    return Author(workspace, actor, frozenset(settings.identity.kinds), settings.definitions)


async def _author(caller: Operator, settings: SettingsDep) -> Author:
    return author_of(settings, caller.workspace, caller.actor)


AuthorDep = Annotated[Author, Depends(_author)]
"""Parameter of a route that changes definitions: an `Operator` as author."""


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
