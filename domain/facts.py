"""What a committed batch changed: for projections and pictures outside the database."""

from typing import NamedTuple

from domain.ids import IdentifierKey, ProfileId


class Facts(NamedTuple):
    """Consequences of one commit.

    Attributes:
        profiles: people who changed or are gone.
        identifiers: identifiers that belong to somebody else now.
        events: events accepted.
    """

    profiles: tuple[ProfileId, ...] = ()
    identifiers: tuple[IdentifierKey, ...] = ()
    events: int = 0
