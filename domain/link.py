"""Link facts: two identifiers that an event named together, and their status."""

from typing import Final

import msgspec

from domain.ids import IdentifierKey, MessageKey, WorkspaceId
from domain.profiles.profile import FactKey

LINKED: Final = "linked"
REFUSED: Final = "refused"
BANNED: Final = "banned"
LIFTED: Final = "lifted"
HOLDING: Final = frozenset({LINKED, REFUSED})
"""Status of what counts as a fact."""

Pair = tuple[IdentifierKey, IdentifierKey]


class Link(msgspec.Struct, frozen=True, gc=False):
    """One fact: an unordered pair of identifiers, with the earliest event that states it.

    A banned pair keeps up with the events that state it, so that it is right at once when the ban
    is lifted.

    Attributes:
        a: the smaller key.
        b: the greater key.
        key: canonical order of the fact, from its earliest event.
        cause: that event's message key; the latest command's where no event states the pair.
        rank: place of the weaker identifier within the event, from 1; orders the links of one
            event. 0 where no event states the pair.
        status: linked, refused (a limit), banned (an operator), or lifted: an operator said that
            it is not banned, and no event states it.
        reason: ``limit:<kind>`` or ``limit:total`` where refused; the operator's where banned.
        ruled_ms: when the latest command about the pair arrived; 0 where there was none.
    """

    workspace: WorkspaceId
    a: IdentifierKey
    b: IdentifierKey
    key: FactKey
    cause: MessageKey
    rank: int
    status: str
    reason: str = ""
    ruled_ms: int = 0

    @property
    def is_stated(self) -> bool:
        """Whether any event names the two together."""
        return self.rank > 0

    @property
    def holds(self) -> bool:
        """Whether it counts as a fact: some event states it, and no operator banned it."""
        return self.status in HOLDING

    def yields_to(self, at_ms: int, ban: str | None) -> bool:
        """Whether a command about the pair prevails over those that were heeded until now.

        The one that arrived latest counts; of one instant a ban. Two bans of one instant ban alike;
        the greater reason is kept, so that the order in which they are read does not matter.

        Args:
            at_ms: when it arrived.
            ban: the reason of a ban; None where it lifts one.
        """
        if at_ms != self.ruled_ms:
            return at_ms > self.ruled_ms
        return ban is not None and (self.status != BANNED or ban > self.reason)

    @property
    def pair(self) -> Pair:
        """The two keys in order: what makes a fact unique."""
        return self.a, self.b


def pair_of(left: IdentifierKey, right: IdentifierKey) -> Pair:
    """Order two keys: links have no direction."""
    return (left, right) if left < right else (right, left)
