"""One person in one instant of the database, as the sections of an archive read them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import TupleRow

from config.settings import Settings
from domain.event import COMMANDS
from domain.ids import WorkspaceId
from domain.profiles.leaf import Leaf, decode_leaf
from domain.profiles.profile import Person, decode_person
from operators.segments.compile_definitions import compile_sound
from operators.segments.program import Program
from store.definitions.load import load_definitions
from store.privacy.held import people
from store.privacy.held.snapshot import Snapshot

UNKNOWN_SOURCE: Final = "a source that is gone"


class GoneError(Exception):
    """The person is not there, in this instant."""


@dataclass(frozen=True)
class Known:
    """An identifier of the person.

    Attributes:
        since: when it was first stored.
        leaf: what its own events added up to; None where there is nothing of its own, or where
            all of the person's events are its.
    """

    kind: str
    value: str
    since: datetime
    leaf: Leaf | None

    def __str__(self) -> str:
        return f"{self.kind}: {self.value}"


@dataclass(frozen=True)
class Source:
    """Where events come from."""

    name: str
    region: str


@dataclass(frozen=True)
class Gathering:
    """What sections need to know of the person before they read their own.

    Attributes:
        snapshot: everything is read from it.
        profile: id of the live person.
        now_ms: of the archive, ms since 1970.
        identifiers: all of them, by key; among the keys are all ids of people who were merged into
            this one.
        pulse: to be called between two steps of what takes long; raises where the archive is
            no longer wanted.
    """

    snapshot: Snapshot
    settings: Settings
    workspace: WorkspaceId
    salt: bytes = field(repr=False)
    profile: UUID
    now_ms: int
    identifiers: Mapping[UUID, Known]
    sources: Mapping[int, Source]
    person: Person
    wakes_at: datetime | None
    pulse: Callable[[], None]

    @property
    def params(self) -> dict[str, Any]:
        """Of every statement of `store.privacy.held`."""
        keys = list(self.identifiers)
        return {
            "workspace": self.workspace,
            "profile": self.profile,
            "keys": keys,
            "hexes": [spelled for key in keys for spelled in (key.hex, str(key))],
            "commands": list(COMMANDS),
        }

    def rows(self, sql: LiteralString, **more: object) -> Iterator[TupleRow]:
        """Read a statement of `store.privacy.held`, row by row."""
        return self.snapshot.rows(sql, self.params | more)

    def all(self, sql: LiteralString, **more: object) -> list[TupleRow]:
        """Read a statement of `store.privacy.held` whose rows are few."""
        return self.snapshot.all(sql, self.params | more)

    def identifier(self, key: UUID | None) -> Known | None:
        """The person's identifier of this key; None where it is none of theirs."""
        return None if key is None else self.identifiers.get(key)

    def source(self, number: int | None) -> str | None:
        """The name of a source; None for none."""
        if number is None:
            return None
        found = self.sources.get(number)
        return found.name if found else UNKNOWN_SOURCE

    @cached_property
    def program(self) -> Program:
        """The workspace's definitions, compiled."""
        return compile_sound(load_definitions(self.snapshot.conn, self.workspace))[0]


def gather(
    snapshot: Snapshot,
    settings: Settings,
    whose: tuple[WorkspaceId, UUID],
    now_ms: int,
    pulse: Callable[[], None],
) -> Gathering:
    """Read who somebody is.

    Args:
        snapshot: has just begun.
        settings: rules by which events are read and definitions are evaluated.
        whose: workspace, and id of a live person.
        now_ms: the instant that the archive is of.
        pulse: see `Gathering`.

    Raises:
        GoneError: there is nobody of this id.
        psycopg.OperationalError: the server does not answer.
    """
    workspace, profile = whose
    params = {"workspace": workspace, "profile": profile}
    found = snapshot.all(people.PROFILE, params)
    if not found:
        raise GoneError
    ((doc, _, _, _, wakes_at),) = found
    ((salt,),) = snapshot.all(people.SALT, params)
    return Gathering(
        snapshot,
        settings,
        workspace,
        bytes(salt),
        profile,
        now_ms,
        {key: _known(*rest) for key, *rest in snapshot.all(people.IDENTIFIERS, params)},
        {number: Source(*rest) for number, *rest in snapshot.all(people.SOURCES, params)},
        decode_person(doc),
        wakes_at,
        pulse,
    )


def _known(kind: str, value: str, since: datetime, leaf: bytes | None) -> Known:
    return Known(kind, value, since, None if leaf is None else decode_leaf(leaf))
