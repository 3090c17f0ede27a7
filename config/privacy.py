"""Parameters of requests that people make about their own data."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True)
class PrivacyParams:
    """What is promised to people who ask.

    Attributes:
        due_after: a request is overdue this long after it was entered.
        archive_lifetime: how long the archive of an access request is kept.
        link_lifetime: how long a link to it may be used.
    """

    due_after: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3660))] = timedelta(
        days=30
    )
    archive_lifetime: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] = (
        timedelta(days=7)
    )
    link_lifetime: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] = timedelta(
        hours=1
    )
