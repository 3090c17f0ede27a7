"""What the data map says of one place."""

from enum import StrEnum
from typing import Final, NamedTuple

from domain.privacy.retention import RetentionClass

FOR_EVER: Final = "for ever"
AS_LONG: Final = "as long as what it is about"


def by_policy(name: RetentionClass, kept: str = FOR_EVER) -> str:
    """How long a place keeps what a workspace may have kept for less.

    Args:
        name: the class of retention that says so.
        kept: how long without a policy.
    """
    return f"{kept}; less by the policy {name}"


UNTIL_ERASED: Final = by_policy(RetentionClass.PEOPLE, "until erased")


class Store(StrEnum):
    """What holds a place."""

    POSTGRES = "postgres"
    INDEX = "postgres index"
    VALKEY = "valkey"
    KAFKA = "kafka"
    MEMORY = "memory"
    FILES = "files"
    METRICS = "metrics"
    PLATFORM = "platform"


class Personal(StrEnum):
    """How far a place tells of a person who is not staff.

    Attributes:
        VALUE: in clear: whoever reads it knows something of somebody.
        DIGEST: by a digest: whoever has the value can find the person, nobody can read it off.
        NONE: not at all.
    """

    VALUE = "value"
    DIGEST = "digest"
    NONE = "none"


class Leaving(StrEnum):
    """By what an erased person leaves a place.

    Attributes:
        ENGINE: the transaction that processes the erasure.
        NEIGHBOURS: the step of that name, as are the next six (`domain.privacy.erasure.Step`).
        KEPT: stays, as a digest: without it the person would come back, or nothing could be proved.
        RETENTION: by age alone.
        NONE: nothing personal is there.
    """

    ENGINE = "engine"
    NEIGHBOURS = "neighbours"
    DEAD_LETTERS = "dead_letters"
    CACHE = "cache"
    EXPORTS = "exports"
    LOG = "log"
    PLATFORMS = "platforms"
    SENT = "sent"
    KEPT = "kept"
    RETENTION = "retention"
    NONE = "none"


class Place(NamedTuple):
    """One place and one kind of data in it.

    Attributes:
        name: of the table, the index, the key …
        parts: columns of a table; else empty.
        what: rests there.
        why: it is needed.
        kept: how long; settings in backticks.
        leaves: by what an erased person leaves it.
        access: section of an access archive that tells a person what of them rests there
            (`dataflows.access.sections`).
        withheld: why no section does; empty where one does, and where nothing personal is.
    """

    store: Store
    name: str
    parts: tuple[str, ...]
    what: str
    why: str
    personal: Personal
    kept: str
    leaves: Leaving
    access: str = ""
    withheld: str = ""


COPY: Final = "a copy of what its table has"
"""Why no section of an access archive has an index."""


def columns(
    names: str,
    what: str,
    why: str,
    *told: Personal | str | Leaving,
    table: str,
    access: str = "",
    withheld: str = "",
) -> Place:
    """A row of a table of Postgres.

    Args:
        names: of columns, with blanks between them.
        what: see `Place`.
        why: see `Place`.
        told: `Place.personal`, `Place.kept` and `Place.leaves`.
        table: its name.
        access: see `Place`.
        withheld: see `Place`.
    """
    personal, kept, leaves = told
    return Place(
        Store.POSTGRES,
        table,
        tuple(names.split()),
        what,
        why,
        Personal(personal),
        kept,
        Leaving(leaves),
        access,
        withheld,
    )


def plain(table: str, names: str, what: str, kept: str = FOR_EVER) -> Place:
    """A row of a table of Postgres that tells of no person."""
    return columns(names, what, "operation", Personal.NONE, kept, Leaving.NONE, table=table)
