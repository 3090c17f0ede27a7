"""What a load asks of a store: its statements, and the rows that they answer."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from domain.changes import HistoryEvent
from domain.ids import IdentifierKey, MessageKey, ProfileId, WorkspaceId
from domain.link import Link, Pair
from domain.privacy.erasure import Erased
from domain.stored import EventRow


class PersonRow(NamedTuple):
    """A stored person."""

    id: ProfileId
    version: int
    doc: bytes


class MemberRow(NamedTuple):
    """A stored identifier, with the leaf that is stored apart."""

    key: IdentifierKey
    kind: str
    owner: ProfileId
    leaf: bytes | None


class LaterRow(NamedTuple):
    """A stored event from after an erasure.

    Attributes:
        leaf: the identifier that received it.
    """

    leaf: IdentifierKey
    workspace: WorkspaceId
    event: EventRow


class Owned(NamedTuple):
    """Identifiers with their leaves, and the people who own them, all of one instant.

    Attributes:
        leaves: person → identifier → leaf, or None where none is stored apart.
        people: the owners.
        erased: what is remembered of those that were erased, whether they are owned again or not.
    """

    leaves: dict[ProfileId, dict[IdentifierKey, bytes | None]]
    people: list[PersonRow]
    erased: dict[IdentifierKey, Erased]


class Named(NamedTuple):
    """What is stored of a batch's keys.

    Links as of one instant, owners as of a later one, messages as of one later still.
    """

    links: Sequence[Link]
    owned: Owned
    messages: Collection[MessageKey]


class Reads(Protocol):
    """The statements of a load.

    Each sees one instant; a later one sees the same or a later instant.
    """

    def whole(self) -> AbstractContextManager[object]:
        """Inside, all statements see one instant."""

    def named(
        self, pairs: Sequence[Pair], keys: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Named:
        """Read links, identifiers with their people, and messages.

        Links come first, because a stored link implies its identifiers.
        """

    def owned(self, keys: Sequence[IdentifierKey]) -> Owned:
        """Identifiers with their people, in one statement."""

    def people(self, ids: Sequence[ProfileId]) -> list[PersonRow]:
        """People by id, those that exist."""

    def members(self, ids: Sequence[ProfileId]) -> list[MemberRow]:
        """All identifiers of people."""

    def links_of(self, ids: Sequence[ProfileId]) -> list[Link]:
        """All links that touch an identifier of people."""

    def links_at(self, keys: Sequence[IdentifierKey]) -> list[Link]:
        """All links that touch identifiers, stored or not."""

    def events(
        self, ids: Sequence[ProfileId], names: Iterable[tuple[str, str | None]]
    ) -> dict[ProfileId, list[HistoryEvent]]:
        """The stored events of people, of some types and names; a name None is any."""

    def later(self, leaves: Sequence[tuple[IdentifierKey, int]]) -> list[LaterRow]:
        """The stored events of leaves from after an instant each, ms."""
