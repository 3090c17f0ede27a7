"""An event as clients send it: the fields that are read, and how it is read where parts are odd.

Segment's specification names the fields. Pure.
"""

import itertools
from datetime import UTC, datetime
from typing import Any, Final
from zlib import crc32

import msgspec

from domain.event import Record
from domain.failure import Failure
from domain.instants import EARLIEST_MS, LATEST_MS, to_ms
from domain.intake.envelope import Envelope
from domain.keys import message_key
from domain.signals import metrics
from sources.intake.consent import ABSENT, mentions_consent
from sources.intake.mend import Device, ExternalId, mended, whole_characters
from store.definitions.load import SourceRow


class BadRecordError(Exception):
    """Why a record is no event; becomes the reason of its dead letter."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.failure = Failure(reason, detail)


class Context(msgspec.Struct, rename="camel", gc=False):
    """``context``, as far as it is read."""

    traits: dict[str, Any] | None = None
    device: Device | None = None
    consent: msgspec.Raw = ABSENT
    consent_management: msgspec.Raw = ABSENT
    external_ids: list[ExternalId] | None = None
    ip: msgspec.Raw = msgspec.Raw()

    def __post_init__(self) -> None:
        """Report every context with consent: of a repeated key the decoder returns the last."""
        if self.consent is not ABSENT or self.consent_management is not ABSENT:
            spoken.newest = next(spoken.numbers)


class Spoken:
    """Which context spoke of consent last, by a number that never comes again."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.newest = 0


class Message(msgspec.Struct, rename="camel", gc=False):
    """One event, as far as it is read."""

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
    context: Context | None = None


MESSAGE: Final = msgspec.json.Decoder(Message)
spoken: Final = Spoken()


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


def text_of(value: str | float | None) -> str:
    """Return an id or a name as text; whole floats lose their point, None is empty."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def read_mended(payload: bytes, *, ids: bool = False) -> tuple[Message, bytes, tuple[str, ...]]:
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
        return MESSAGE.decode(spelled), payload, odd
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        other = whole_characters(payload)
        if other == payload:
            raise
    return read_mended(other, ids=ids)


def event_time(message: Message, envelope: Envelope) -> tuple[int, bool]:
    """Return the event time, ms since 1970, and whether the client dates it after its arrival.

    Raises:
        BadRecordError: its timestamp cannot be read.
    """
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
        raise BadRecordError("bad_timestamp", "$.timestamp") from None
    if stamp is None:
        return received, False
    occurred = received - (sent - stamp) if sent else stamp
    return max(EARLIEST_MS, min(occurred, received)), occurred > received


def split_traits(message: Message) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the traits of the person and those of the group."""
    own = message.traits or {}
    ambient = (message.context.traits if message.context else None) or {}
    if message.type == "identify":
        return ({**ambient, **own} if ambient else own), {}
    if message.type == "group":
        return ambient, own
    return ambient, {}


def as_text(payload: bytes) -> tuple[bytes, bool]:
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
        if not mentions_consent(payload):
            raise
        return payload.decode(errors="replace").encode(), True
    return payload, False


def path_of(error: msgspec.ValidationError) -> str:
    """Return the JSON path at which a value has the wrong type."""
    _, _, path = str(error).partition(" - at `")
    return path.rstrip("`")


def name_of(message: Message, *, spared: bool) -> str:
    """Return the name of an event, page or screen; empty where its type has none.

    Args:
        message: the event.
        spared: whether it counts although something that its type needs is missing.

    Raises:
        BadRecordError: something is missing.
    """
    if message.type == "track":
        name = message.event
        if name is None or name == "":
            raise BadRecordError("missing_event", "$.event")
        return text_of(name).replace("\0", "\ufffd")
    if message.type == "group" and not text_of(message.group_id) and not spared:
        raise BadRecordError("missing_group", "$.groupId")
    if (
        message.type == "alias"
        and not (text_of(message.previous_id) and text_of(message.user_id))
        and not spared
    ):
        raise BadRecordError("missing_previous", "$.previousId")
    return (
        text_of(message.name).replace("\0", "\ufffd") if message.type in ("page", "screen") else ""
    )


def content_id(source: SourceRow, payload: bytes) -> str:
    """Return the id of an event that has none, derived from its content."""
    return f"content:{message_key(source.salt, payload.hex()).hex()}"


def bare(record: Record, value: bytes) -> Envelope:
    """Return the envelope of an event that lies in the log without one."""
    return Envelope(
        received=record.received_ms, source=record.source_hint, event=msgspec.Raw(value)
    )


def bucket_of(address: msgspec.Raw) -> int:
    """Return the bucket of an IP address, −1 for none; nothing else of it is kept."""
    spelled = bytes(address)
    return crc32(spelled) % metrics.BUCKETS if spelled.startswith(b'"') and spelled != b'""' else -1
