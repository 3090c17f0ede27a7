"""Reads dead letters, which may name people anywhere: identifiers, message, time. Pure.

A record that could not be processed need not be JSON. Every text and number of it may be an
identifier of every kind.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

import msgspec

from domain.ids import IdentifierKey, MessageKey
from domain.intake.envelope import PREFIX, Envelope, decode
from domain.keys import message_key
from domain.policies import IdentityRules
from operators.erasure.mentions import identifier_keys, texts
from operators.identity.normalise import normalise
from sources.intake.message import BadRecordError, Message, event_time, text_of
from store.erasure.letters import Letter

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SCALAR: Final = msgspec.json.Decoder(str | int | float | None)
_NOTHING: Final = msgspec.Raw(b"null")


def keys_in(
    payload: bytes, rules: IdentityRules, regions: Iterable[str], salt: bytes
) -> set[IdentifierKey]:
    """Keys of all identifiers that a letter may name.

    Args:
        payload: of the letter.
        rules: identifier rules.
        regions: default regions of the workspace's sources.
        salt: of the workspace.
    """
    normals = [partial(_normal, rules, region) for region in sorted({"", *regions})]
    return identifier_keys(texts(payload), rules.kinds, normals, salt)


def _normal(rules: IdentityRules, region: str, kind: str, text: str) -> str | None:
    return normalise(kind, text, rules, region)


def _opened(payload: bytes) -> tuple[Envelope, dict[str, msgspec.Raw]]:
    """The envelope of a letter and the members of its event, as far as they can be read."""
    envelope, event = Envelope(), payload
    try:
        if payload.startswith(PREFIX):
            envelope = decode(payload)
            event = bytes(envelope.event)
        return envelope, _FIELDS.decode(event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return envelope, {}


def _scalar(fields: dict[str, msgspec.Raw], name: str) -> str | int | float | None:
    try:
        value: str | int | float | None = _SCALAR.decode(fields.get(name, _NOTHING))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return value


def message_in(salt: bytes, payload: bytes) -> MessageKey | None:
    """Key of the message that a letter is; None where it does not say."""
    envelope, fields = _opened(payload)
    said = text_of(_scalar(fields, "messageId")) or envelope.message_id
    return message_key(salt, said) if said else None


def time_of(letter: Letter) -> int:
    """When a letter's event happened: as it says itself, else when it arrived."""
    envelope, fields = _opened(letter.payload)
    arrived = envelope.received or letter.received_ms or letter.recorded_ms
    message = Message(
        type="",
        timestamp=_scalar(fields, "timestamp"),
        original_timestamp=_scalar(fields, "originalTimestamp"),
        sent_at=_scalar(fields, "sentAt"),
    )
    try:
        return event_time(message, Envelope(received=arrived, sent=envelope.sent))[0]
    except BadRecordError:
        return arrived
