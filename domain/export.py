"""Exports: the request as a value, stored with the export and in the audit log, and its states."""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from domain.activation.platforms import PLATFORM_NAMES, PlatformName
from domain.segments.rule import Rule
from domain.values import Transitions

ExportFormat = Literal["csv", "json", "ndjson", "parquet"]
IdentifierForm = Literal["none", "raw", PlatformName]
"""``raw``: as stored.

A platform: formatted and hashed as that platform takes it; ``none``: left out.
"""
ColumnType = Literal["text", "integer", "number", "boolean"]

PLATFORM_FORMS: Final[frozenset[IdentifierForm]] = frozenset(PLATFORM_NAMES)
"""Forms that are made to be given to a platform: nothing raw may be in them."""

NO_PURPOSE: Final = "none"
"""In place of a consent purpose: nobody is left out for lack of consent. It takes a reason."""


class ExportStatus(StrEnum):
    """How far an export is.

    Attributes:
        QUEUED: a file that waits for a writer.
        RUNNING: it is being written or streamed.
        DELETED: its file was deleted by a person.
        EXPIRED: its file was kept long enough.
        REVOKED: its file may not be given out any more.
    """

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    EXPIRED = "expired"
    REVOKED = "revoked"


UNDER_WAY: Final = (ExportStatus.QUEUED, ExportStatus.RUNNING)
"""Exports that are not over."""
WITH_FILE: Final = (ExportStatus.RUNNING, ExportStatus.DONE)
"""Exports of which a file may be there, whole or in part."""
EXPORT_TRANSITIONS: Final[Transitions] = {
    (None, ExportStatus.QUEUED): "file ordered",
    (None, ExportStatus.RUNNING): "stream begun",
    (ExportStatus.QUEUED, ExportStatus.RUNNING): "taken up by a writer",
    (ExportStatus.RUNNING, ExportStatus.QUEUED): "given back, or somebody was erased or withdrew",
    (ExportStatus.RUNNING, ExportStatus.DONE): "all written",
    (ExportStatus.RUNNING, ExportStatus.FAILED): "given up, writers died, or stream broken off",
    (ExportStatus.FAILED, ExportStatus.DONE): "stream went on after all",
    (ExportStatus.QUEUED, ExportStatus.CANCELLED): "cancelled",
    (ExportStatus.RUNNING, ExportStatus.CANCELLED): "cancelled",
    (ExportStatus.DONE, ExportStatus.DELETED): "deleted",
    (ExportStatus.DONE, ExportStatus.EXPIRED): "kept long enough",
    (
        ExportStatus.DONE,
        ExportStatus.REVOKED,
    ): "somebody was erased or withdrew, or its form is gone",
}
"""What changes the status of an export; None: there is none yet."""


class ExportSpec(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which people, and what of them.

    Attributes:
        format: of the file.
        purpose: consent purpose that the export serves, or `NO_PURPOSE`.
        reason: why consent is not asked about; empty where it is.
        segment: whose members; None: those for whom `rule` holds.
        rule: of whom; None: a segment's members.
        traits: names of traits; None: all.
        types: trait → what its column holds in Parquet, where it is not text.
        computed: names of computed traits; None: all that are live.
        events: events to count, ``type:name`` or the name of a track event; None: all.
        last_events: events of which the newest instant is wanted, named alike.
        revenue: with orders and their sum in minor units by currency.
        identifiers: in which form.
        kinds: identifier kinds, each a column of its own; None: all, in one column.
        guard_formulas: whether CSV cells that a spreadsheet would run are defused.
    """

    format: ExportFormat
    purpose: str
    reason: str = ""
    segment: int | None = None
    rule: Rule | None = None
    traits: tuple[str, ...] | None = None
    types: dict[str, ColumnType] = {}
    computed: tuple[str, ...] | None = ()
    events: tuple[str, ...] | None = ()
    last_events: tuple[str, ...] = ()
    revenue: bool = False
    identifiers: IdentifierForm = "raw"
    kinds: tuple[str, ...] | None = None
    guard_formulas: bool = True


def for_platform(spec: ExportSpec) -> bool:
    """Whether an export is in a platform's form, and so holds nothing but identifiers in it."""
    return spec.identifiers in PLATFORM_FORMS


def beside_identifiers(spec: ExportSpec) -> list[str]:
    """What is asked for besides identifiers, as requests name it.

    >>> beside_identifiers(ExportSpec("csv", "ads", traits=None, revenue=True))
    ['traits', 'revenue']
    """
    asked = {
        "traits": spec.traits != (),
        "types": bool(spec.types),
        "computed": spec.computed != (),
        "events": spec.events != (),
        "last_events": bool(spec.last_events),
        "revenue": spec.revenue,
    }
    return [name for name, wanted in asked.items() if wanted]


class ExportCounts(msgspec.Struct):
    """How many people so far.

    Attributes:
        evaluated: looked at.
        rows: written.
        without_consent: left out, because they do not consent to the purpose.
        without_identifier: left out, because nothing is known of them that the platform could match
            by.
    """

    evaluated: int = 0
    rows: int = 0
    without_consent: int = 0
    without_identifier: int = 0


def event_key(name: str) -> str:
    """How profiles count an event: ``type:name``; a name without a type is a track event's.

    >>> event_key("Order Completed"), event_key("page:Home"), event_key("sale: shoes")
    ('track:Order Completed', 'page:Home', 'track:sale: shoes')
    """
    kind, colon, _ = name.partition(":")
    return name if colon and kind in _NAMED else f"track:{name}"


_NAMED: Final = frozenset({"track", "page", "screen"})
