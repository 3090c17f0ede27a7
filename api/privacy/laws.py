"""The law that a request is under, and by when it has to be answered."""

from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import Field

from api.web.errors import UnprocessableError
from config.privacy import PrivacyParams

RegulationName = Annotated[
    str | None,
    Field(
        default=None,
        max_length=64,
        description="The law that the person invokes, of `privacy.regulations`; it says when the"
        " answer is due. Null: `privacy.default_regulation`.",
    ),
]
"""A body's field that names a law."""


class Law(NamedTuple):
    """A law of the settings.

    Attributes:
        name: of it.
        due_after: an answer is due this long after the request.
    """

    name: str
    due_after: timedelta


def law_of(params: PrivacyParams, name: str | None) -> Law:
    """The law that a request names, or the one of requests that name none.

    Raises:
        UnprocessableError: the settings have no such law; it lists those that they have.
    """
    name = params.default_regulation if name is None else name
    found = params.regulations.get(name)
    if found is None:
        known = ", ".join(params.regulations)
        raise UnprocessableError(f"There is no such regulation here; there are {known}.")
    return Law(name, found.due_after)
