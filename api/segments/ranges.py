"""The range of a series: its ends as they were asked for, checked and with their defaults."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Query

from api.web.errors import UnprocessableError
from api.web.values import Instant, now

_DAY: Final = timedelta(days=1)

Since = Annotated[Instant | None, Query(description="From here on; default a day before `until`.")]
Until = Annotated[Instant | None, Query(description="Until before this instant; default now.")]


def checked_range(
    since: datetime | None, until: datetime | None, longest: timedelta
) -> tuple[datetime, datetime]:
    """The range asked for, with its defaults.

    Raises:
        UnprocessableError: backwards, or longer than it may be.
    """
    until = min(until, now()) if until else now()
    if since is None:
        since = until - min(_DAY, longest)
    if not since < until:
        raise UnprocessableError("`since` must lie before `until` and before now.")
    if until - since > longest:
        raise UnprocessableError(f"The range may be at most {_in_words(longest)} long.")
    return since, until


def _in_words(span: timedelta) -> str:
    return f"{span.days} days" if span >= _DAY else f"{span // timedelta(hours=1)} hours"
