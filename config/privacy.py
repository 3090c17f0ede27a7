"""Parameters of requests that people make about their own data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field

_Span = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=3660))]
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
GDPR: Final = "gdpr"
"""Regulation (EU) 2016/679."""
CCPA: Final = "ccpa"
"""California Consumer Privacy Act of 2018, as amended."""


@dataclass(frozen=True)
class Regulation:
    """How long a law leaves for an answer.

    Attributes:
        due_after: an answer is due this long after the request.
        extension: how much longer, where the time was extended once, with a reason.
    """

    due_after: _Span
    extension: _Span


def _regulations() -> dict[str, Regulation]:
    """GDPR Art. 12(3): a month, and two further months. CCPA, Cal. Civ. Code § 1798.130(a)(2)."""
    return {
        GDPR: Regulation(timedelta(days=30), timedelta(days=60)),
        CCPA: Regulation(timedelta(days=45), timedelta(days=45)),
    }


@dataclass(frozen=True)
class PrivacyParams:
    """What is promised to people who ask.

    Attributes:
        regulations: by name, how long each leaves for an answer.
        default_regulation: of requests that name none.
        archive_lifetime: how long the archive of an access request is kept.
        link_lifetime: how long a link to it may be used.

    Raises:
        ValueError: the default is none of the regulations.
    """

    regulations: Mapping[_Name, Regulation] = field(default_factory=_regulations)
    default_regulation: str = GDPR
    archive_lifetime: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] = (
        timedelta(days=7)
    )
    link_lifetime: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))] = timedelta(
        hours=1
    )

    def __post_init__(self) -> None:
        if self.default_regulation not in self.regulations:
            raise ValueError("privacy.default_regulation is none of privacy.regulations")
