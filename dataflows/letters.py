"""Reads dead letters, which may name people anywhere: identifiers, message, time. Pure.

A record that could not be processed need not be JSON. Every text and number of it may be an
identifier of every kind.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Any, Final

import msgspec

from domain.ids import IdentifierKey, MessageKey
from domain.intake.envelope import PREFIX, Envelope, decode
from domain.keys import message_key
from domain.policies import IdentityRules
from operators.erasure.mentions import identifier_keys, texts
from operators.identity.normalise import normalise
from sources.intake.message import BadRecordError, Message, event_time, text_of
from store.erasure.letters import Letter

_KINDS: Final[dict[str, frozenset[str]]] = {
    "userid": frozenset({"user_id"}),
    "anonymousid": frozenset({"anonymous_id"}),
    "previousid": frozenset(),
    "email": frozenset({"email"}),
    "phone": frozenset({"phone"}),
    "deviceid": frozenset({"device_id"}),
    "advertisingid": frozenset({"device_id"}),
}
"""Members that identify, in lower case without underscores → kinds; none: of any kind."""
_MEMBER: Final = re.compile(
    r'"(?P<name>\w{1,40})"\s{0,9}:\s{0,9}(?:"(?P<text>[^"\\]{1,300})|(?P<number>\d{1,40}))'
)
"""A member of a record that is no JSON."""
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


def names_strangers(
    payload: bytes,
    own: Collection[IdentifierKey],
    rules: IdentityRules,
    regions: Iterable[str],
    salt: bytes,
) -> bool:
    """Whether a letter may name somebody by what is none of a person's identifiers.

    Those whom it names need not be known: nothing of it was processed. Addresses and phone numbers
    are looked for anywhere, other identifiers in members that are called after their kind.

    Args:
        payload: of the letter.
        own: keys of the person's identifiers.
        rules: identifier rules.
        regions: default regions of the workspace's sources.
        salt: of the workspace.
    """
    normals = [partial(_normal, rules, region) for region in sorted({"", *regions})]

    def is_strange(kinds: Iterable[str], text: str) -> bool:
        found = identifier_keys([text], kinds, normals, salt)
        return bool(found) and found.isdisjoint(own)

    for text in texts(payload):
        if "@" in text and is_strange(["email"], text):
            return True
        if text.startswith("+") and text.encode() in payload and is_strange(["phone"], text):
            return True
    return any(
        is_strange(_KINDS[name] & rules.kinds.keys() or rules.kinds, text)
        for name, text in _members(_event(payload))
    )


def _members(event: bytes) -> Iterator[tuple[str, str]]:
    """Members at any depth that are called after an identifier, with their text."""
    try:
        waiting: list[Any] = [msgspec.json.decode(event)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        members = _MEMBER.finditer(event.decode(errors="replace"))
        waiting = [{one["name"]: one["text"] or one["number"]} for one in members]
    while waiting:
        match waiting.pop():
            case dict() as found:
                for name, each in found.items():
                    called = name.lower().replace("_", "")
                    text = text_of(each) if isinstance(each, str | int | float) else None
                    if called in _KINDS and text:
                        yield called, text
                    waiting.append(each)
            case list() as found:
                waiting += found


def _event(payload: bytes) -> bytes:
    try:
        return bytes(decode(payload).event) if payload.startswith(PREFIX) else payload
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload


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
