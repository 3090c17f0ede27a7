"""Reads the events of a source: names, dates, properties, traits, consent, orders and reports.

Pure. What is unreadable beside the identifiers refuses an event, with one exception: a refusal of
consent is not lost for that (`EventReader._spares`).

Event time (Segment specification): where the client said when it sent, ``received − (sent −
timestamp)``, so that a wrong clock cancels out; else the timestamp as it stands; never later than
arrival.
"""

from typing import Any, Final

import msgspec

from domain.event import EVENT_TYPES, Event, Identifier, Report
from domain.intake.envelope import Envelope
from domain.keys import message_key
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.consent import EVERY_PURPOSE
from domain.statement import Statement, StatementState
from sources.intake.amounts import read_order, read_report
from sources.intake.consent import ABSENT, ConsentReader, mentions_consent
from sources.intake.consent_forms import Stated
from sources.intake.identifiers import IdentifierReader
from sources.intake.message import (
    MESSAGE,
    BadRecordError,
    Context,
    Message,
    as_text,
    bucket_of,
    content_id,
    event_time,
    name_of,
    read_mended,
    split_traits,
    spoken,
    text_of,
)
from sources.intake.values import read_properties, read_traits, storable_traits
from store.definitions.load import SourceRow

NAME_LIMIT_BYTES: Final = 2_000
"""Longest event or page name: an index row of PostgreSQL holds 2,704 bytes."""
_GARBLED: Final = "\ufffd"
"""Stands where something was no UTF-8."""
_WITH_PROPERTIES: Final = frozenset({"track", "page", "screen"})
_NOTHING: Final = Stated.of(())
_NO_CONTEXT: Final = Stated.of((Statement(EVERY_PURPOSE, StatementState.UNREADABLE, "context"),))
"""What an event says whose context speaks of consent and cannot be read."""


class EventReader:
    """Reads events by one set of rules.

    Args:
        identity: identifier rules.
        profile: profile rules.
        stored: the events are stored already: what rules have come since leave out of them is left
            out, and nothing else.
    """

    def __init__(self, identity: IdentityRules, profile: ProfileRules, *, stored: bool) -> None:
        self._stored = stored
        self._profile = profile
        self._consents = ConsentReader(profile)
        self._identifiers = IdentifierReader(identity)

    def read(self, envelope: Envelope, source: SourceRow, brackets: int) -> Event:
        """Read one event.

        Args:
            envelope: around it.
            source: that sent it.
            brackets: opening brackets in the record.

        Raises:
            BadRecordError: it is none, or something of it cannot be kept.
            msgspec.DecodeError: it is no JSON of an event's shape.
        """
        message, payload, odd, stated, garbled = self._read(bytes(envelope.event))
        kind, name = message.type, self._name(message, stated)
        occurred, future, stated = self._dated(message, envelope, stated)
        properties, stated = self._described(message, brackets, stated)
        traits, group_traits = split_traits(message)
        identifiers, invalid = self._identifiers(message, source, traits)
        traits, group_traits, stated = self._storable(traits, group_traits, stated)
        tracked = properties or {}
        reports = kind == "track" and name in self._profile.report_events
        orders = kind == "track" and name in self._profile.order_events
        report = self._report(tracked, stated) if reports else None
        message_id = message.message_id
        if type(message_id) is not str or not message_id:
            message_id = text_of(message_id) or envelope.message_id or content_id(source, payload)
        if garbled:
            self._spare_garbled(stated, message_id, identifiers)
        return Event(
            workspace=source.workspace,
            source=source.id,
            type=kind,
            name=name,
            message_key=message_key(source.salt, message_id),
            message_id=message_id,
            identifiers=identifiers,
            occurred_ms=occurred,
            received_ms=envelope.received,
            payload=payload,
            traits=traits,
            consent=(stated or _NOTHING).verdicts,
            order=read_order(tracked, self._profile) if orders else None,
            group=text_of(message.group_id) if kind == "group" else "",
            group_traits=group_traits,
            future=future,
            retry_of=envelope.retry_of,
            properties=properties,
            invalid=invalid,
            address=bucket_of(message.context.ip) if message.context is not None else -1,
            report=report,
            odd=odd if stated is None else odd + stated.odd,
            statements=(stated or _NOTHING).told,
        )

    def statements(self, payload: bytes) -> tuple[Statement, ...]:
        """Read what a stored event says about consent, and nothing else of it.

        Args:
            payload: its stored JSON.

        Returns:
            The `statements` of the event that `read` makes of it.

        Raises:
            BadRecordError: it is none by the rules of today.
            msgspec.DecodeError: it is no JSON of an event's shape.
        """
        if not mentions_consent(payload):
            return ()
        message, _, _, stated, _ = self._read(payload)
        return (self._dated(message, Envelope(), stated)[2] or _NOTHING).told

    def _read(self, payload: bytes) -> tuple[Message, bytes, tuple[str, ...], Stated | None, bool]:
        """Read an event.

        Returns:
            The message; its JSON as it is stored; its unreadable optional fields; what it says
            about consent, None for nothing; whether something in it was not UTF-8.
        """
        payload, garbled = as_text(payload)
        odd: tuple[str, ...] = ()
        before = spoken.newest
        try:
            message = MESSAGE.decode(payload)
            spoke = spoken.newest != before
        except msgspec.DecodeError:
            message, payload, odd = self._mended(payload)
            spoke = mentions_consent(payload)
        if message.type not in EVENT_TYPES:
            raise BadRecordError("unknown_type", "$.type")
        stated = self._stated(payload, message.context, odd) if spoke else None
        return message, payload, odd, stated, garbled

    def _name(self, message: Message, stated: Stated | None) -> str:
        name = name_of(message, spared=self._spares(stated))
        if (
            len(name) > NAME_LIMIT_BYTES // 4
            and len(name.encode()) > NAME_LIMIT_BYTES
            and not self._stored
        ):
            field = "$.event" if message.type == "track" else "$.name"
            raise BadRecordError("name_too_long", field)
        return name

    def _dated(
        self, message: Message, envelope: Envelope, stated: Stated | None
    ) -> tuple[int, bool, Stated | None]:
        """Return the event time, whether it is in the future, and the statements that hold then.

        A refusal is not lost with the date: it counts as of arrival. A grant beside it does not.
        """
        try:
            return *event_time(message, envelope), stated
        except BadRecordError:
            if not self._spares(stated):
                raise
            return envelope.received, False, (stated or _NOTHING).refusals("timestamp")

    def _described(
        self, message: Message, brackets: int, stated: Stated | None
    ) -> tuple[dict[str, Any] | None, Stated | None]:
        if message.type not in _WITH_PROPERTIES:
            return None, stated
        try:
            return read_properties(message.properties, brackets), stated
        except BadRecordError:
            if not self._spares(stated):
                raise
            return {}, (stated or _NOTHING).beside("properties")

    def _storable(
        self, traits: dict[str, Any], group_traits: dict[str, Any], stated: Stated | None
    ) -> tuple[dict[str, Any], dict[str, Any], Stated | None]:
        rules = self._profile
        try:
            return (
                read_traits(traits, rules) if traits else traits,
                read_traits(group_traits, rules) if group_traits else group_traits,
                stated,
            )
        except BadRecordError:
            if not self._spares(stated):
                raise
            kept, group_kept = storable_traits(traits, rules), storable_traits(group_traits, rules)
            return kept, group_kept, (stated or _NOTHING).beside("traits")

    def _mended(self, payload: bytes) -> tuple[Message, bytes, tuple[str, ...]]:
        """Read what cannot be read as it stands.

        If it refuses something, with whichever of its ids can be read.
        """
        try:
            return read_mended(payload)
        except msgspec.ValidationError:
            found = read_mended(payload, ids=True)
            message, kept, odd = found
            if not self._spares(
                self._stated(kept, message.context, odd) if mentions_consent(kept) else None
            ):
                raise
            return found

    def _stated(self, payload: bytes, context: Context | None, odd: tuple[str, ...]) -> Stated:
        """What an event that speaks of consent somewhere says about it."""
        if context is not None and (
            context.consent is not ABSENT or context.consent_management is not ABSENT
        ):
            return self._consents(payload, context.consent, context.consent_management)
        if "context" in odd:
            return _NO_CONTEXT
        # The last context says nothing; another one may.
        return self._consents(payload, ABSENT, ABSENT)

    def _spares(self, stated: Stated | None) -> bool:
        """Whether an event counts although something beside its identifiers is unreadable.

        A refusal is not lost for that.
        """
        return self._stored or (stated is not None and stated.refuses())

    def _spare_garbled(
        self, stated: Stated | None, message_id: str, identifiers: tuple[Identifier, ...]
    ) -> None:
        """Accept an event with bytes that are not UTF-8, for a refusal alone.

        Not where they are in an id: nobody is guessed.
        """
        if not self._spares(stated) or any(
            _GARBLED in text for text in (message_id, *(each.value for each in identifiers))
        ):
            raise BadRecordError("malformed_json")

    def _report(self, properties: dict[str, Any], stated: Stated | None) -> Report | None:
        """What a platform reports.

        None where that cannot be read and the event counts all the same.
        """
        try:
            return read_report(properties, self._profile)
        except BadRecordError:
            if not self._spares(stated):
                raise
            return None
