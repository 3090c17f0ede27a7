"""The tables of one workspace that are verified, its rules, and how much was compared."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import IdentifierKey, MessageKey, ProfileId
from domain.link import Link
from domain.policies import IdentityRules, ProfileRules
from domain.segments.definition import WorkspaceDefinitions
from domain.stored import StoredEvent, StoredIdentifier, StoredMembership, StoredPerson
from oracle.rules import NO_DEFINITIONS

Progress = Callable[[str, int], None]
"""Reports progress: the step and how many more of its items are done."""


class Tables(Protocol):
    """The tables of one workspace as of one instant; every call sees the same state."""

    def events(self) -> Iterable[StoredEvent]:
        """Every event and command, in any order."""

    def events_of(
        self, leaves: Sequence[IdentifierKey], messages: Sequence[MessageKey]
    ) -> Iterable[StoredEvent]:
        """Events that the engine gave to one of these leaves, and these messages."""

    def owners(self) -> Iterable[tuple[IdentifierKey, ProfileId]]:
        """Every identifier with its person."""

    def identifiers_of(self, keys: Sequence[IdentifierKey]) -> Iterable[StoredIdentifier]:
        """Identifier rows with their leaves."""

    def profile_ids(self) -> Iterable[ProfileId]:
        """Every person."""

    def people(self, ids: Sequence[ProfileId]) -> Iterable[StoredPerson]:
        """Rows of people."""

    def links(self) -> Iterable[Link]:
        """Every link."""

    def memberships(self) -> Iterable[StoredMembership]:
        """Every membership."""

    def erased(self) -> Iterable[tuple[IdentifierKey, int]]:
        """Every identifier that was erased, with the instant until when nothing is said of it."""


@dataclass(frozen=True)
class Rules:
    """What the workspace means by a person.

    Attributes:
        salt: its key of digests.
        definitions: its segments, computed traits and RFM as they are live.
        sweeping: a sweep is under way, so that people may still stand as an earlier revision of the
            definitions had them.
        foresee: also compute for everybody when each answer changes next: slower still.
        chunk: people compared at a time.
    """

    salt: bytes
    identity: IdentityRules
    profile: ProfileRules
    definitions: WorkspaceDefinitions = NO_DEFINITIONS
    sweeping: bool = False
    foresee: bool = False
    chunk: int = 2_000


@dataclass
class Totals:
    """How much was compared; filled while differences are read."""

    events: int = 0
    commands: int = 0
    identifiers: int = 0
    people: int = 0
    links: int = 0
    refused: int = 0
    banned: int = 0
    memberships: int = 0
