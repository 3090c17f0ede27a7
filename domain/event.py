"""What comes out of the log: events, commands of operators, and dead letters.

Instants inside the engine are integers, milliseconds since 1970 UTC (`*_ms`): they are compared,
bucketed and stored millions of times. Edges turn them into aware datetimes.
"""

from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from domain.failure import Failure
from domain.ids import IdentifierKey, MessageKey, ProfileId, SourceId, WorkspaceId
from domain.statement import Statement

EVENT_TYPES: Final = ("track", "identify", "page", "screen", "group", "alias")
CONSENT: Final = "consent"
"""Type of the event that an operator's statement of consent is; no client can send one.

It comes as a command. It says what its one identifier consents to, and is no activity.
"""
RESTRICTION: Final = "restriction"
"""Type of the event that an operator's restriction of a person is, or its release; else as
`CONSENT`."""
OPERATOR: Final = SourceId(0)
"""In place of a source: an operator."""


class Identifier(NamedTuple):
    """One identifier of a person, normalised.

    Attributes:
        key: digest of kind and value (`domain.keys`).
        kind: one of `domain.identifiers.KINDS`, or a custom kind.
        value: the normalised value; personal data, never logged.
    """

    key: IdentifierKey
    kind: str
    value: str


class Order(NamedTuple):
    """The money of one purchase: ISO 4217 currency and amount in its minor unit."""

    currency: str
    amount_minor: int


class Report(NamedTuple):
    """Conversions as an ad platform counts them: currency (ISO 4217), value in its minor unit."""

    platform: str
    orders: int
    currency: str
    amount_minor: int


class Event(msgspec.Struct, frozen=True, gc=False):
    """One valid record of the Segment specification, normalised.

    Attributes:
        workspace: tenant.
        source: where it came from; `OPERATOR` for `CONSENT` and `RESTRICTION`.
        type: one of `EVENT_TYPES`, `CONSENT` or `RESTRICTION`.
        name: event name for track; page or screen name, else the empty string.
        message_key: what de-duplication compares.
        message_id: as the client sent it.
        identifiers: strongest first, never empty; the first one's leaf receives the event.
        occurred_ms: event time, skew-corrected, never later than `received_ms`.
        received_ms: arrival at the collector or at Kafka.
        traits: person traits that this event sets (identify, and ``context.traits``).
        consent: purpose → granted; `domain.profiles.consent.EVERY_PURPOSE` → False where it refuses
            whatever it does not name, too; `ANY_USE` of a restriction alone.
        statements: what `consent` is made of: the statements in their forms.
        order: set when the event is a purchase.
        group: group id, for group calls.
        group_traits: traits of that group.
        future: the client's clock ran ahead and the event time was clamped.
        retry_of: the dead letter that this record re-drives, or 0.
        payload: the record's JSON as received; what is stored.
        properties: of a track, page or screen, as read; None where it states none. Never changed.
        invalid: kinds of identifiers that it states and that identify nobody: malformed, or a
            blocked value.
        address: bucket of the client's IP address, 0 … `domain.signals.metrics.BUCKETS` − 1; −1
            where it states none.
        report: set when it is a platform's own count of conversions, and nothing that a person did.
        odd: optional fields that cannot be read and were left out; those of consent count as
            refusals.
    """

    workspace: WorkspaceId
    source: SourceId
    type: str
    name: str
    message_key: MessageKey
    message_id: str
    identifiers: tuple[Identifier, ...]
    occurred_ms: int
    received_ms: int
    payload: bytes
    traits: dict[str, Any] = {}
    consent: dict[str, bool] = {}
    order: Order | None = None
    group: str = ""
    group_traits: dict[str, Any] = {}
    future: bool = False
    retry_of: int = 0
    properties: dict[str, Any] | None = None
    invalid: tuple[str, ...] = ()
    address: int = -1
    report: Report | None = None
    odd: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """An operator's command about people.

    Attributes:
        author: who asked.
        reason: why, in their words.
        retry_of: the dead letter that this record re-drives, or 0.
    """

    workspace: WorkspaceId
    message_key: MessageKey
    message_id: str
    author: str
    reason: str
    received_ms: int
    payload: bytes
    retry_of: int = 0

    kind: ClassVar[str] = ""

    @property
    def identifiers_named(self) -> tuple[IdentifierKey, ...]:
        """Keys of the identifiers that it is about, at least one."""
        raise NotImplementedError


class Ruling(Command, frozen=True, kw_only=True):
    """A command about pairs of identifiers.

    Of several about one pair the one that was received latest counts; of one millisecond a ban.

    Attributes:
        links: pairs of identifier keys, at least one.
    """

    links: tuple[tuple[IdentifierKey, IdentifierKey], ...]

    @property
    def identifiers_named(self) -> tuple[IdentifierKey, ...]:
        """Both ends of every pair."""
        return tuple(key for pair in self.links for key in pair)


class Unmerge(Ruling, frozen=True, kw_only=True):
    """These links never held, now and at every replay: they are banned."""

    kind: ClassVar[str] = "unmerge"


class Allow(Ruling, frozen=True, kw_only=True):
    """A ban of these links is lifted: they hold as their events state them."""

    kind: ClassVar[str] = "allow"


class Erase(Command, frozen=True, kw_only=True):
    """Nothing that happened until its arrival was ever said of these identifiers.

    Attributes:
        identifiers: their keys, at least one.
        until_ms: events that happened until then are erased, now and at every replay: its arrival,
            or `domain.privacy.erasure.FOREVER_MS` where later ones are refused, too.
    """

    identifiers: tuple[IdentifierKey, ...]
    until_ms: int

    kind: ClassVar[str] = "erase"

    @property
    def identifiers_named(self) -> tuple[IdentifierKey, ...]:
        """The identifiers that are erased."""
        return self.identifiers


COMMANDS: Final[dict[str, type[Command]]] = {each.kind: each for each in (Unmerge, Allow, Erase)}
"""Kinds of commands that are no events, as the log, stored events and the audit log call them."""
ORDERS: Final = (*COMMANDS, CONSENT, RESTRICTION)
"""Kinds of everything that operators order through the log."""


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that could not be processed, kept whole.

    Attributes:
        position: the log position of its record; `index` counts within a packed record.
        received_ms: arrival, or 0 where the record did not say.
        retry_of: the dead letter that this record re-drives, or 0.
        command: kind of the operator's command that it is; empty for events.
    """

    workspace: WorkspaceId | None
    source: SourceId | None
    position: int
    index: int
    failure: Failure
    payload: bytes
    received_ms: int
    retry_of: int = 0
    command: str = ""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One raw record of the log.

    Attributes:
        position: log position, increasing within a partition; gaps are allowed.
        index: place within a packed log entry (0 where one entry holds one record).
        value: the bytes (see `domain.intake.envelope`).
        source_hint: source registered for the topic, for records written straight to Kafka; 0 where
            none.
        received_ms: the broker's timestamp, used where the record says nothing.
    """

    position: int
    index: int
    value: bytes
    source_hint: int = 0
    received_ms: int = 0


class Batch(NamedTuple):
    """Contiguous records of one partition: the unit that flows.

    Attributes:
        log: name of the log (stream or topic); offsets are kept per (log, partition).
        partition: number within the log.
        start: the expected stored next position; the fence.
        next: the next position after this batch.
        records: in log order; may be empty.
        caught_up_ms: if > 0, everything received until then has been read.
    """

    log: str
    partition: int
    start: int
    next: int
    records: tuple[Record, ...]
    caught_up_ms: int = 0


class Wake(NamedTuple):
    """People whose next instant of change has come without any event.

    Attributes:
        profile_ids: whom to evaluate again, most overdue first; some may have been merged away
            since.
        now_ms: the instant as of which they are evaluated.
        sweep: where definitions changed, their revision: nobody need be due. Else 0.
    """

    profile_ids: tuple[ProfileId, ...]
    now_ms: int
    sweep: int = 0


class Fence(NamedTuple):
    """Where a batch lies in its partition; see `Batch`."""

    log: str
    partition: int
    start: int
    next: int
    caught_up_ms: int = 0
