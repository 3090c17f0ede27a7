"""Turns log records into events, commands and dead letters.

Pure: the same record gives the same values at every replay.

Bad data is a value: whatever a record holds, the answer is an event, a command, or a dead letter
with a reason code; nothing is raised.

Event time (Segment specification): where the client said when it sent, ``received − (sent −
timestamp)``, so that a wrong clock cancels out; else the timestamp as it stands; never later than
arrival.
"""

import itertools
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import msgspec

from domain.event import (
    EVENT_TYPES,
    Batch,
    DeadLetter,
    Event,
    Identifier,
    Order,
    Record,
    Report,
    Unmerge,
)
from domain.failure import Failure
from domain.ids import IdentifierKey, WorkspaceId
from domain.instants import EARLIEST_MS, LATEST_MS, to_ms
from domain.intake.envelope import PREFIX, Envelope, decode
from domain.keys import KEY_BYTES, identifier_key, message_key
from domain.money import currency_code, minor_units
from domain.policies import IdentityRules, ProfileRules
from domain.profiles.consent import EVERY_PURPOSE
from domain.signals import metrics
from domain.values import Json
from operators.identity.normalise import normalise
from sources.intake.consent import ABSENT, ConsentReader, Stated, speaks_of_consent
from sources.intake.mend import (
    DEPTH_READ,
    Device,
    ExternalId,
    mended,
    shallow,
    too_deep,
    whole_characters,
)
from store.definitions.load import SourceRow

RECORD_LIMIT_BYTES: Final = 4 * 1024 * 1024
"""Largest record that is decoded; the collector's default body limit."""
_GARBLED: Final = "\ufffd"
"""Stands where something was no UTF-8."""
NAME_LIMIT_BYTES: Final = 2_000
"""Longest event or page name: an index row of PostgreSQL holds 2,704 bytes."""
DEPTH_LIMIT: Final = 64
"""Deepest trait value that is stored, and deepest properties that are read."""
ROW_ID_LIMIT: Final = 2**63 - 1
"""Greatest id of a row."""
IMPLAUSIBLE: Final = 10**15
"""As many conversions as this are a mistake, as such an amount of money is."""
UNREADABLE: Final = "unknown"
"""Kind of a command that cannot be read."""
IDENTIFIERS_REMEMBERED: Final = 65_536
"""Identifiers whose normal form and key are remembered; about 30 MB."""
_WITH_PROPERTIES: Final = frozenset({"track", "page", "screen"})
_INT64: Final = range(-(2**63), 2**64)


class _Context(msgspec.Struct, rename="camel", gc=False):
    traits: dict[str, Any] | None = None
    device: Device | None = None
    consent: msgspec.Raw = ABSENT
    consent_management: msgspec.Raw = ABSENT
    external_ids: list[ExternalId] | None = None
    ip: msgspec.Raw = msgspec.Raw()

    def __post_init__(self) -> None:
        """Report every context with consent: of a repeated key the decoder returns the last."""
        if self.consent is not ABSENT or self.consent_management is not ABSENT:
            _spoken.newest = next(_spoken.numbers)


class _Spoken:
    """Which context spoke of consent last, by a number that never comes again."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.newest = 0


class _Message(msgspec.Struct, rename="camel", gc=False):
    type: str
    message_id: str | int | float | None = None
    user_id: str | int | float | None = None
    anonymous_id: str | int | float | None = None
    event: str | int | float | None = None
    name: str | int | float | None = None
    previous_id: str | int | float | None = None
    group_id: str | int | float | None = None
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None
    traits: dict[str, Any] | None = None
    properties: msgspec.Raw = msgspec.Raw()
    context: _Context | None = None


class _Command(msgspec.Struct):
    kind: str
    workspace: int
    id: str
    links: list[tuple[str, str]]
    author: str = ""
    reason: str = ""


class _Address(msgspec.Struct):
    """Whose a command is, where the rest of it may be anything."""

    kind: Any = None
    workspace: Any = None


class _Bad(Exception):  # noqa: N818 - control flow inside this file, never seen outside
    def __init__(self, reason: str, detail: str = "") -> None:
        self.failure = Failure(reason, detail)


_MESSAGE: Final = msgspec.json.Decoder(_Message)
_spoken: Final = _Spoken()
_SILENT: Final[dict[str, bool]] = {}
_NOTHING: Final = Stated(_SILENT)
_COMMAND: Final = msgspec.json.Decoder(_Command)
_ADDRESS: Final = msgspec.json.Decoder(_Address)
_PROPERTIES: Final[msgspec.json.Decoder[dict[str, Any] | None]] = msgspec.json.Decoder(
    dict[str, Any] | None
)
_FLOAT_DIGITS: Final = 309
"""Digits of the greatest number that floating point holds."""
_LONG_NUMBER: Final = re.compile(rb"[:,\[\s]-?[0-9]{%d}" % _FLOAT_DIGITS)
_SPELLED: Final = (str, int)
_BLANKS: Final = b" \t\r\n"
_COMMAND_KINDS: Final = frozenset({"unmerge"})
"""Kinds of commands that dead letters name; what else stands there is not shown."""


def instant_ms(value: str | float | None) -> int | None:
    """Read a client's instant: ISO 8601 (no zone means UTC), or milliseconds since 1970.

    Raises:
        ValueError: anything else, or an instant that no calendar holds.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        if not abs(value) < LATEST_MS:
            raise ValueError("out of range")
        return int(value)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return to_ms(moment)


def _text(value: str | float | None) -> str:
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _storable(value: Json, depth: int = 0) -> Json:
    """Return a trait value that the store can hold.

    Integers beyond 64 bits become floats, deep nesting is refused.
    """
    if isinstance(value, int):
        return value if value in _INT64 else float(value)
    if isinstance(value, dict | list):
        if depth >= DEPTH_LIMIT:
            raise _Bad("too_deep", "$.traits")
        if isinstance(value, dict):
            return {key: _storable(item, depth + 1) for key, item in value.items()}
        return [_storable(item, depth + 1) for item in value]
    return value


def _properties(raw: msgspec.Raw, brackets: int) -> dict[str, Any] | None:
    """An event's properties, read once for everybody behind; None where it states none.

    PHP spells an empty object as an empty list.

    Args:
        raw: JSON.
        brackets: no fewer than open in it.
    """
    if not raw:
        return None
    try:
        found = _PROPERTIES.decode(raw)
    except msgspec.ValidationError as error:
        if bytes(raw).translate(None, _BLANKS) == b"[]":
            return {}
        raise _Bad("invalid_type", f"$.properties{_path(error)[1:]}") from None
    if not found:
        return {}
    if brackets > DEPTH_LIMIT and _deeper_than(found, DEPTH_LIMIT):
        raise _Bad("too_deep", "$.properties")
    spelled = bytes(raw)
    if len(spelled) >= _FLOAT_DIGITS and _LONG_NUMBER.search(spelled) and not _finite(found):
        raise _Bad("invalid_type", "$.properties")
    return found


def _finite(value: Json) -> bool:
    """Whether floating point holds all numbers of a value."""
    try:
        _storable(value)
    except OverflowError:
        return False
    return True


def _deeper_than(value: dict[str, Any], limit: int) -> bool:
    """Whether objects and lists are nested more than so deep."""
    level: list[Any] = [value]
    for _ in range(limit):
        members = (
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        )
        level = [inner for inner in members if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _traits(traits: dict[str, Any], rules: ProfileRules) -> dict[str, Any]:
    if len(traits) > rules.event_trait_limit:
        raise _Bad("too_many_traits", "$.traits")
    try:
        return {
            name: value if isinstance(value, str) else _storable(value)
            for name, value in traits.items()
        }
    except OverflowError:
        raise _Bad("invalid_type", "$.traits") from None


def _read_mended(payload: bytes, *, ids: bool = False) -> tuple[_Message, bytes, tuple[str, ...]]:
    """Read an event that cannot be read as it stands.

    Args:
        payload: JSON.
        ids: whether an id of the wrong type is left out as what is optional is.

    Returns:
        The event; its JSON as it is to be stored; the optional fields that were left out because
        they cannot be read.

    Raises:
        msgspec.DecodeError: it is no event.
    """
    try:
        spelled, odd = mended(payload, ids=ids)
        return _MESSAGE.decode(spelled), payload, odd
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        other = whole_characters(payload)
        if other == payload:
            raise
    return _read_mended(other, ids=ids)


class Decoder:
    """Decodes batches with one workspace registry and one set of rules.

    Args:
        sources: source id → source.
        salts: workspace id → salt, for commands.
        identity: identifier rules.
        profile: profile rules.
        stored: the records are events that are stored already: what rules have come since leave out
            of them is left out, and nothing else.
    """

    def __init__(
        self,
        sources: Mapping[int, SourceRow],
        salts: Mapping[int, bytes],
        identity: IdentityRules,
        profile: ProfileRules,
        *,
        stored: bool = False,
    ) -> None:
        self._stored = stored
        self._sources = sources
        self._salts = salts
        self._identity = identity
        self._profile = profile
        self._consents = ConsentReader(profile)
        self._identify = lru_cache(maxsize=IDENTIFIERS_REMEMBERED)(self._identify_now)

    def __call__(self, batch: Batch) -> list[Event | Unmerge | DeadLetter]:
        """Decode every record of a batch, in order: one value per record."""
        return [self._record(record) for record in batch.records]

    def _record(self, record: Record) -> Event | Unmerge | DeadLetter:
        value, wrapped, envelope = record.value, record.value.startswith(PREFIX), None
        try:
            if len(value) > RECORD_LIMIT_BYTES:
                return self._dead(record, _bare(record, record.value), Failure("too_large"))
            # Counted so because ``bytes.count`` looks at every byte by itself, which took a twelfth
            # of decoding.
            brackets = (
                2 * len(value) - len(value.replace(b"{", b"")) - len(value.replace(b"[", b""))
            )
            if brackets > DEPTH_READ and too_deep(value):
                value = shallow(value, around=1 if wrapped else 0)
            envelope = decode(value) if wrapped else _bare(record, value)
            if not EARLIEST_MS <= envelope.received < LATEST_MS:
                raise _Bad("bad_timestamp", "received")  # noqa: TRY301 - whoever writes to the log may spell an envelope
            if not 0 <= envelope.retry_of <= ROW_ID_LIMIT:
                raise _Bad("invalid_type", "retry_of")  # noqa: TRY301 - no column holds it
            if envelope.command:
                return self._command(envelope)
            return self._event(envelope, brackets)
        except _Bad as bad:
            failure = bad.failure
        except RecursionError:
            failure = Failure("too_deep")
        except msgspec.ValidationError as error:
            failure = Failure("invalid_type", _path(error))
        except (msgspec.DecodeError, UnicodeDecodeError):
            failure = Failure("malformed_json")
        return self._dead(record, envelope or _bare(record, record.value), failure)

    def _dead(self, record: Record, envelope: Envelope, failure: Failure) -> DeadLetter:
        source = self._sources.get(envelope.source)
        workspace, kind = (
            self._commanded(envelope)
            if envelope.command
            else (source.workspace if source else None, "")
        )
        arrivals = (
            at_ms
            for at_ms in (envelope.received, record.received_ms)
            if at_ms and EARLIEST_MS <= at_ms < LATEST_MS
        )
        return DeadLetter(
            workspace,
            source.id if source else None,
            record.position,
            record.index,
            failure,
            record.value,
            next(arrivals, 0),
            envelope.retry_of if 0 <= envelope.retry_of <= ROW_ID_LIMIT else 0,
            kind,
        )

    def _commanded(self, envelope: Envelope) -> tuple[WorkspaceId | None, str]:
        """Whose command it is and of which kind, as far as that can be read."""
        try:
            command = _ADDRESS.decode(envelope.command)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None, UNREADABLE
        known = (
            command.workspace
            if isinstance(command.workspace, int) and command.workspace in self._salts
            else None
        )
        kind = (
            command.kind
            if isinstance(command.kind, str) and command.kind in _COMMAND_KINDS
            else UNREADABLE
        )
        return None if known is None else WorkspaceId(known), kind

    def refuse(self, record: Record, failure: Failure) -> DeadLetter:
        """Return the dead letter of a record at fault, as far as it is readable; never raises."""
        envelope = Envelope(received=record.received_ms, source=record.source_hint)
        if record.value.startswith(PREFIX):
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                envelope = decode(record.value)
        return self._dead(record, envelope, failure)

    def _command(self, envelope: Envelope) -> Unmerge:
        payload = bytes(envelope.command)
        command = _COMMAND.decode(payload)
        salt = self._salts.get(command.workspace)
        try:
            links = tuple((_key(one), _key(other)) for one, other in command.links)
        except ValueError:
            raise _Bad("bad_command", "$.command.links") from None
        if command.kind != "unmerge" or salt is None or not links:
            raise _Bad("bad_command", "$.command")
        key = message_key(salt, command.id)
        return Unmerge(
            WorkspaceId(command.workspace),
            key,
            command.id,
            links,
            command.author,
            command.reason,
            envelope.received,
            payload,
            envelope.retry_of,
        )

    def _event(self, envelope: Envelope, brackets: int) -> Event:
        source = self._sources.get(envelope.source)
        payload = bytes(envelope.event)
        if source is None:
            _MESSAGE.decode(payload)
            raise _Bad("unknown_source")
        payload, garbled = _as_text(payload)
        odd: tuple[str, ...] = ()
        before = _spoken.newest
        try:
            message = _MESSAGE.decode(payload)
            spoke = _spoken.newest != before
        except msgspec.DecodeError:
            message, payload, odd = self._mended(payload)
            spoke = speaks_of_consent(payload)
        kind, context = message.type, message.context
        if kind not in EVENT_TYPES:
            raise _Bad("unknown_type", "$.type")
        stated = self._stated(payload, context, odd) if spoke else None
        name = self._name(message, stated)
        if (
            len(name) > NAME_LIMIT_BYTES // 4
            and len(name.encode()) > NAME_LIMIT_BYTES
            and not self._stored
        ):
            raise _Bad("name_too_long", "$.event" if kind == "track" else "$.name")
        received = envelope.received
        try:
            occurred, future = self._occurred(message, envelope)
        except _Bad:
            if not self._spares(stated):
                raise
            # A refusal is not lost with the date: it counts as of arrival. A grant beside it does
            # not count.
            occurred, future, stated = received, False, (stated or _NOTHING).refusals("timestamp")
        try:
            properties = (
                _properties(message.properties, brackets) if kind in _WITH_PROPERTIES else None
            )
        except _Bad:
            if not self._spares(stated):
                raise
            properties, stated = {}, (stated or _NOTHING).beside("properties")
        traits, group_traits = self._split_traits(message)
        identifiers, invalid = self._identifiers(message, source, traits)
        try:
            kept = _traits(traits, self._profile) if traits else traits
            group_kept = _traits(group_traits, self._profile) if group_traits else group_traits
        except _Bad:
            if not self._spares(stated):
                raise
            kept, group_kept, stated = (
                self._kept(traits),
                self._kept(group_traits),
                (stated or _NOTHING).beside("traits"),
            )
        report = (
            self._report(properties or {}, stated)
            if kind == "track" and name in self._profile.report_events
            else None
        )
        message_id = message.message_id
        if type(message_id) is not str or not message_id:
            message_id = _text(message_id) or envelope.message_id or _content_id(source, payload)
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
            received_ms=received,
            payload=payload,
            traits=kept,
            consent=_SILENT if stated is None else stated.statements,
            order=(
                self._order(properties or {})
                if kind == "track" and name in self._profile.order_events
                else None
            ),
            group=_text(message.group_id) if kind == "group" else "",
            group_traits=group_kept,
            future=future,
            retry_of=envelope.retry_of,
            properties=properties,
            invalid=invalid,
            address=_bucket(context.ip) if context is not None else -1,
            report=report,
            odd=odd if stated is None else odd + stated.odd,
        )

    def _mended(self, payload: bytes) -> tuple[_Message, bytes, tuple[str, ...]]:
        """Read what cannot be read as it stands.

        If it refuses something, with whichever of its ids can be read.
        """
        try:
            return _read_mended(payload)
        except msgspec.ValidationError:
            found = _read_mended(payload, ids=True)
            message, kept, odd = found
            if not self._spares(
                self._stated(kept, message.context, odd) if speaks_of_consent(kept) else None
            ):
                raise
            return found

    def _stated(self, payload: bytes, context: _Context | None, odd: tuple[str, ...]) -> Stated:
        """What an event that speaks of consent somewhere says about it."""
        if context is not None and (
            context.consent is not ABSENT or context.consent_management is not ABSENT
        ):
            return self._consents(payload, context.consent, context.consent_management)
        if "context" in odd:
            return Stated({EVERY_PURPOSE: False})  # the context cannot be read
        return self._consents(
            payload, ABSENT, ABSENT
        )  # the last context says nothing; another one may

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
            raise _Bad("malformed_json")

    def _kept(self, traits: dict[str, Any]) -> dict[str, Any]:
        """Those traits that can be stored; none where there are too many."""
        kept: dict[str, Any] = {}
        for name, value in traits.items() if len(traits) <= self._profile.event_trait_limit else ():
            with suppress(_Bad, OverflowError):
                kept[name] = _storable(value)
        return kept

    def _name(self, message: _Message, stated: Stated | None) -> str:
        if message.type == "track":
            name = message.event
            if name is None or name == "":
                raise _Bad("missing_event", "$.event")
            return _text(name).replace("\0", "\ufffd")
        if message.type == "group" and not _text(message.group_id) and not self._spares(stated):
            raise _Bad("missing_group", "$.groupId")
        if (
            message.type == "alias"
            and not (_text(message.previous_id) and _text(message.user_id))
            and not self._spares(stated)
        ):
            raise _Bad("missing_previous", "$.previousId")
        return (
            _text(message.name).replace("\0", "\ufffd")
            if message.type in ("page", "screen")
            else ""
        )

    @staticmethod
    def _occurred(message: _Message, envelope: Envelope) -> tuple[int, bool]:
        received = envelope.received
        try:
            stated = message.original_timestamp or message.timestamp
            stamp = None if stated is None else instant_ms(stated)
            sent = (
                envelope.sent
                if message.sent_at is None
                else instant_ms(message.sent_at) or envelope.sent
            )
        except (ValueError, OverflowError):
            raise _Bad("bad_timestamp", "$.timestamp") from None
        if stamp is None:
            return received, False
        occurred = received - (sent - stamp) if sent else stamp
        return max(EARLIEST_MS, min(occurred, received)), occurred > received

    @staticmethod
    def _split_traits(message: _Message) -> tuple[dict[str, Any], dict[str, Any]]:
        own = message.traits or {}
        ambient = (message.context.traits if message.context else None) or {}
        if message.type == "identify":
            return ({**ambient, **own} if ambient else own), {}
        if message.type == "group":
            return ambient, own
        return ambient, {}

    def _identifiers(
        self, message: _Message, source: SourceRow, traits: dict[str, Any]
    ) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
        """The identifiers, strongest first, and the kinds of those that identify nobody."""
        named = self._named(message, traits)
        found: list[Identifier] = []
        invalid: tuple[str, ...] = ()
        for kind, raw in named:
            item = self._identify(source.salt, source.default_region, kind, raw)
            if item is not None:
                found.append(item)
            elif raw and kind not in invalid:
                invalid += (kind,)
        if not found:
            too_long = any(len(raw) > self._identity.length_limit for _, raw in named)
            raise _Bad("identifier_too_long" if too_long else "no_identifier")
        if len(found) == 1:
            return (found[0],), invalid
        return tuple(sorted(set(found), key=self._strength)), invalid

    def _strength(self, item: Identifier) -> tuple[int, str, str]:
        return self._identity.kinds[item.kind].priority, item.kind, item.value

    def _identify_now(self, salt: bytes, region: str, kind: str, raw: str) -> Identifier | None:
        value = normalise(kind, raw, self._identity, region)
        return None if value is None else Identifier(identifier_key(salt, kind, value), kind, value)

    def _named(self, message: _Message, traits: dict[str, Any]) -> list[tuple[str, str]]:
        named: list[tuple[str, str]] = []
        if message.user_id is not None:
            named.append(("user_id", _text(message.user_id)))
        if message.anonymous_id is not None:
            named.append(("anonymous_id", _text(message.anonymous_id)))
        if traits:
            for kind in ("email", "phone"):
                value = traits.get(kind)
                if isinstance(value, _SPELLED) and not isinstance(value, bool):
                    named.append((kind, str(value)))
        context = message.context
        if context is not None:
            if context.device is not None and context.device.ad_tracking_enabled is not False:
                named.append(("device_id", context.device.advertising_id or ""))
            externals = context.external_ids or ()
            named += [
                (item.type, _text(item.id))
                for item in externals
                if item.type is not None and item.type in self._identity.kinds
            ]
        if message.type == "alias":
            named.append((self._identity.alias_kind, _text(message.previous_id)))
        return named

    def _report(self, properties: dict[str, Any], stated: Stated | None) -> Report | None:
        """What a platform reports.

        None where that cannot be read and the event counts all the same.
        """
        try:
            return self._reported(properties)
        except _Bad:
            if not self._spares(stated):
                raise
            return None

    def _reported(self, properties: dict[str, Any]) -> Report:
        platform, orders = properties.get("platform"), properties.get("conversions")
        if (
            not isinstance(platform, str)
            or not platform
            or isinstance(orders, bool)
            or not isinstance(orders, int | float)
        ):
            raise _Bad("bad_report", "$.properties")
        if not 0 <= orders < IMPLAUSIBLE:
            raise _Bad("bad_report", "$.properties.conversions")
        currency = currency_code(properties.get("currency"), self._profile.default_currency)
        amount = minor_units(properties.get("revenue") or 0, currency)
        return Report(platform.strip().lower(), int(orders), currency, amount)

    def _order(self, properties: dict[str, Any]) -> Order:
        currency = currency_code(properties.get("currency"), self._profile.default_currency)
        amount = next(
            (
                properties[key]
                for key in self._profile.amount_keys
                if properties.get(key) is not None
            ),
            0,
        )
        return Order(currency, minor_units(amount, currency))


def _content_id(source: SourceRow, payload: bytes) -> str:
    """Names an event by what it holds, where nobody has named it."""
    return f"content:{message_key(source.salt, payload.hex()).hex()}"


def _as_text(payload: bytes) -> tuple[bytes, bool]:
    """Return an event as UTF-8.

    What the decoder skips has to be valid too, for it is stored, and read again as text.

    Returns:
        The event, and whether something was no UTF-8 and became U+FFFD, which is done for the sake
        of a refusal alone.

    Raises:
        UnicodeDecodeError: it is not UTF-8, and says nothing about consent.
    """
    if payload.isascii():
        return payload, False
    try:
        payload.decode()
    except UnicodeDecodeError:
        if not speaks_of_consent(payload):
            raise
        return payload.decode(errors="replace").encode(), True
    return payload, False


def _bare(record: Record, value: bytes) -> Envelope:
    """What is around an event that lies in the log as it is."""
    return Envelope(
        received=record.received_ms, source=record.source_hint, event=msgspec.Raw(value)
    )


def _bucket(address: msgspec.Raw) -> int:
    """Which bucket an IP address falls into; −1 for none. Nothing else is kept of it."""
    spelled = bytes(address)
    return crc32(spelled) % metrics.BUCKETS if spelled.startswith(b'"') and spelled != b'""' else -1


def _key(text: str) -> IdentifierKey:
    key = bytes.fromhex(text)
    if len(key) != KEY_BYTES:
        raise ValueError("not a key")
    return IdentifierKey(key)


def _path(error: msgspec.ValidationError) -> str:
    _, _, path = str(error).partition(" - at `")
    return path.rstrip("`")
