"""Link facts: two identifiers that an event named together, and their status."""

from typing import Final

import msgspec

from domain.ids import IdentifierKey, MessageKey, WorkspaceId
from domain.profiles.profile import FactKey

LINKED: Final = "linked"
REFUSED: Final = "refused"
BANNED: Final = "banned"

Pair = tuple[IdentifierKey, IdentifierKey]


class Link(msgspec.Struct, frozen=True, gc=False):
    """One fact: an unordered pair of identifiers, with the earliest event that states it.

    Attributes:
        a: the smaller key.
        b: the greater key.
        key: canonical order of the fact, from its earliest event.
        cause: that event's message key; the command's for a ban that came before any event.
        rank: place of the weaker identifier within the event; orders the links of one event.
        status: linked, refused (a limit) or banned (an operator).
        reason: ``limit:<kind>`` or ``limit:total`` where refused.
    """

    workspace: WorkspaceId
    a: IdentifierKey
    b: IdentifierKey
    key: FactKey
    cause: MessageKey
    rank: int
    status: str
    reason: str = ""

    @property
    def pair(self) -> Pair:
        """The two keys in order: what makes a fact unique."""
        return self.a, self.b


def pair_of(left: IdentifierKey, right: IdentifierKey) -> Pair:
    """Order two keys: links have no direction."""
    return (left, right) if left < right else (right, left)
