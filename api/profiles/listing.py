"""Which people a listing is asked for, and cursors that belong to one such question only."""

from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Query

from api.web.errors import UnprocessableError
from api.web.paging import BadCursorError, Paging, encode_cursor
from api.web.values import Instant
from domain.profiles.consent import purpose_of
from domain.profiles.profile import Stage
from store.profiles.filters import ConsentFilter, ConsentState, ProfileFilter
from store.profiles.pages import Cursor

_STATES: dict[str, ConsentState] = {
    "granted": "granted",
    "refused": "refused",
    "unstated": "unstated",
}


async def _filter(
    stage: Annotated[
        Stage | None, Query(description="Only people in this lifecycle stage.")
    ] = None,
    seen_since: Annotated[
        Instant | None, Query(description="Only people with an event at or after this instant.")
    ] = None,
    search: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=256,
            description="Prefix of any identifier's value, as written or in lower case.",
            examples=["mary@"],
        ),
    ] = None,
    segment: Annotated[
        int | None, Query(ge=0, lt=2**31, description="Only members of this segment.")
    ] = None,
    consent: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=256,
            description="Only people who granted this purpose; `<purpose>:refused` and"
            " `<purpose>:unstated` ask for the others.",
            examples=["advertising", "advertising:refused"],
        ),
    ] = None,
    sort: Annotated[
        Literal["last_seen", "first_seen"] | None,
        Query(
            description="Newest first; people without events come last. Somebody who is seen again"
            " while you page moves to the first page of `last_seen`."
        ),
    ] = None,
) -> ProfileFilter:
    if sort is not None and search is not None:
        raise UnprocessableError(
            "A search is answered in the order of identifiers: leave `sort` or `search` out."
        )
    return ProfileFilter(
        stage.value if stage else None,
        seen_since,
        search,
        segment,
        None if consent is None else _consent(consent),
        sort,
    )


ProfileFilterDep = Annotated[ProfileFilter, Depends(_filter)]
"""Parameter of a route that lists people."""


def _consent(text: str) -> ConsentFilter:
    """Read ``<purpose>`` or ``<purpose>:<state>``.

    Raises:
        UnprocessableError: nothing is left of the purpose.
    """
    purpose, _, state = text.rpartition(":")
    if not purpose or state not in _STATES:
        purpose, state = text, "granted"
    spelled = purpose_of(purpose)
    if not spelled:
        raise UnprocessableError("`consent` names no purpose.")
    return ConsentFilter(spelled, _STATES[state])


def place_of(paging: Paging, wanted: ProfileFilter) -> Cursor | None:
    """Where the page before ended; None for the first page.

    Raises:
        BadCursorError: the cursor is none of this listing, or belongs to other filters.
    """
    parts = paging.after(UUID, str, datetime | None, str)
    if parts is None:
        return None
    key, value, at, mark = parts
    if mark != _mark(wanted):
        raise BadCursorError(
            "the cursor belongs to another sort or other filters; begin at the first page"
        )
    return Cursor(key, value, at)


def cursor_of(place: Cursor, wanted: ProfileFilter) -> str:
    """The cursor that leads on from a place, with these filters only."""
    return encode_cursor(place.key, place.value, place.at, _mark(wanted))


def _mark(wanted: ProfileFilter) -> str:
    return blake2b(msgspec.json.encode(wanted), digest_size=8).hexdigest()
