"""Lists an account's user lists as the Data Manager API does: filter, page size, page token.

A filter is equalities of name and description joined by AND. Pages follow the ids, and a token
names the last one shown. Source: Data Manager API v1: userLists.list.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from local.platforms.google.lists import UserList
from local.platforms.google.proto_json import invalid

PARAMETERS: Final = frozenset({"filter", "pageSize", "pageToken"})
LONGEST_PAGE: Final = 1_000
_USUAL_PAGE: Final = 50
_CONDITION: Final = re.compile(
    r'\s*(display_name|displayName|description)\s*=\s*"((?:[^"\\]|\\.)*)"\s*'
)


def listed(query: Mapping[str, str], held: Iterable[UserList]) -> dict[str, Any]:
    """Answer one page.

    Args:
        query: parameters of the request.
        held: all lists of the account.

    Raises:
        ApiError: a parameter cannot be read.
    """
    wanted = _conditions(query.get("filter", ""))
    size, token = query.get("pageSize", str(_USUAL_PAGE)), query.get("pageToken", "after-0")
    if not size.isdigit():
        raise invalid("The page size is not a number", "INVALID_FORMAT", "page_size")
    if not re.fullmatch(r"after-\d+", token):
        raise invalid("The page token is not valid", "INVALID_PAGE_TOKEN", "page_token")
    first = int(token.removeprefix("after-"))
    matching = sorted(
        (
            one
            for one in held
            if int(one.id) > first and all(getattr(one, name) == text for name, text in wanted)
        ),
        key=lambda one: int(one.id),
    )
    shown = matching[: min(int(size) or _USUAL_PAGE, LONGEST_PAGE)]
    answer: dict[str, Any] = {"userLists": [one.shown() for one in shown]} if shown else {}
    if len(matching) > len(shown):
        answer["nextPageToken"] = f"after-{shown[-1].id}"
    return answer


def _conditions(filter_text: str) -> list[tuple[str, str]]:
    """Read a filter of equalities joined by AND; gives (attribute, value) pairs."""
    found = []
    for part in (
        re.split(r"\bAND\b(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", filter_text) if filter_text else []
    ):
        condition = _CONDITION.fullmatch(part)
        if condition is None:
            raise invalid("The filter cannot be read", "INVALID_FILTER", "filter")
        found.append(
            (
                "description" if condition[1] == "description" else "name",
                re.sub(r"\\(.)", r"\1", condition[2]),
            )
        )
    return found
