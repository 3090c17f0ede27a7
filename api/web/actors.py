"""Names of the people behind ``key:<id>``: each stands beside it as ``<field>_name``."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, TypeVar

from pydantic import Field

from api.web.deps import Caller
from api.web.paging import Page
from api.web.values import View
from store.fetch import Pool
from store.workspaces import registry

_PREFIX: Final = "key:"
_SUFFIX: Final = "_name"
_IDS: Final = range(2**31)
V = TypeVar("V", bound=View)

ActorName = Annotated[
    str | None,
    Field(
        description="The name of that API key, of a revoked one too; null where it is none of this"
        " workspace."
    ),
]
"""A view's field beside one that names an actor; `named` fills it in."""


async def named(pool: Pool, caller: Caller, views: Sequence[V]) -> list[V]:
    """Views with the names of the keys that they mention; one look-up for all of them.

    Args:
        pool: open pool.
        caller: whose workspace's keys may be named.
        views: of one kind; whatever stands beside a field ``<field>_name`` is looked up.
    """
    fields = [
        name.removesuffix(_SUFFIX)
        for name in (type(views[0]).model_fields if views else ())
        if name.endswith(_SUFFIX)
    ]
    keys = _keys(getattr(view, field) for view in views for field in fields)
    if not keys:
        return list(views)
    names = await registry.key_names(pool, caller.workspace, sorted(keys.values()))
    found = {actor: names[key] for actor, key in keys.items() if key in names}
    return [
        view.model_copy(
            update={field + _SUFFIX: found.get(getattr(view, field)) for field in fields}
        )
        for view in views
    ]


async def named_page(pool: Pool, caller: Caller, page: Page[V]) -> Page[V]:
    """Like `named`, for a page of views."""
    return page.model_copy(update={"items": await named(pool, caller, page.items)})


def _keys(actors: Iterable[object]) -> dict[str, int]:
    """Actors that are keys, with their ids."""
    return {
        actor: int(digits)
        for actor in actors
        if isinstance(actor, str) and actor.startswith(_PREFIX)
        if (digits := actor.removeprefix(_PREFIX)).isascii() and digits.isdigit()
        if len(digits) < 11 and int(digits) in _IDS
    }
